"""Time one contender of the core set; see `bench._worker`, whose lines it answers."""

from __future__ import annotations

import sys

from bench._worker import serve

from ._contenders import measures

if __name__ == "__main__":
    serve(measures(sys.argv[1], sys.argv[2]))
