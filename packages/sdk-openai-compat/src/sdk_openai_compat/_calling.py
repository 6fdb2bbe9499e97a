"""What all resources of the facade have in common: how they call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Unpack

from sdk_core.errors import ConfigurationError
from sdk_core.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions


class Calling(Resource):
    """
    A resource of either colour, in front of the generated one.

    Its methods take ``extra_body`` where there is no body, too: openai's do, and programs that
    hand their options on pass it as None.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        found: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            found |= vars(base)
        for name, method in found.items():
            if _lacks_body(method):
                setattr(cls, name, _with_extra_body(method))

    if TYPE_CHECKING:

        def _call(
            self,
            operation: Operation[Any],
            arguments: Mapping[str, object] | None = None,
            **options: Unpack[CallOptions],
        ) -> Any: ...


def _lacks_body(method: Any) -> bool:
    """Return whether it is a generated method without ``extra_body``."""
    if hasattr(method, "__signature__"):
        return False  # it has been seen to
    options = getattr(getattr(method, "__wrapped__", method), "__kwdefaults__", None) or ()
    return "extra_query" in options and "extra_body" not in options


def _with_extra_body(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Any, *args: Any, extra_body: object = None, **kwargs: Any) -> Any:
        if extra_body is not None:
            msg = f"`extra_body` was given, but `{method.__name__}` sends no body"
            raise ConfigurationError(msg)
        return method(self, *args, **kwargs)

    known = signature(method)
    added = Parameter("extra_body", Parameter.KEYWORD_ONLY, default=None, annotation="object")
    *others, timeout = known.parameters.values()
    call.__signature__ = known.replace(parameters=[*others, added, timeout])  # type: ignore[attr-defined]  # what `inspect` looks for
    return call


class Beta(Calling):
    """A resource, of either colour, that the hosted service serves to those who name its version."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        given = options.get("extra_headers")
        if given is None or isinstance(given, Mapping):
            options["extra_headers"] = {"OpenAI-Beta": "assistants=v2", **(given or {})}
        return super()._call(operation, arguments, **options)
