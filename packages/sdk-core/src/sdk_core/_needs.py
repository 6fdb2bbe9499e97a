"""Needs: what mixins ask of the service beneath them, and how they call its operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, Unpack

from ._polls import Pace, has_failed, is_done
from .errors import ConfigurationError

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from .operations import Operation
    from .pagination import Paging
    from .responses import APIResponse
    from .typing import CallOptions, FileTypes, Flow, Progress

C = TypeVar("C")


class Serves(Protocol):
    """What every mixin needs: a service beneath it, `BaseService` or `AsyncBaseService`."""

    def _asking(
        self,
        operation: Operation[C],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[APIResponse[C]]: ...

    def _calling(
        self,
        operation: Operation[C],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[C]: ...

    def _paging(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Paging[Any]: ...

    def _saving(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        checksum: str | None = None,
        resume: bool = True,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[Path]: ...

    def _waiting(
        self,
        operation: Operation[C],
        arguments: Mapping[str, object] | None = None,
        *,
        until: Callable[[C], Any] = is_done,
        failed: Callable[[C], Any] | None = has_failed,
        pace: Pace | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[C]: ...


class Lists(Serves, Protocol):
    """What `ListMixin` needs: an operation that lists, paged."""

    list_operation: ClassVar[Operation[Any]]


class Gets(Serves, Protocol):
    """What `GetMixin` needs: an operation that returns one thing."""

    get_operation: ClassVar[Operation[Any]]


class Searches(Serves, Protocol):
    """
    What `SearchMixin` needs: an operation that finds, paged, by its query or its body.

    Class attributes:
        search_query: The name of what it looks for.
        search_sort: The name of what it sorts by; empty: it does not.
    """

    search_operation: ClassVar[Operation[Any]]
    search_query: ClassVar[str] = "query"
    search_sort: ClassVar[str] = ""


class Downloads(Serves, Protocol):
    """What `DownloadMixin` needs: an operation that answers with a file."""

    download_operation: ClassVar[Operation[Any]]


class Uploads(Serves, Protocol):
    """
    What `UploadMixin` needs: an operation whose body is a form with a file, or the file itself.

    Class attributes:
        upload_member: The name of the file in the form.
    """

    upload_operation: ClassVar[Operation[Any]]
    upload_member: ClassVar[str] = "file"


class HasFiles(Serves, Protocol):
    """
    What `FileMixin` needs: operations that list, take and delete the files of something.

    Class attributes:
        upload_file_member: The name of the file in the form that is sent.
    """

    list_files_operation: ClassVar[Operation[Any]]
    upload_file_operation: ClassVar[Operation[Any]]
    delete_file_operation: ClassVar[Operation[Any]]
    upload_file_member: ClassVar[str] = "file"


class Configures(Serves, Protocol):
    """What `ConfigMixin` needs: an operation that returns a configuration, and one that changes it."""

    get_config_operation: ClassVar[Operation[Any]]
    update_config_operation: ClassVar[Operation[Any]]


class Waits(Serves, Protocol):
    """What `WaitMixin` needs: an operation that returns something with a state."""

    wait_operation: ClassVar[Operation[Any]]


def placed(
    operation: Operation[Any], ids: Sequence[object], given: Mapping[str, object]
) -> dict[str, Any]:
    """
    Return the arguments and the body of a call.

    Args:
        operation: What is called.
        ids: For the parameters in its path, in their order.
        given: By the name of a parameter, or of a member of the body.

    Raises:
        ConfigurationError: It takes no such thing.
    """
    path = [each.name for each in operation.parameters if each.location == "path"]
    if len(ids) > len(path):
        names = ", ".join(f"`{name}`" for name in path) or "nothing"
        msg = f"{operation.id} takes {names} by position, not {len(ids)} values"
        raise ConfigurationError(msg)
    arguments: dict[str, object] = dict(zip(path, ids, strict=False))
    known = {name: each.name for each in operation.parameters for name in (each.wire, each.name)}
    members: dict[str, object] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in known:
            arguments[known[name]] = value
        elif operation.body is None or name not in (operation.body.members or {name}):
            takes = {*known, *(operation.body.members or () if operation.body else ())}
            close = get_close_matches(name, takes, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            msg = f"{operation.id} takes no `{name}`{hint}"
            raise ConfigurationError(msg)
        else:
            members[name] = value
    found: dict[str, Any] = {"arguments": arguments}
    if operation.body is not None:
        found["body"] = members
    return found


def sent(
    operation: Operation[Any],
    member: str,
    ids: Sequence[object],
    file: FileTypes,
    members: Mapping[str, object],
) -> dict[str, Any]:
    """Return the arguments and the body of a call that sends a file."""
    found = placed(operation, ids, members)
    if operation.body is None:
        msg = f"{operation.id} takes no file: it has no body"
        raise ConfigurationError(msg)
    if operation.body.encoding == "bytes":
        if found["body"]:
            msg = (
                f"{operation.id} takes a file and nothing beside it, such as `{min(found['body'])}`"
            )
            raise ConfigurationError(msg)
        found["body"] = file
    else:
        found["body"][member] = file
    return found
