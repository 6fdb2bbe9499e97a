"""Facades: a platform's inference API by openai's interface, on its client's connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sdk_core.errors import ConfigurationError
from sdk_core.typing import PathOptions

if TYPE_CHECKING:
    from ._settings import Settings

F = TypeVar("F")

_API, _INFERENCE = "/api", "/v1"


def facade_of(kind: Callable[..., F], client: Settings) -> F:
    """
    Return a client of the inference API that does all as *client* does.

    It has the transport, the account, the limits, the cache and the hooks of *client*: its very
    objects, where they are objects.

    Raises:
        ConfigurationError: Where the inference API is, nobody says.
    """
    options = client._options  # noqa: SLF001  # one family
    made: Any = kind(
        base_url=_place(client),
        auth=client._auth,  # noqa: SLF001  # as above
        timeout=options.timeout,
        max_retries=options.max_retries,
        deadline=options.deadline,
        default_headers=options.default_headers,
        default_query=options.default_query,
        _strict_response_validation=client._strict,  # noqa: SLF001  # as above
        http_client=client._http_client,  # noqa: SLF001  # as above
        transport=client._transport,  # noqa: SLF001  # as above
        **{name: getattr(options, name) for name in PathOptions.__annotations__},
    )
    made._mode = client._mode  # noqa: SLF001  # as above
    facade: F = made
    return facade


def _place(client: Settings) -> str:
    given = client.inference_url
    if given is not None:
        return given
    base_url = client._base_url  # noqa: SLF001  # one family
    if not base_url.endswith(_API):
        msg = (
            f"`inference_url` is required: the platform is at {base_url}, which does not end in "
            f"{_API}, so that the inference API is not beside it at {_INFERENCE}"
        )
        raise ConfigurationError(msg)
    return base_url.removesuffix(_API) + _INFERENCE
