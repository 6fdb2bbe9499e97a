"""API keys: for programs that sign in as nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, final

import attrs

from sdk_core.mixins import GetMixin, ListMixin
from sdk_core.services import AsyncBaseService, BaseService, Service, method
from sdk_core.typing import Flow
from sdk_platform_api import operations
from sdk_platform_api.models import ApiKey

from .errors import KeyNameTakenError, KeyNotFoundError

if TYPE_CHECKING:
    from sdk_core.errors import APIStatusError


@attrs.frozen
class NewKey:
    """
    An API key that has been created.

    Attributes:
        key: What is known of it.
        secret: To authenticate with. The platform does not show it again, and ``repr()`` never.
    """

    key: ApiKey
    secret: str = attrs.field(repr=False)


class Keys(Service):
    """The API keys of the user who calls."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {
        404: KeyNotFoundError,
        409: KeyNameTakenError,
    }

    list_operation = operations.LIST_KEYS
    get_operation = operations.GET_KEY

    @method
    def create(self, name: str, *, expires_in: int | None = None) -> Flow[NewKey]:
        """
        Create a key.

        Args:
            name: What to call it; no two keys of a user share a name.
            expires_in: Seconds that it lives. Default: until it is deleted.

        Raises:
            KeyNameTakenError: There is one of that name.
        """
        body = {"name": name, "expires_in": expires_in}
        made = yield from self._calling(operations.CREATE_KEY, body=body)
        return NewKey(made.key, made.secret)

    @method
    def delete(self, key_id: str) -> Flow[None]:
        """
        Delete a key; it stops working at once.

        Raises:
            KeyNotFoundError: There is no such key.
        """
        yield from self._calling(operations.DELETE_KEY, {"key_id": key_id})


@final
class KeysService(Keys, BaseService, ListMixin[ApiKey], GetMixin[ApiKey]):
    """Keys, blocking."""


@final
class AsyncKeysService(Keys, AsyncBaseService, ListMixin[ApiKey], GetMixin[ApiKey]):
    """Keys, awaited."""
