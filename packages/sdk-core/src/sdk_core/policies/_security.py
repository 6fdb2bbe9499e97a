"""Security: send to each operation the credentials that its document asks for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus, urlsplit

import attrs

from .._addresses import KeyedURL, names_in, names_of_keys
from .._effects import Call
from .._messages import Secret, holds_control
from .._values import Value
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..operations import SecurityScheme
    from ..typing import Credential, Flow, Inner

Alternatives: TypeAlias = tuple[tuple[str, ...], ...]

_TOKENS = frozenset({"oauth2", "openIdConnect"})  # end in a bearer token, however it is got


@attrs.frozen(repr=False, eq=False)
class Security(Value):
    """
    Choose the credentials of each request by its operation (OpenAPI 3.2, Security Requirement Object).

    Of the alternatives that an operation names the first is taken all of whose schemes have a
    credential; where the document does not say, the first scheme that has one. Public operations
    get none. Where no alternative fits, the request goes without: the server says what it wants.

    Args:
        schemes: The security schemes of the API, by their names in the document.
        credentials: What there is, by the same names.

    Raises:
        ConfigurationError: A credential is for no scheme, or of a kind that its scheme cannot use.
    """

    schemes: Mapping[str, SecurityScheme]
    credentials: Mapping[str, Credential] = attrs.field(repr=False)
    _plans: dict[Alternatives | None, tuple[str, ...]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        for name, credential in self.credentials.items():
            if name not in self.schemes:
                raise ConfigurationError(_unknown(name, self.schemes))
            if reason := unfit(self.schemes[name], credential):
                msg = f"`credentials` for `{name}`: {reason}"
                raise ConfigurationError(msg)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Put the credentials on *request*, but those that it has already; see `Policy`."""
        for name in self.plan(request):
            scheme = self.schemes[name]
            location, key = _place(scheme)
            if location == "query":
                request = request.evolve(
                    url=KeyedURL(request.url, {*names_of_keys(request.url), key})
                )
            if _holds(request, location, key):
                continue
            secret = self.credentials[name]
            if callable(secret):
                secret = yield Call(secret)
                if reason := unfit(scheme, secret):
                    msg = f"the function given as credential for `{name}` returned something else: {reason}"
                    raise ConfigurationError(msg)
            request = _with(request, location, key, *_written(scheme, secret))
        return (yield from inner(request))

    def plan(self, request: Request) -> tuple[str, ...]:
        """Return the schemes whose credentials go with *request*."""
        operation = request.operation
        asked = None if operation is None else operation.security
        wanted = self._plans.get(asked)
        if wanted is None:  # few ways to ask, many calls
            wanted = self._plans[asked] = self._wanted(asked)
        return wanted

    def _wanted(self, asked: Alternatives | None) -> tuple[str, ...]:
        """Return the schemes whose credentials go to those that ask for these."""
        given = self.credentials
        if asked is None:
            return next(((name,) for name in self.schemes if name in given), ())
        for alternative in asked:
            wanted = tuple(name for name in alternative if not self._is_certificate(name))
            if wanted and all(name in given for name in wanted):
                return wanted
        return ()

    def _is_certificate(self, name: str) -> bool:
        """Return whether the connection shows the credential, before there is any request."""
        return name in self.schemes and self.schemes[name].kind == "mutualTLS"


def unfit(scheme: SecurityScheme, credential: Any) -> str:
    """Return why *scheme* cannot use *credential*, or an empty string; never shows it."""
    kind = (scheme.scheme or "").lower() if scheme.kind == "http" else scheme.kind
    if kind not in {"apiKey", "basic", "bearer", *_TOKENS} or (
        kind == "apiKey" and not scheme.name
    ):
        return f"a scheme of the kind {kind or 'http'} takes a policy, given as `auth`"
    if callable(credential):
        return ""
    if kind != "basic":
        if not isinstance(credential, str):
            return f"it must be a string, not {type(credential).__name__}"
        return _unwritable(credential) if credential else "it is empty"
    if isinstance(credential, str):
        credential = tuple(credential.split(":", 1))
    pair = isinstance(credential, tuple) and len(credential) == 2
    if not pair or not all(isinstance(part, str) for part in credential):
        return 'it must be ("user", "password") or "user:password"'
    if ":" in credential[0]:
        return "a user's name cannot hold a colon"
    return _unwritable("".join(credential))


def _unwritable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # which would carry the secret along
        return "it holds half of a surrogate pair"
    if holds_control(text):
        return "it has a line break or another control character"
    return ""


def _unknown(name: object, schemes: Mapping[str, SecurityScheme]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # for who has misspelt one

    close = get_close_matches(str(name), schemes, n=1)
    hint = (
        f"did you mean `{close[0]}`?"
        if close
        else "it has " + (", ".join(f"`{each}`" for each in schemes) or "none")
    )
    return f"`credentials` names `{name}`, which is no security scheme of this API; {hint}"


def _place(scheme: SecurityScheme) -> tuple[str, str]:
    """Return where a request holds the credential of *scheme*, and under which name."""
    if scheme.kind != "apiKey":
        return "header", "authorization"
    name = scheme.name or ""
    location = scheme.location or "header"
    return location, name.lower() if location == "header" else name


def _written(scheme: SecurityScheme, secret: Any) -> tuple[str, ...]:
    """Return what is sent, and the words of it that a server may repeat."""
    if scheme.kind == "apiKey":
        return secret, secret
    if scheme.kind == "http" and (scheme.scheme or "").lower() == "basic":
        user, password = secret.split(":", 1) if isinstance(secret, str) else secret
        pair = f"{user}:{password}".encode()  # RFC 7617 §2.1
        return f"Basic {b64encode(pair).decode()}", password
    return f"Bearer {secret}", secret  # RFC 6750 §2.1


def _holds(request: Request, location: str, name: str) -> bool:
    if location == "header":
        return name in request.headers
    if location == "query":
        return name in names_in(urlsplit(request.url).query)
    pairs = request.headers.get("cookie", "").split(";")
    return any(pair.partition("=")[0].strip() == name for pair in pairs)


def _with(request: Request, location: str, name: str, value: str, *words: str) -> Request:
    if location == "header":
        return request.with_headers({name: Secret(value, *words)})
    if location == "query":
        link = "&" if "?" in request.url else "?"
        url = f"{request.url}{link}{quote_plus(name)}={quote_plus(value)}"
        return request.evolve(url=KeyedURL(url, names_of_keys(request.url)))
    cookie = f"{name}={quote(value)}"
    if "cookie" in request.headers:
        cookie = f"{request.headers['cookie']}; {cookie}"
    return request.with_headers({"cookie": Secret(cookie, *words)})
