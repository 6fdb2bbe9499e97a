"""What was said, in the form that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Unpack

import attrs

from sdk_core.operations import Content, Ref

from ._forms import Forms

if TYPE_CHECKING:
    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions

_TEXTS = ("text", "srt", "vtt")


class Transcribing(Forms):
    """A resource, of either colour, whose answers have the type that their format has."""

    _forms: Mapping[str, str]
    """The names of the types by format; the one of ``json`` is that of any other."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        wanted = "json"
        for place in (options.get("body"), options.get("extra_body")):
            if isinstance(place, Mapping) and isinstance(place.get("response_format"), str):
                wanted = place["response_format"]
        kind = None if wanted in _TEXTS else self._forms.get(wanted, self._forms["json"])
        strict = self._client._strict  # noqa: SLF001  # one family
        return super()._call(_answered(operation, kind, strict), arguments, **options)


@cache
def _answered(operation: Operation[Any], kind: str | None, strict: bool) -> Operation[Any]:
    """Return *operation* with answers of a *kind*, None for texts as they are."""
    answer = (
        Content("*/*", "text")
        if kind is None
        else Content("application/json", "json", Ref("sdk_inference_api.models", kind))
    )
    streams = [each for each in operation.responses["200"] if each.kind == "events"]
    if not strict:
        events = Ref("sdk_openai_compat._transcript_events", "TranscriptionStreamEvent")
        streams = [attrs.evolve(each, type=events) for each in streams]
    return attrs.evolve(operation, responses={"200": (answer, *streams)})
