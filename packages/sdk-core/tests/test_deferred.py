"""Classes that are made when somebody names them."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from sdk_core.models import BaseModel

PYDANTIC = """
from __future__ import annotations
from sdk_core import deferred
from sdk_core.models import BaseModel
BaseModel = deferred.Statement.of(BaseModel)
class Shelf(BaseModel):
    books: list[Book]
class Book(BaseModel):
    title: str
class Novel(Book):
    pages: int = 0
__getattr__, __dir__ = deferred.close(globals())
"""
ATTRS = """
from __future__ import annotations
import attrs
from sdk_core import attrs_models, deferred
attrs, attrs_models = attrs_models.deferred()
@attrs.define(kw_only=True)
class Shelf(attrs_models.Model):
    books: list[Book]
@attrs.define(kw_only=True)
class Book(attrs_models.Model):
    title: str
    notes: list[str] = attrs.field(factory=list)
__getattr__, __dir__ = deferred.close(globals())
"""

Load = Callable[[str], ModuleType]


@pytest.fixture
def load() -> Iterator[Load]:
    """Make a module of its source."""
    module = ModuleType("deferred_shelf")

    def loaded(source: str) -> ModuleType:
        sys.modules[module.__name__] = module
        exec(source, vars(module))  # it is the test's own
        return module

    yield loaded
    del sys.modules[module.__name__]


@pytest.fixture(params=[PYDANTIC, ATTRS], ids=["pydantic", "attrs"])
def module(request: pytest.FixtureRequest, load: Load) -> ModuleType:
    """A module of either flavour."""
    return load(request.param)


def test_a_class_is_made_when_it_is_named(module: ModuleType) -> None:
    """Not before, and the others of its module not at all."""
    assert vars(module).keys().isdisjoint({"Shelf", "Book"})
    assert module.Book.__qualname__ == "Book"
    assert module.Book.__module__ == module.__name__
    assert vars(module).keys() & {"Shelf", "Book"} == {"Book"}


def test_a_class_is_one_class(module: ModuleType) -> None:
    """However many threads name it first."""
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: module.Book, range(32)))
    assert made == {module.Book}


def test_classes_name_one_another(module: ModuleType) -> None:
    """Annotations are read when all of them can be made."""
    module.Book  # noqa: B018  # it is made by that
    shelf = module.Shelf.model_validate({"books": [{"title": "Emma"}]})
    assert type(shelf.books[0]) is module.Book
    assert shelf.to_dict() == {"books": [{"title": "Emma"}]}


def test_objects_are_pickled(module: ModuleType) -> None:
    """A class is found where it says that it is."""
    book = module.Book(title="Emma")
    assert pickle.loads(pickle.dumps(book)) == book  # it is our own


def test_a_module_lists_what_it_has_not_made(module: ModuleType) -> None:
    """And refuses what it does not have, as modules do."""
    assert {"Shelf", "Book"} <= {*dir(module)}
    with pytest.raises(AttributeError, match="module 'deferred_shelf' has no attribute 'Novella'"):
        _ = module.Novella


def test_the_base_is_itself_for_who_asks(load: Load) -> None:
    """What a module imports is found in it, as ever."""
    assert load(PYDANTIC).BaseModel is BaseModel


def test_a_class_may_have_a_base_of_its_module(load: Load) -> None:
    """That is made before it."""
    module = load(PYDANTIC)
    assert module.Novel.__mro__[1] is module.Book
    assert module.Novel(title="Emma").pages == 0
