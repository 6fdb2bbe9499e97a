"""Measure what the facade costs beside its peers; `python -m bench --help` says how."""
