"""Serve a model by llama.cpp's own server: prints where, and lives until its input ends."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Serve what the first argument, JSON, says; each other of its names is an option."""
    import xllamacpp  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # only here

    options = json.loads(sys.argv[1])
    params = xllamacpp.CommonParams()
    params.model.path = options.pop("model")
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 1024
    params.n_parallel = 1
    params.warmup = False
    params.cpuparams.n_threads = 1
    params.n_threads_http = 2
    if options.get("embedding"):
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    for name, value in options.items():
        setattr(params, name, value)
    server = xllamacpp.Server(params)
    print(f"READY {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
