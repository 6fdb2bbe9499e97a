"""
Objects of models, made without validation of what is valid already.

Third parties ask what an event or a parsed answer is, dump it and pickle it, so all of them are
pydantic's. Making one the usual way costs more than all that a chunk of a stream otherwise does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pydantic

from sdk_core.models import BaseModel

__all__ = ["Late", "Of", "adopt", "fill", "late", "recast"]

ModelT = TypeVar("ModelT", bound=BaseModel)
ContentT = TypeVar("ContentT")

_values: Any = vars(pydantic.BaseModel)[
    "__dict__"
]  # faster than attributes, each of which is looked at
_new = object.__new__
_set = object.__setattr__

if TYPE_CHECKING:
    from typing import Generic

    class Of(Generic[ContentT]):
        """What has a content of some type."""
else:

    class Of:
        """
        What has a content of some type, which only type checkers know.

        At run time there is one class for all contents: none is built at each call, and pickle
        finds it.
        """

        def __class_getitem__(cls, content: Any) -> Any:
            return cls


def adopt(model: type[ModelT], values: dict[str, Any]) -> ModelT:
    """Return a *model* whose fields are *values*, which it keeps: all of them, and valid."""
    made = _new(model)
    _values.__set__(made, values)
    return made


def fill(
    made: BaseModel, values: dict[str, Any], sent: set[str], extra: dict[str, Any] | None = None
) -> None:
    """
    Give *made*, which may have had others, all its fields.

    Args:
        made: The object.
        values: By name; valid, and all that the model has.
        sent: The fields that count as given.
        extra: What came beside the fields.
    """
    _values.__get__(made).update(values)
    _set(made, "__pydantic_fields_set__", sent | extra.keys() if extra else sent)
    _set(made, "__pydantic_extra__", extra or {})
    _set(made, "__pydantic_private__", None)


def recast(value: BaseModel, model: type[ModelT], /, **changes: Any) -> ModelT:
    """
    Return a copy of *value* as a *model* derived from its class.

    Args:
        value: What is copied, not deeply.
        model: The class.
        **changes: More fields; those that are None do not count as given.
    """
    made = _new(model)
    _values.__set__(made, {**value.__dict__, **changes})
    given = {name for name, change in changes.items() if change is not None}
    _set(made, "__pydantic_fields_set__", value.model_fields_set | given)
    _set(made, "__pydantic_extra__", dict(value.model_extra or ()))
    _set(made, "__pydantic_private__", None)
    if (request_id := value._request_id) is not None:  # noqa: SLF001  # public, as openai has it
        _set(made, "_answered_as", request_id)
    return made


class Late(BaseModel):
    """
    A model some of whose fields are made when somebody reads them.

    Class attributes:
        late_fields: Their names.
    """

    __slots__ = ("_source",)

    late_fields: ClassVar[tuple[str, ...]] = ()

    def _make(self, name: str, source: Any) -> Any:
        """Return the value of the late field *name*."""
        raise NotImplementedError

    if not TYPE_CHECKING:
        # Pydantic reads all at once from here: to dump, compare, print, copy and pickle.
        @property
        def __dict__(self) -> dict[str, Any]:
            values = _values.__get__(self)
            for name in self.late_fields:
                if name not in values:
                    getattr(self, name, None)
            return values

        @__dict__.setter
        def __dict__(self, values: dict[str, Any]) -> None:
            _values.__set__(self, values)

        def __getattr__(self, name: str) -> Any:
            if name in self.late_fields and (source := getattr(self, "_source", None)) is not None:
                value = _values.__get__(self)[name] = self._make(name, source)
                return value
            return super().__getattr__(name)


LateT = TypeVar("LateT", bound=Late)


def late(
    model: type[LateT], values: dict[str, Any], source: Any, extra: dict[str, Any] | None = None
) -> LateT:
    """
    Return a *model* that makes its late fields of *source*.

    Args:
        model: The class.
        values: Its other fields by name; the object keeps them.
        source: What the model's ``_make`` is given.
        extra: What came beside the fields.
    """
    made = _new(model)
    _values.__set__(made, values)
    _set(made, "_source", source)
    if extra:
        _set(made, "__pydantic_extra__", extra)
    return made
