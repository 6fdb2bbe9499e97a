"""
Mixins: what many services can do, one class for each area.

A service lists what it can do, and names the operations that do it::

    @final
    class ModelsService(BaseService, SearchMixin[Model], DownloadMixin, FileMixin[File]):
        search_operation = operations.SEARCH_MODELS
        download_operation = operations.DOWNLOAD_MODEL
        list_files_operation = operations.LIST_FILES
        ...

    @final
    class AsyncModelsService(AsyncBaseService, SearchMixin[Model], ...): ...

One class serves both colours. What it needs of its service is the `Protocol` that it derives from:
type checkers name what is missing where a `final` service is defined, or any is made; at run time
a `ConfigurationError` does. In brackets stands what the operations deal in; without, it is ``Any``.

Positional arguments are what the path of an operation takes, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Unpack

import attrs

from ._needs import (
    Configures,
    Downloads,
    Gets,
    HasFiles,
    Lists,
    Searches,
    Serves,
    Uploads,
    Waits,
    placed,
    sent,
)
from ._polls import Pace, PollOptions, has_failed, is_done
from .errors import APIStatusError, ConfigurationError, ConflictError
from .services import method, paged
from .typing import omit

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import TypeVar

    from .pagination import Paging
    from .typing import FileTypes, Flow, Progress

    T = TypeVar("T", default=Any)  # so that a mixin needs no brackets
else:
    from typing import TypeVar

    T = TypeVar("T")

__all__ = [
    "ConfigMixin",
    "Configures",
    "DownloadMixin",
    "Downloads",
    "FileMixin",
    "GetMixin",
    "Gets",
    "HasFiles",
    "ListMixin",
    "Lists",
    "SearchMixin",
    "Searches",
    "Serves",
    "StaleVersionError",
    "UploadMixin",
    "Uploads",
    "Versioned",
    "WaitMixin",
    "Waits",
]


class ListMixin(Lists, Generic[T]):
    """List what there is."""

    @paged
    def list(self, /, *ids: str | int, **filters: object) -> Paging[T]:
        """
        List what there is, page by page.

        Args:
            *ids: What the path takes.
            **filters: What else the operation takes, such as ``per_page``; None is left out.

        Raises:
            ConfigurationError: The operation takes no such thing.
        """
        return self._paging(self.list_operation, **placed(self.list_operation, ids, filters))


class GetMixin(Gets, Generic[T]):
    """Get one thing."""

    @method
    def get(self, *ids: str | int) -> Flow[T]:
        """Return the thing that *ids* name."""
        found: T = yield from self._calling(
            self.get_operation, **placed(self.get_operation, ids, {})
        )
        return found


class SearchMixin(Searches, Generic[T]):
    """Search."""

    @paged
    def search(
        self,
        /,
        query: str | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        **filters: object,
    ) -> Paging[T]:
        """
        Find what fits, page by page.

        Args:
            query: The words to look for. Default: anything.
            sort: By which members, joined by commas; most APIs take ``-`` before one to turn the
                order round.
            **filters: What else must hold, and ``per_page`` and the like; None is left out.

        Raises:
            ConfigurationError: The operation takes no such filter, or does not sort.
        """
        given = {self.search_query: query, **filters}
        if sort is not None:
            if not self.search_sort:
                msg = f"{self.search_operation.id} does not `sort`: there is no `search_sort`"
                raise ConfigurationError(msg)
            given[self.search_sort] = sort if isinstance(sort, str) else ",".join(sort)
        return self._paging(self.search_operation, **placed(self.search_operation, (), given))


class DownloadMixin(Downloads):
    """Download a file."""

    @method
    def download(
        self,
        *ids: str | int,
        to: str | PathLike[str],
        checksum: str | None = None,
        resume: bool = True,
        progress: Progress | None = None,
    ) -> Flow[Path]:
        """
        Write a file while it comes, and go on where an earlier download was cut.

        Args:
            *ids: What names it.
            to: Where to; what is there is replaced at the end, and kept if this fails.
            checksum: What it must hash to, such as ``"sha256:9f86..."``.
            resume: Whether what has come is kept for the next time if this fails.
            progress: Told how far it is.

        Returns:
            The path of the file.
        """
        operation = self.download_operation
        return (
            yield from self._saving(
                operation,
                to,
                checksum=checksum,
                resume=resume,
                progress=progress,
                **placed(operation, ids, {}),
            )
        )


class UploadMixin(Uploads, Generic[T]):
    """Upload a file."""

    @method
    def upload(self, /, *ids: str | int, file: FileTypes, **members: object) -> Flow[T]:
        """
        Send a file, in memory that does not grow with it.

        Args:
            *ids: What the path takes.
            file: Bytes, an open file, a path, or ``(name, content)``.
            **members: What else the form holds.
        """
        form = sent(self.upload_operation, self.upload_member, ids, file, members)
        made: T = yield from self._calling(self.upload_operation, **form)
        return made


class FileMixin(HasFiles, Generic[T]):
    """Keep the files that belong to something."""

    @paged
    def list_files(self, /, *ids: str | int, **filters: object) -> Paging[T]:
        """List the files of what *ids* name, page by page; see `ListMixin.list`."""
        operation = self.list_files_operation
        return self._paging(operation, **placed(operation, ids, filters))

    @method
    def upload_file(self, /, *ids: str | int, file: FileTypes, **members: object) -> Flow[T]:
        """Add a file to what *ids* name; see `UploadMixin.upload`."""
        form = sent(self.upload_file_operation, self.upload_file_member, ids, file, members)
        made: T = yield from self._calling(self.upload_file_operation, **form)
        return made

    @method
    def delete_file(self, *ids: str | int) -> Flow[None]:
        """Delete the file that *ids* name."""
        operation = self.delete_file_operation
        yield from self._calling(operation, **placed(operation, ids, {}))


@attrs.frozen
class Versioned(Generic[T]):
    """
    A value, and the version in which the server gave it.

    Attributes:
        etag: The version (RFC 9110 §8.8.3), None if the server says none.
    """

    value: T
    etag: str | None


class StaleVersionError(ConflictError):
    """412: it has been changed since the version that was read (RFC 9110 §13.1.1)."""


class ConfigMixin(Configures, Generic[T]):
    """Read and change a configuration, without undoing what others change."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {412: StaleVersionError}

    @method
    def get_config(self, *ids: str | int) -> Flow[Versioned[T]]:
        """Return the configuration of what *ids* name, with its version."""
        return (yield from self._read_config(ids))

    @method
    def update_config(
        self,
        *ids: str | int,
        changes: Mapping[str, object],
        match: Versioned[T] | str | None = None,
    ) -> Flow[Versioned[T]]:
        """
        Change the configuration of what *ids* name.

        Args:
            *ids: What the path takes.
            changes: What the operation takes: the members to change, or all of them.
            match: Only if it is still of this version. Default: whatever it is.

        Returns:
            What the server says it is now.

        Raises:
            StaleVersionError: It has been changed by somebody else.
        """
        etag = match.etag if isinstance(match, Versioned) else match
        return (yield from self._write_config(ids, changes, etag))

    @method
    def edit_config(
        self,
        *ids: str | int,
        edit: Callable[[T], Mapping[str, object]],
        attempts: int = 3,
    ) -> Flow[Versioned[T]]:
        """
        Read the configuration, change it, and begin anew if somebody else was faster.

        Args:
            *ids: What the path takes.
            edit: Returns the changes for a configuration; may be called several times.
            attempts: How often to begin at most.

        Raises:
            StaleVersionError: Somebody else was faster each time.
        """
        while True:
            attempts -= 1
            found = yield from self._read_config(ids)
            try:
                return (yield from self._write_config(ids, edit(found.value), found.etag))
            except StaleVersionError:
                if attempts < 1:
                    raise

    def _read_config(self, ids: tuple[str | int, ...]) -> Flow[Versioned[T]]:
        operation = self.get_config_operation
        answer = yield from self._asking(operation, **placed(operation, ids, {}))
        return Versioned(answer.parse(), answer.headers.get("etag"))

    def _write_config(
        self, ids: tuple[str | int, ...], changes: Mapping[str, object], etag: str | None
    ) -> Flow[Versioned[T]]:
        operation = self.update_config_operation
        given = placed(operation, ids, {})
        given["body"] = dict(changes)
        given["extra_headers"] = {"if-match": omit if etag is None else etag}
        answer = yield from self._asking(operation, **given)
        return Versioned(answer.parse(), answer.headers.get("etag"))


class WaitMixin(Waits, Generic[T]):
    """Wait until something is done."""

    @method
    def wait_for(
        self,
        *ids: str | int,
        until: Callable[[T], Any] = is_done,
        failed: Callable[[T], Any] | None = has_failed,
        **options: Unpack[PollOptions],
    ) -> Flow[T]:
        """
        Ask for what *ids* name until it is done.

        Args:
            *ids: What the path takes.
            until: Whether it is done. Default: its ``status`` or ``state`` says so.
            failed: Whether it never will be; a string says why. Default: the same.
            **options: How often and how long; see `sdk_core.polling.PollOptions`.

        Returns:
            It, as the server gave it last.

        Raises:
            PollTimeoutError: It was not done in time.
            PollCancelledError: The caller gave up.
            PollFailedError: It failed.
        """
        operation = self.wait_operation
        given = placed(operation, ids, {})
        pace = Pace(**options)
        done: T = yield from self._waiting(
            operation, until=until, failed=failed, pace=pace, **given
        )
        return done
