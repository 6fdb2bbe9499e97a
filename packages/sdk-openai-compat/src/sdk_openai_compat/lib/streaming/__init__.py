"""What accumulates streams: `chat` and `responses`."""
