"""Measure the call path itself beside httpx and bare sockets; `./dev bench core --help` says how."""
