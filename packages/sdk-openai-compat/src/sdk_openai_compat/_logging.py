"""``OPENAI_LOG``: the log of calls, switched on from the environment."""

from __future__ import annotations

import logging

LEVELS = ("debug", "info", "warning", "error", "critical")


def listen(level: str) -> None:
    """
    Write what happens to calls, from *level* on, to where the root logger writes.

    The records are those of `sdk_core.calls` and `sdk_core.retry`, and hold no header, query or
    body. A root logger without a handler gets one that writes to the standard error. What is no
    level is ignored, as openai does.

    Args:
        level: The value of ``OPENAI_LOG``.
    """
    if level not in LEVELS:
        return
    logging.basicConfig(
        format="[%(asctime)s - %(name)s:%(lineno)d - %(levelname)s] %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    for name in ("openai", "sdk_core", "sdk_openai_compat"):
        logging.getLogger(name).setLevel(level.upper())
