"""Types that libraries import, of areas that are hosted by OpenAI alone."""
