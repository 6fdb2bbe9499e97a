"""The schemas: each described, each named, each union told apart by its tag."""

from __future__ import annotations

import re

from ._documents import Document


def test_every_schema_and_every_property_is_described(document: Document) -> None:
    """In words that end in a full stop; a bare reference has the description of its target."""
    for name, schema in document.raw["components"]["schemas"].items():
        assert schema["description"].strip().endswith("."), name
    for place in document.schemas():
        for key, value in place.value.get("properties", {}).items():
            description = document.resolve(value)["description"]
            described = value.get("description", description)
            assert described.strip().endswith("."), f"{place.pointer}.{key}"


def test_every_object_and_every_enumeration_has_a_name(document: Document) -> None:
    """None stands within another schema, where the generator would have to invent its name."""
    named = document.raw["components"]["schemas"]
    for place in document.schemas():
        if place.pointer not in named:
            assert not {"properties", "enum"} & place.value.keys(), place.pointer
    assert [] == [name for name in named if not re.fullmatch(r"([A-Z][A-Za-z0-9]*)+", name)]


def test_every_required_property_is_declared(document: Document) -> None:
    """A name in `required` that no property has is a slip of the pen."""
    for place in document.schemas():
        missing = set(place.value.get("required", [])) - set(place.value.get("properties", {}))
        assert set() == missing, place.pointer


def test_every_tagged_union_maps_each_variant_by_its_tag(document: Document) -> None:
    """`oneOf` always has a discriminator, and each variant requires its tag to be the mapped one."""
    unions = [place for place in document.schemas() if "oneOf" in place.value]
    assert unions
    for place in unions:
        tag = place.value["discriminator"]["propertyName"]
        mapping = place.value["discriminator"]["mapping"]
        variants = [variant["$ref"] for variant in place.value["oneOf"]]
        assert variants == list(dict.fromkeys(mapping.values()))
        for value, reference in mapping.items():
            whole = document.resolve({"$ref": reference})
            parts = [document.resolve(part) for part in whole.get("allOf", [whole])]
            [variant] = [part for part in parts if tag in part["properties"]]
            assert tag in variant["required"], reference
            declared = document.resolve(variant["properties"][tag])
            assert value in declared.get("enum", [declared.get("const")]), reference


def test_requests_of_the_platform_refuse_unknown_members(document: Document) -> None:
    """A misspelt member is an error there; the inference API lets servers have further ones."""
    for place in document.operations():
        if "requestBody" not in place.value:
            continue
        content = document.resolve(place.value["requestBody"])["content"]
        for media_type, found in content.items():
            # RFC 6749, section 3.2: the token endpoint ignores what it does not know.
            strict = document.name == "platform" and media_type == "application/json"
            schema = document.resolve(found["schema"])
            assert strict == (schema.get("additionalProperties") is False), place.pointer
