"""Resources whose helpers make something else of the answer of a generated method."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Self, Unpack

from .._calling import Calling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdk_core.messages import Response
    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions

__all__ = ["Asking", "signed_like"]


class Asking(Calling):
    """A resource of either colour whose answers can be made into something else, in every view."""

    _client: Any
    _then: Callable[[Any, Response], Any] | None = None

    def _asking(self, then: Callable[[Any], Any]) -> Self:
        """Return the same resource, whose methods answer with what *then* makes of an answer."""
        other = type(self)(self._client, self._mode)  # type: ignore[call-arg]  # as generated ones take
        other._then = lambda answer, _: then(answer)  # noqa: SLF001  # the same class
        return other

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        if self._then is None:
            return super()._call(operation, arguments, **options)
        return self._client.call(operation, arguments, mode=self._mode, then=self._then, **options)


def signed_like(method: Any, *helpers: Any, without: str = "") -> None:
    """
    Give *helpers* the signature that `inspect` shows: their own arguments, and those of *method*.

    Args:
        method: What they pass the rest on to.
        *helpers: They have their own arguments, and ``**arguments``.
        without: The argument of *method* that they do not take.
    """
    passed = signature(method).parameters
    for helper in helpers:
        known = signature(helper)
        own = {name: each for name, each in known.parameters.items() if each.kind != _REST}
        rest = [each for name, each in passed.items() if name not in own and name != without]
        helper.__signature__ = known.replace(parameters=[*own.values(), *rest])


_REST = Parameter.VAR_KEYWORD
