"""
The base of generated wire models.

Models read what servers really send: unknown fields are kept, enums and tagged unions are open,
and `sdk_core` falls back to unvalidated construction where the data does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["BaseModel", "Field", "Tagged", "UnknownVariant"]


class BaseModel(pydantic.BaseModel):
    """
    An object as the API sends it.

    Built when it is first used, so that importing a package of a thousand models costs little.
    """

    # A slot, not a private attribute: pydantic would pay for one at every nested object.
    __slots__ = ("_answered_as",)

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        defer_build=True,
        populate_by_name=True,
        protected_namespaces=(),
        use_attribute_docstrings=False,
    )

    def __init_subclass__(cls, **options: Any) -> None:
        # The annotations of a generated model mean something in its own module only, so a model
        # that is derived elsewhere, by hand, needs its base to be built first.
        for base in cls.__mro__[1 : cls.__mro__.index(BaseModel)]:
            if issubclass(base, BaseModel):
                base.model_rebuild()
        super().__init_subclass__(**options)

    def __str__(self) -> str:
        return repr(self)  # pydantic's leaves out what the object is

    @property
    def _request_id(self) -> str | None:
        """The ``x-request-id`` of the answer, on the object that a call returned; else None."""
        return getattr(self, "_answered_as", None)

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> dict[str, object]:
        """
        Return the object as a dictionary, by default just as the API sent it.

        Args:
            mode: ``json`` for values that JSON can hold, ``python`` for objects such as datetimes.
            use_api_names: Use the names on the wire where they differ from the attributes'.
            exclude_unset: Leave out what the API did not send.
            exclude_defaults: Leave out what equals its default.
            exclude_none: Leave out what is None.
            warnings: Warn about values that do not fit their declared type.
        """
        return self.model_dump(
            mode=mode,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> str:
        """Return the object as JSON, by default just as the API sent it; see `to_dict`."""
        return self.model_dump_json(
            indent=indent,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )


class UnknownVariant(BaseModel):
    """A variant of a union that this version of the package does not know; nothing is lost."""

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)  # type: ignore[misc]  # pydantic defines it at run time
        return _known(value)


def _known(value: Any) -> Any:
    """Give attribute access to the objects inside an unknown variant, too."""
    if isinstance(value, Mapping):
        return UnknownVariant.model_validate(value)
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value


class Tagged:
    """
    Annotate a union of models that differ in the value of the field *tag*.

    The tag picks the model at once, without trying one after the other; a tag that no model has,
    and an object that does not fit its model, become an `UnknownVariant`.
    """

    __slots__ = ("tag",)

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def __repr__(self) -> str:
        return f"Tagged({self.tag!r})"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        known = handler.generate_schema(Annotated[source, Field(discriminator=self.tag)])
        unknown = handler.generate_schema(UnknownVariant)
        return core_schema.union_schema([known, unknown], mode="left_to_right")
