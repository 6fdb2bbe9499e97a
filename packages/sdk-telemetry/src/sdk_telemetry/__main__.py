"""Look at events: ``python -m sdk_telemetry tail`` and ``summary``."""

import sys

from ._commands import main

if __name__ == "__main__":  # pragma: no branch - nothing imports this module
    sys.exit(main(sys.argv[1:]))
