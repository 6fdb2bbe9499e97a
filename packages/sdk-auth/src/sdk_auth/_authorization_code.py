"""The authorization code grant for programs on a person's machine (OAuth 2.1 §4.1, RFC 8252)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import SplitResult, urlsplit

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.messages import concealed
from sdk_core.policies import Call, Wait
from sdk_core.typing import Flow

from ._addresses import fault_of
from ._attempts import Attempt
from ._beside import beside, open_browser, tell
from ._interactive import InteractiveGrant, positive
from ._values import Members, members
from .discovery import ServerMetadata
from .errors import InvalidGrantError, LoginTimeoutError, PKCEError
from .tokens import Token

if TYPE_CHECKING:
    from ._loopback import Listener

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@concealed
@attrs.frozen(kw_only=True)
class AuthorizationCode(InteractiveGrant):
    """
    Have a person sign in with a browser (OAuth 2.1 §4.1), always with a proof key (RFC 7636, S256).

    The browser comes back to a listener on 127.0.0.1, which takes one answer and is gone (RFC 8252
    §7.3). Where there is no browser, as on a machine that one is connected to from afar, give
    ``prompt=sdk_auth.login.paste``: the person opens the page elsewhere, and copies the address
    that the browser comes to in the end.

    Args: as `BaseGrant`, and:
        authorization_url: The sign-in page; needed with `token_url`, known by discovery with
            `issuer`.
        redirect_uri: Where the browser comes back to, as it is registered. Without a port one that
            is free is chosen. Default: ``http://127.0.0.1/callback``.
        page: More of the query of the sign-in page, such as ``login_hint`` or ``prompt``.
        timeout: Seconds that the person has. Default: 300.
        open_browser: Opens an address; says whether it could. Runs in a thread.
        show: Tells the person where to sign in, if no browser opens. Default: on standard error.
        prompt: Gets the address of the sign-in page; returns the one that the browser comes to, or
            the code in it. Nobody listens then, and `open_browser` is not called. Runs in a
            thread, or is awaited if it is an ``async`` function. Default: none.

    Raises:
        ConfigurationError: A field is wrong; the message names it.
    """

    kind: ClassVar[str] = "authorization_code"

    authorization_url: str | None = None
    redirect_uri: str = "http://127.0.0.1/callback"
    page: Members = attrs.field(factory=dict, converter=members, repr=False)
    timeout: float = attrs.field(default=300.0, validator=positive)
    open_browser: Callable[[str], Any] = attrs.field(default=open_browser, repr=False)
    show: Callable[[str], Any] = attrs.field(default=tell, repr=False)
    prompt: Callable[[str], Any] | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        InteractiveGrant.__attrs_post_init__(self)
        if (self.authorization_url is None) != (self.issuer is not None):
            msg = "AuthorizationCode needs `authorization_url` beside `token_url`, or only `issuer`"
            raise ConfigurationError(msg)
        if self.authorization_url is not None and (fault := fault_of(self.authorization_url)):
            msg = f"`authorization_url` cannot be used: {fault}"
            raise ConfigurationError(msg)
        if self.prompt is None:
            self._refuse_distant()

    def _refuse_distant(self) -> None:
        """Refuse an address at which no listener of this machine's can be."""
        parts = self._redirect
        if (
            parts.scheme != "http"
            or parts.hostname not in _LOOPBACK
            or parts.query
            or fault_of(self.redirect_uri)
        ):
            msg = (
                "`redirect_uri` must be `http://127.0.0.1`, with a path and perhaps a port; for "
                "any other give `prompt`, such as `sdk_auth.login.paste`"
            )
            raise ConfigurationError(msg)

    @property
    def _redirect(self) -> SplitResult:
        return urlsplit(self.redirect_uri)

    def endpoint(self, name: str) -> Flow[str | None]:
        """Return the URL of an endpoint; see `BaseGrant`."""
        if name == "authorization_endpoint" and self.authorization_url is not None:
            return self.authorization_url
        return (yield from InteractiveGrant.endpoint(self, name))

    def obtain(self) -> Flow[Token]:
        """
        Have the person sign in.

        Raises:
            LoginTimeoutError: They did not in time.
            StateMismatchError: The answer is none to this attempt, or another server's.
            AccessDeniedError: They said no.
            PKCEError: The server takes no proof keys, or not this one.
            IDTokenError: Who signed in cannot be believed.
        """
        metadata = yield from self.prepared()
        if metadata is not None and (
            metadata.supports("code_challenge_methods_supported", "S256") is False
        ):
            msg = (
                f"{metadata.issuer} does not take proof keys (RFC 7636, S256); do not sign in there"
            )
            raise PKCEError(msg)
        endpoint = yield from self.endpoint("authorization_endpoint")
        assert endpoint is not None  # one of the two is there
        way = self._listened if self.prompt is None else self._pasted
        attempt = yield from way(endpoint, metadata)
        try:
            token = yield from self.request(attempt.redemption())
        except InvalidGrantError as error:
            words = error.description.lower()
            if any(word in words for word in ("challenge", "verifier", "pkce")):
                msg = f"the server refused the proof key: {error}; start again"
                raise PKCEError(msg) from error
            raise
        return (yield from self.checked(token, nonce=attempt.nonce if self.is_openid else None))

    def _listened(self, endpoint: str, metadata: ServerMetadata | None) -> Flow[Attempt]:
        listener: Listener = yield Call(self._listen)
        try:
            attempt = Attempt(f"http://{self._redirect.hostname}:{listener.port}{listener.path}")
            yield Call(partial(self._open, self._url(attempt, endpoint)))
            yield Wait(listener.ticket, self.timeout)
            if listener.query is None:
                raise self._late()
            attempt.accept(listener.query, **self._promises(metadata))
        finally:
            listener.close()
        return attempt

    def _listen(self) -> Listener:
        # A thousand lines of the standard library, for who signs in only.
        from ._loopback import Listener  # noqa: PLC0415  # with the first login

        return Listener(self._redirect.path or "/", self._redirect.port or 0)

    def _open(self, url: str) -> None:
        from threading import Thread  # noqa: PLC0415  # as above

        def work() -> None:
            try:
                opened = self.open_browser(url)
            except Exception:  # whatever it was, there is no browser
                opened = False
            if not opened:
                self.show(f"Open this page to sign in:\n\n    {url}\n")

        # Some browsers run in the terminal, and return when they are closed.
        Thread(target=work, name="sdk-auth-browser", daemon=True).start()

    def _pasted(self, endpoint: str, metadata: ServerMetadata | None) -> Flow[Attempt]:
        assert self.prompt is not None  # this is why this was called
        attempt = Attempt(self.redirect_uri)
        url = self._url(attempt, endpoint)
        text = yield from beside(self.prompt, url, seconds=self.timeout)
        if text is None:
            raise self._late()
        try:
            attempt.accept_pasted(text, **self._promises(metadata))
        finally:
            del text  # some show the frames of an error
        return attempt

    def _url(self, attempt: Attempt, endpoint: str) -> str:
        asked = {"client_id": self.client_id, "scope": self.scope_member}
        if self.is_openid:
            asked["nonce"] = attempt.nonce
        given = {name: value for name, value in asked.items() if value is not None}
        return attempt.url(endpoint, {**self.extra, **self.page, **given})

    def _promises(self, metadata: ServerMetadata | None) -> dict[str, Any]:
        """Return who must have answered (RFC 9207 §2.4)."""
        member = "authorization_response_iss_parameter_supported"
        promised = metadata is not None and metadata.document.get(member) is True
        return {"issuer": self.issuer, "iss_required": promised}

    def _late(self) -> LoginTimeoutError:
        msg = f"nobody signed in within {self.timeout:g} seconds; try again, or give more `timeout`"
        return LoginTimeoutError(msg)
