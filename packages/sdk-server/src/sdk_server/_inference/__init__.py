"""The operations of the inference API, a module for each of its areas."""

from starlette.types import ASGIApp

from .._applications import Functions
from .._services import Services
from . import (
    _batches,
    _completions,
    _conversations,
    _files,
    _forwarded,
    _generation,
    _models,
    _responses,
    _uploads,
    _vector_files,
    _vector_stores,
)
from ._batches import resume_batches
from ._files import sweep_contents
from ._forwarded import FORWARDED
from ._responses import give_up_responses
from ._vector_files import resume_files

functions = Functions()
for _area in (
    _batches,
    _completions,
    _conversations,
    _files,
    _forwarded,
    _generation,
    _models,
    _responses,
    _uploads,
    _vector_files,
    _vector_stores,
):
    for _identity, _implementation in _area.functions.items():
        functions.implements(_identity, refuse=_implementation.refuse)(_implementation.function)


def resume(services: Services, app: ASGIApp) -> None:
    """Go on with what a server that stopped has left, or give it up; called once, at the start."""
    sweep_contents(services)
    give_up_responses(services)
    resume_files(services)
    resume_batches(services, app)


__all__ = ["FORWARDED", "functions", "resume"]
