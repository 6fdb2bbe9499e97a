"""Private modules of openai's that lie deeper; see `install_as_openai`."""
