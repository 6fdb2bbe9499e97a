"""``python -m sdk_auth``: sign in, show a token, see how it stands, sign out."""

import sys

from ._commands import main

sys.exit(main(sys.argv[1:]))
