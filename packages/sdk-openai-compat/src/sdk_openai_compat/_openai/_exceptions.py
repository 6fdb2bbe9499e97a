"""``openai._exceptions``: the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sdk_core.errors import *  # noqa: F403  # all of them, whatever they are
else:

    def __getattr__(name: str) -> Any:
        import sdk_openai_compat  # noqa: PLC0415  # some of them are loaded when they are asked for

        found = getattr(sdk_openai_compat, name)
        if Exception not in getattr(found, "__mro__", ()):
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return found
