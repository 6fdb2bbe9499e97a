"""Names of openai before 1.0: there to be found, and to say what took their place."""

from __future__ import annotations

from typing import NoReturn

from sdk_core.errors import SDKError

from ._module_names import REMOVED

_SUCCESSORS = {
    "Audio": "audio",
    "ChatCompletion": "chat.completions",
    "Completion": "completions",
    "Embedding": "embeddings",
    "Engine": "models",
    "File": "files",
    "FineTune": "fine_tuning.jobs",
    "FineTuningJob": "fine_tuning.jobs",
    "Image": "images",
    "Model": "models",
    "Moderation": "moderations",
}


class APIRemovedInV1(SDKError):  # openai's name
    """A name of openai before 1.0 was called."""


class Removed:
    """
    Stand for a name of openai before 1.0.

    It can be looked at, as programs do that support several versions; a call raises.
    """

    def __init__(self, name: str) -> None:
        self.__name = name

    def __getattr__(self, name: str) -> Removed:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_arguments: object, **_options: object) -> NoReturn:
        new = _SUCCESSORS.get(self.__name)
        instead = f"use `OpenAI().{new}`" if new else "nothing took its place"
        msg = f"`{self.__name}` is gone since openai 1.0; {instead}"
        raise APIRemovedInV1(msg)

    def __repr__(self) -> str:
        return f"<{self.__name}, which is gone since openai 1.0>"


def __getattr__(name: str) -> Removed:
    if name not in REMOVED:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return Removed(name)
