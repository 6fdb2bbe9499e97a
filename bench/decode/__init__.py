"""Measure what decoding costs beside openapi-python-client; `./dev decode:run --help` says how."""
