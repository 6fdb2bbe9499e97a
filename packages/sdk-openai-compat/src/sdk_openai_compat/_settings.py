"""What `OpenAI` and `AsyncOpenAI` share: options, environment, headers. Nothing here sends."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sdk_core.clients import BaseClient
from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.options import Timeout
from sdk_core.policies import Bearer
from sdk_core.typing import NotGiven, Omit, not_given

from ._environment import custom_headers, variable

if TYPE_CHECKING:
    import httpx

C = TypeVar("C", bound=type[Any])

_MISSING = (
    "Missing credentials. Pass `api_key` (or `admin_api_key`), or set the environment variable "
    "`OPENAI_API_KEY` (or `OPENAI_ADMIN_KEY`). A server that asks for none takes any text."
)


def refuse_unknown_options(cls: C) -> C:
    """Make the constructor of *cls* refuse options that it does not have with a clear error."""
    construct: Callable[..., None] = cls.__init__
    known = inspect.signature(construct).parameters.keys() - {"self"}

    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807  # it is one
        for name in options.keys() - known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            msg = f"{cls.__name__} has no option `{name}`{hint}"
            raise UnknownOptionError(msg)
        construct(self, *args, **options)

    __init__.__wrapped__ = construct  # type: ignore[attr-defined]  # for inspect.signature
    __init__.__doc__ = construct.__doc__
    cls.__init__ = __init__
    return cls


class Settings(BaseClient):
    """The options of an OpenAI client as attributes, and clients derived from others."""

    organization: str | None
    project: str | None
    webhook_secret: str | None
    admin_api_key: str | None
    websocket_base_url: str | None

    def _set_up(self, arguments: Mapping[str, Any]) -> None:
        """Fill this client from the constructor's *arguments* and the environment."""
        given = dict(arguments)
        self._arguments = given
        key = given["api_key"]
        self._api_key = variable("OPENAI_API_KEY") if key is None else key
        self.admin_api_key = given["admin_api_key"] or variable("OPENAI_ADMIN_KEY")
        self.organization = given["organization"] or variable("OPENAI_ORG_ID")
        self.project = given["project"] or variable("OPENAI_PROJECT_ID")
        self.webhook_secret = given["webhook_secret"] or variable("OPENAI_WEBHOOK_SECRET")
        self.websocket_base_url = given["websocket_base_url"]
        if not (self._api_key or self.admin_api_key):
            raise ConfigurationError(_MISSING)
        if given["max_retries"] is None:
            msg = "`max_retries` must be an integer >= 0, not None; 0 switches retries off"
            raise ConfigurationError(msg)
        base_url = given["base_url"]
        timeout = given["timeout"]
        if isinstance(timeout, NotGiven) and given["http_client"] is not None:
            timeout = _timeout_of(given["http_client"])
        super().__init__(
            base_url=(variable("OPENAI_BASE_URL") if base_url is None else str(base_url)),
            auth=Bearer(self._api_key or self.admin_api_key or ""),
            timeout=timeout,
            max_retries=given["max_retries"],
            deadline=given["deadline"],
            default_headers={**custom_headers(), **(given["default_headers"] or {})},
            default_query=given["default_query"],
            strict=given["_strict_response_validation"],
            http_client=given["http_client"],
        )

    def _default_headers(self) -> Mapping[str, str | Omit]:
        named = {"OpenAI-Organization": self.organization, "OpenAI-Project": self.project}
        own = {name: value for name, value in named.items() if value is not None}
        return {**own, **self._options.default_headers}

    @property
    def api_key(self) -> str:
        """The key, or an empty string while it comes from a function."""
        return self._api_key if isinstance(self._api_key, str) else ""

    @api_key.setter
    def api_key(self, value: str | Callable[[], Any]) -> None:
        self._api_key = self._arguments["api_key"] = value
        self._auth = Bearer(value)
        self._configure()

    @property
    def base_url(self) -> httpx.URL:
        """Where the server is, with a slash at its end."""
        import httpx  # noqa: PLC0415  # the type that openai's users know; loaded if asked for

        query = f"?{self._base_query}" if self._base_query else ""
        return httpx.URL(f"{self._base_url}/{query}")

    @base_url.setter
    def base_url(self, value: str | httpx.URL) -> None:
        self._set_base_url(str(value))
        self._arguments["base_url"] = str(value)

    @property
    def timeout(self) -> Timeout:
        """The limits of one attempt."""
        return self._options.timeout

    @property
    def max_retries(self) -> int:
        """How often a failed attempt is repeated."""
        return self._options.max_retries

    @property
    def auth_headers(self) -> dict[str, str]:
        """The headers that authenticate, where the key is a text."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    @property
    def default_headers(self) -> dict[str, str]:
        """The headers of every request."""
        return {**self._headers, **self.auth_headers}

    @property
    def default_query(self) -> dict[str, object]:
        """The query of every request."""
        return dict(self._options.default_query)

    @property
    def user_agent(self) -> str:
        """How this client names itself."""
        return self._headers["user-agent"]

    def copy(self, **changes: Any) -> Self:
        """
        Return a client with other options, on the same connections.

        Takes the constructor's options. ``default_headers`` and ``default_query`` are added to
        this client's; ``set_default_headers`` and ``set_default_query`` replace them.

        Raises:
            UnknownOptionError: There is no such option.
            ConfigurationError: Both forms of one option were given.
        """
        arguments = dict(self._arguments)
        for name in ("default_headers", "default_query"):
            replacement = changes.pop(f"set_{name}", None)
            if replacement is not None and changes.get(name) is not None:
                msg = f"`{name}` and `set_{name}` exclude each other"
                raise ConfigurationError(msg)
            if replacement is not None:
                changes[name] = replacement
            elif name in changes:
                changes[name] = {**(arguments[name] or {}), **(changes[name] or {})}
        arguments.update({n: v for n, v in changes.items() if not isinstance(v, NotGiven)})
        return type(self)(**arguments)

    with_options = copy


def _timeout_of(http_client: Any) -> Any:
    """Return the limits that a user's client was given, unless they are its library's default."""
    timeout = getattr(http_client, "timeout", None)
    phases = [getattr(timeout, phase, 5.0) for phase in ("connect", "read", "write", "pool")]
    return not_given if phases == [5.0] * 4 else timeout
