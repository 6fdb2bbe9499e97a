"""Generate from every document of a folder, and measure what comes of it; `./dev corpus --help`."""
