"""What `OpenAI` and `AsyncOpenAI` share: options, environment, headers. Nothing here sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, Unpack

from sdk_core.errors import ConfigurationError
from sdk_core.options import DEFAULT_TIMEOUT
from sdk_core.policies import Bearer
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.responses import Headers
from sdk_core.typing import NotGiven, Omit, PathOptions, Policy, TimeoutLike, not_given

from ._environment import custom_headers, variable
from ._quirks import NONE, Mending

if TYPE_CHECKING:
    import httpx

    from ._copying import CopyOptions


_MISSING = (
    "Missing credentials. Pass `api_key` (or `admin_api_key`), or set the environment variable "
    "`OPENAI_API_KEY` (or `OPENAI_ADMIN_KEY`). A server that asks for none takes any text."
)
_NONE_IS_A_VALUE = {
    "timeout",
    "deadline",
    "max_retries",
    *PathOptions.__annotations__,
}  # elsewhere None leaves as it is


# What `openai` has and this package has not: no other server has it either.
_HOSTED = frozenset(
    {
        "admin",
        "containers",
        "content_provenance_checks",
        "decisions",
        "evals",
        "live",
        "safety",
        "skills",
        "videos",
    }
)
DATA_RESIDENCIES = ("global", "us", "eu", "ae", "au", "in", "jp")


class Settings(Mending):
    """The options of an OpenAI client as attributes, and clients derived from others."""

    base_url_variable = "OPENAI_BASE_URL"
    settings_names: ClassVar[Mapping[str, str]] = {
        "credential": "api_key",
        "strict": "_strict_response_validation",
    }
    _lists = "[]"  # as openai writes them
    final_codes = frozenset(
        {
            "insufficient_quota",
            "billing_not_active",
            "billing_hard_limit_reached",
            "budget_exceeded",
        }
    )

    admin_api_key: str | None
    webhook_secret: str | None
    websocket_base_url: str | httpx.URL | None
    _api_key: str | Callable[[], Any] | None
    _policy: Policy | None  # that was given instead of a key
    _data_residency: str | None = None
    _enforce_credentials: bool = True
    # Options of which a client has one at most.
    _credentials: ClassVar[tuple[str, ...]] = ("api_key", "auth", "workload_identity")
    _places: ClassVar[tuple[str, ...]] = ("base_url", "data_residency")

    def _set_up(self, given: Mapping[str, Any]) -> None:
        """Fill this client from the constructor's arguments and the environment."""
        key = given["api_key"]
        policy = self._policy_of(given)
        # What the environment has for OpenAI is for nobody whom a policy authenticates to.
        found, headers = (variable, custom_headers()) if policy is None else (_nothing, {})
        self.admin_api_key = given["admin_api_key"] or found("OPENAI_ADMIN_KEY")
        self._organization = given["organization"] or found("OPENAI_ORG_ID")
        self._project = given["project"] or found("OPENAI_PROJECT_ID")
        self.webhook_secret = given["webhook_secret"] or found("OPENAI_WEBHOOK_SECRET")
        self.websocket_base_url = given["websocket_base_url"]
        self._enforce_credentials = given.get("_enforce_credentials", True)
        self._quirks = given.get("quirks") or NONE
        base_url = self._resident(given)
        timeout = given["timeout"]
        if isinstance(timeout, NotGiven) and given["http_client"] is not None:
            timeout = _timeout_of(given["http_client"])
        self._timeout: Any = DEFAULT_TIMEOUT if isinstance(timeout, NotGiven) else timeout
        super().__init__(
            base_url=None if base_url is None else str(base_url),
            auth=self._authenticating(policy, key),
            timeout=timeout,
            max_retries=given["max_retries"],
            deadline=given["deadline"],
            default_headers={**headers, **_mapping(given, "default_headers")},
            default_query=given["default_query"],
            strict=given["_strict_response_validation"] or given.get("strict", False),
            http_client=given["http_client"],
            transport=given.get("transport"),
            plugins=given.get("plugins", ()),
            **given.get("path", {}),
        )

    @staticmethod
    def _policy_of(given: Mapping[str, Any]) -> Any:
        """Return the policy that is given instead of a key, or made of an identity."""
        policy, identity = given.get("auth"), given.get("workload_identity")
        if identity is None:
            return policy
        if policy is not None or given["api_key"] is not None:
            msg = "`workload_identity`, `api_key` and `auth` exclude each other; give one of them"
            raise ConfigurationError(msg)
        from .auth import WorkloadIdentityAuth  # noqa: PLC0415  # few programs have one

        return WorkloadIdentityAuth(identity)

    def _resident(self, given: Mapping[str, Any]) -> Any:
        """Return the base URL of *given*, or the one of the region that it names."""
        self._data_residency = region = given.get("data_residency")
        if region is None:
            return given["base_url"]
        if not isinstance(region, str) or region not in DATA_RESIDENCIES:
            known = ", ".join(repr(name) for name in DATA_RESIDENCIES)
            msg = f"`data_residency` must be one of {known}, not {region!r}"
            raise ConfigurationError(msg)
        for other in ("base_url", "websocket_base_url"):
            if given[other] is not None:
                msg = f"`data_residency` and `{other}` exclude each other; give one of them"
                raise ConfigurationError(msg)
        return f"https://{'' if region == 'global' else f'{region}.'}api.openai.com/v1"

    def _authenticating(self, policy: Any, key: Any) -> Any:
        """Return the policy that authenticates: the one that was given, or one that sends a key."""
        if policy is None:
            return self._bearer(variable("OPENAI_API_KEY") if key is None else key)
        if key is not None:
            msg = "`auth` and `api_key` exclude each other; give one of them"
            raise ConfigurationError(msg)
        self._api_key, self._policy = None, policy
        return policy

    def _bearer(self, key: Any) -> Any:
        """Keep *key* and return the policy that sends it, or the admin's where there is none."""
        secret = key or self.admin_api_key
        refuse_no_key(key, secret)
        if not secret and self._enforce_credentials:
            raise ConfigurationError(_MISSING)
        self._api_key, self._policy = key, None
        return Bearer(secret) if secret else None

    def _default_headers(self) -> Mapping[str, str | Omit]:
        named = {"OpenAI-Organization": self._organization, "OpenAI-Project": self._project}
        own = {name: value for name, value in named.items() if value is not None}
        return {**own, **self._options.default_headers}

    @property
    def api_key(self) -> str:
        """The key, or an empty string while it comes from a function."""
        return self._api_key if isinstance(self._api_key, str) else ""

    @api_key.setter
    def api_key(self, value: str | Callable[[], Any]) -> None:
        self._auth = self._bearer(value)
        self._configure()

    @property
    def organization(self) -> str | None:
        """What is sent as ``OpenAI-Organization``."""
        return self._organization

    @organization.setter
    def organization(self, value: str | None) -> None:
        self._organization = value
        self._configure()

    @property
    def project(self) -> str | None:
        """What is sent as ``OpenAI-Project``."""
        return self._project

    @project.setter
    def project(self, value: str | None) -> None:
        self._project = value
        self._configure()

    @property
    def base_url(self) -> httpx.URL:
        """Where the server is, with a slash at its end."""
        import httpx  # noqa: PLC0415  # the type that openai's users know; loaded if asked for

        return httpx.URL(self._address())

    @base_url.setter
    def base_url(self, value: str | httpx.URL) -> None:
        self._set_base_url(str(value))
        self._data_residency = None

    def _address(self) -> str:
        return f"{self._base_url}/" + (f"?{self._base_query}" if self._base_query else "")

    def _websocket_target(
        self, path: str, query: Mapping[str, object]
    ) -> tuple[str, Mapping[str, object]]:
        """Return where the WebSocket at *path* is, a path or an address, and its query."""
        if self.websocket_base_url is None:
            return path, query
        address, mark, more = str(self.websocket_base_url).partition("?")
        return f"{address.rstrip('/')}{path}{mark}{more}", query

    @property
    def timeout(self) -> TimeoutLike:
        """The limits of one attempt, as they were given."""
        limits: TimeoutLike = self._timeout
        return limits

    @timeout.setter
    def timeout(self, value: TimeoutLike) -> None:
        self._options = self._options.evolve(timeout=value)
        self._timeout = value

    @property
    def max_retries(self) -> int:
        """How often a failed attempt is repeated."""
        return self._options.max_retries

    @max_retries.setter
    def max_retries(self, value: int) -> None:
        self._options = self._options.evolve(max_retries=value)
        self._configure()

    @property
    def auth_headers(self) -> dict[str, str]:
        """The headers that authenticate, where the key is a text."""
        secret = None if self._policy else self._api_key or self.admin_api_key
        return {"Authorization": f"Bearer {secret}"} if isinstance(secret, str) else {}

    @property
    def default_headers(self) -> Headers:
        """The headers of every request, looked up in any case; ``repr()`` shows no credential."""
        return Headers({**Headers(self.auth_headers), **self._headers})

    @property
    def default_query(self) -> dict[str, object]:
        """The query of every request."""
        return dict(self._options.default_query)

    @property
    def user_agent(self) -> str:
        """How this client names itself."""
        return self._headers["user-agent"]

    def copy(self, **changes: Unpack[CopyOptions]) -> Self:
        """
        Return a client with other options, on the same connections.

        Takes the constructor's options; None leaves one as it is, except the timeout and the
        deadline. ``default_headers`` and ``default_query`` are added to this client's;
        ``set_default_headers`` and ``set_default_query`` replace them. ``_extra_kwargs`` are
        those that a subclass adds to the constructor.

        Raises:
            UnknownOptionError: There is no such option.
            ConfigurationError: Both forms of one option were given, or one cannot be used.
        """
        given: dict[str, Any] = {
            name: value
            for name, value in changes.items()
            if name in _NONE_IS_A_VALUE or value is not None
            if not isinstance(value, NotGiven)
        }
        arguments = self._arguments()
        # A way to authenticate, or a place, that is given takes the one of this client away.
        for others in (self._credentials, self._places):
            if given.keys() & set(others):
                arguments.update(dict.fromkeys(arguments.keys() & set(others)))
        if "data_residency" in given:
            arguments["websocket_base_url"] = None
        for name in ("default_headers", "default_query"):
            added = _mapping(given, name)
            if f"set_{name}" in given:
                if name in given:
                    msg = f"`{name}` and `set_{name}` exclude each other"
                    raise ConfigurationError(msg)
                given[name] = given.pop(f"set_{name}")
            else:
                given[name] = {**arguments[name], **added}
        extra = given.pop("_extra_kwargs", {})
        path = {
            name: given.pop(name, getattr(self._options, name))
            for name in PathOptions.__annotations__
        }
        other = type(self)(**{**arguments, **given, **extra})
        # Subclasses need not know these: a budget for repeats is shared, whatever they take.
        other._options = other._options.evolve(**path)  # noqa: SLF001  # the same class
        other._configure()  # noqa: SLF001  # the same class
        return other

    with_options = copy

    def _arguments(self) -> dict[str, Any]:
        """Return what the constructor makes an equal client of."""
        return {
            "api_key": self._api_key,
            "admin_api_key": self.admin_api_key,
            "organization": self._organization,
            "project": self._project,
            "webhook_secret": self.webhook_secret,
            "base_url": None if self._data_residency else self._address(),
            "websocket_base_url": self.websocket_base_url,
            "timeout": self._timeout,
            "max_retries": self._options.max_retries,
            "deadline": self._options.deadline,
            "default_headers": self._options.default_headers,
            "default_query": self._options.default_query,
            "http_client": self._http_client,
            **({} if self._transport is None else {"transport": self._transport}),
            **({} if self._policy is None else {"auth": self._policy}),
            **({} if self._quirks is NONE else {"quirks": self._quirks}),
            **({} if self._data_residency is None else {"data_residency": self._data_residency}),
            **({} if self._enforce_credentials else {"_enforce_credentials": False}),
            "_strict_response_validation": self._strict,
        }

    if not TYPE_CHECKING:  # or checkers would take every attribute for one

        def __getattr__(self, name: str) -> NoReturn:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name in _HOSTED:
                msg += (
                    f"; `{name}` is hosted by OpenAI alone and not among the resources here: call "
                    'it by path, as in `client.get("/...", cast_to=object)`'
                )
            raise AttributeError(msg, name=name, obj=self)

    def __copy__(self) -> Self:
        other = type(self).__new__(type(self))
        # Not the tree: its nodes were made for this client, and call with this one's options.
        other.__dict__ = {
            name: value
            for name, value in self.__dict__.items()
            if not isinstance(value, SyncResource | AsyncResource)
        }
        return other

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()  # connections cannot be copied, and need not be

    def __reduce__(self) -> NoReturn:
        msg = "a client holds a credential, so it is not pickled; make one in each process"
        raise TypeError(msg)


def refuse_no_key(key: Any, secret: Any) -> None:
    """Refuse a *key*, or the *secret* that stands for it, that no header can carry."""
    if key is not None and not isinstance(key, str) and not callable(key):
        msg = f"`api_key` must be a string or a function that returns one, not {type(key).__name__}"
        raise ConfigurationError(msg)
    if isinstance(secret, str) and (secret != secret.strip() or not secret.isprintable()):
        msg = "the key begins or ends with a space or a line end; give `api_key` without it"
        raise ConfigurationError(msg)


def _nothing(_name: str) -> None:
    """Find nothing in the environment."""


def _mapping(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        msg = f"`{name}` must be a mapping of names to values, not {type(value).__name__}"
        raise ConfigurationError(msg)
    return value


def _timeout_of(http_client: Any) -> Any:
    """Return the limits that a user's client was given, unless they are its library's default."""
    timeout = getattr(http_client, "timeout", None)
    phases = [getattr(timeout, phase, 5.0) for phase in ("connect", "read", "write", "pool")]
    return not_given if phases == [5.0] * 4 else timeout
