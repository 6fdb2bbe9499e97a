"""Models: finding them, and keeping and downloading their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, final

from sdk_core.mixins import DownloadMixin, FileMixin, GetMixin, ListMixin, SearchMixin
from sdk_core.services import AsyncBaseService, BaseService, Service
from sdk_platform_api import operations
from sdk_platform_api.models import Model, ModelFile

from .errors import AdminOnlyError, ModelFileNotFoundError, ModelNotFoundError

if TYPE_CHECKING:
    from sdk_core.errors import APIStatusError


class Models(Service):
    """What the platform can run: the operations behind the methods of its mixins."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {
        "model_not_found": ModelNotFoundError,
        "file_not_found": ModelFileNotFoundError,
        "admin_only": AdminOnlyError,
    }

    list_operation = operations.LIST_MODELS
    get_operation = operations.GET_MODEL
    search_operation = operations.SEARCH_MODELS
    download_operation = operations.DOWNLOAD_MODEL_FILE
    list_files_operation = operations.LIST_MODEL_FILES
    upload_file_operation = operations.UPLOAD_MODEL_FILE
    delete_file_operation = operations.DELETE_MODEL_FILE


@final
class ModelsService(
    Models,
    BaseService,
    ListMixin[Model],
    GetMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    FileMixin[ModelFile],
):
    """
    Models, blocking.

    A file is named by its model and its own name: ``download("echo-1", "weights.bin", to=...)``.
    """


@final
class AsyncModelsService(
    Models,
    AsyncBaseService,
    ListMixin[Model],
    GetMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    FileMixin[ModelFile],
):
    """Models, awaited."""
