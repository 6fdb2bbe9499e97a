"""Run the server: `python -m sdk_server`."""

import sys

from ._command import main

if __name__ == "__main__":  # pragma: no branch - nothing imports this module
    sys.exit(main())
