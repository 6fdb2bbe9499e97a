"""The documents as a whole."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from openapi_spec_validator import OpenAPIV32SpecValidator

from ._documents import SPEC, Document, StrictLoader


def test_the_document_is_valid(document: Document) -> None:
    """It follows the schema of OpenAPI 3.2, and every reference in it leads somewhere."""
    assert document.raw["openapi"].startswith("3.2.")
    assert [] == [str(error) for error in OpenAPIV32SpecValidator(document.raw).iter_errors()]


def test_every_component_is_used(document: Document) -> None:
    """Something refers to each, or it says itself what is generated of it; no other has a user."""
    text = json.dumps(document.raw)
    declared = {
        f"#/components/{kind}/{name}"
        for kind, components in document.raw["components"].items()
        if kind != "securitySchemes"
        for name, component in components.items()
        if "x-sdk-generate" not in component
    }
    assert set() == declared - set(re.findall(r'"(#/components/[^"]+)"', text))
    requirements = [document.raw["security"]]
    requirements += [place.value.get("security", []) for place in document.operations()]
    named = {name for alternatives in requirements for names in alternatives for name in names}
    assert set(document.raw["components"]["securitySchemes"]) == named


def test_every_tag_is_declared_once_and_used(document: Document) -> None:
    """The declared tags are the used ones, each with a description."""
    declared = [tag["name"] for tag in document.raw["tags"]]
    assert all(tag["description"] for tag in document.raw["tags"])
    places = [*document.operations(), *document.webhooks()]
    used = {tag for place in places for tag in place.value["tags"]}
    assert sorted(used) == sorted(declared)


@pytest.mark.parametrize(("text", "complaint"), [("a: 1\na: 2", "twice"), ("200: x", "no text")])
def test_a_slip_that_yaml_forgives_is_found(text: str, complaint: str) -> None:
    """A key written twice and a status without quotes do not pass the reader of these tests."""
    with pytest.raises(ValueError, match=complaint):
        yaml.load(text, StrictLoader)


def test_a_rule_of_the_linter_is_switched_off_only_with_a_reason() -> None:
    """The ruleset is the strict one, and a line that ends a rule says why."""
    lines = (SPEC / "redocly.yaml").read_text(encoding="utf-8").splitlines()
    assert "extends: [recommended-strict]" in lines
    assert [] == [line for line in lines if re.search(r": (off|warn)\b(?!.*#)", line)]
