"""Fixtures of the generator's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sdk_codegen._build import build
from sdk_codegen._ir import API
from sdk_codegen._load import load
from sdk_codegen._normalise import normalise
from sdk_codegen._pipeline import generate

HERE = Path(__file__).parent


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cache of whoever runs the tests out of them, and begin with an empty one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDK_CODEGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def tiny_document() -> dict[str, Any]:
    """The document of a small API that has one of everything."""
    return load(HERE / "tiny.yaml")[0]


@pytest.fixture(scope="session")
def tiny_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project generated from the small API; tests only read it."""
    folder = tmp_path_factory.mktemp("generated")
    generate(HERE / "tiny.yaml", folder / "tiny", "tiny_api")
    return folder / "tiny"


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[object], Path]:
    """Write a document, given as text or as a value, and return its path."""

    def write(document: object) -> Path:
        path = tmp_path / "spec.yaml"
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def api() -> Callable[..., API]:
    """Build the representation of a document made of *paths* and *schemas*."""

    def make(paths: dict[str, Any], schemas: dict[str, Any] | None = None, **more: Any) -> API:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": paths,
            "components": {"schemas": schemas or {}, **more.pop("components", {})},
            **more,
        }
        return build(normalise(document)[0])

    return make
