"""The device code grant: a person signs in on another device than the program runs on (RFC 8628)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from time import time
from typing import Any, ClassVar, Self

import attrs

from sdk_core.errors import APIConnectionError, ConfigurationError
from sdk_core.messages import concealed
from sdk_core.policies import Call, Now, Sleep
from sdk_core.typing import Flow

from ._addresses import fault_of
from ._beside import tell
from ._endpoints import accepted, post
from ._forms import Form
from ._interactive import InteractiveGrant, positive
from .errors import LoginTimeoutError, OAuthError, TokenAnswerError
from .tokens import Token

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5.0  # seconds more for each `slow_down` (RFC 8628 §3.5)
_INTERVAL = 5.0  # seconds, where a server does not say (RFC 8628 §3.2)
_LEAST = 0.05  # seconds; a server that says 0 is not asked in a busy loop
_LIFETIME = 600.0  # seconds, where a server does not say, though it must
_LONGEST_CODE = 64  # characters; a person has to type it


@attrs.frozen(kw_only=True)
class DeviceLogin:
    """
    What a person needs to sign in (RFC 8628 §3.2).

    Attributes:
        user_code: What they type in.
        verification_uri: Where.
        verification_uri_complete: The same with the code in it, for a link or a picture; or None.
        expires_in: Seconds that they have.
    """

    user_code: str = attrs.field(repr=False)
    verification_uri: str
    verification_uri_complete: str | None = attrs.field(default=None, repr=False)
    expires_in: float

    @property
    def message(self) -> str:
        """What to tell them, in two lines."""
        minutes = max(1, round(self.expires_in / 60))
        return (
            f"To sign in, open {self.verification_uri} on any device\n"
            f"and enter the code {self.user_code} within {minutes} minutes."
        )


def _tell(login: DeviceLogin) -> None:
    tell(login.message)


@attrs.frozen(kw_only=True)
class _Begun:
    """The whole answer of the device authorization endpoint."""

    login: DeviceLogin
    device_code: str = attrs.field(repr=False)
    interval: float

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """
        Return what is in *answer*; nothing of it may draw on a terminal but letters.

        Raises:
            TokenAnswerError: It is not what RFC 8628 §3.2 says.
        """
        complete = answer.get("verification_uri_complete")
        # Google's name for it is older than the standard's.
        uri = answer.get("verification_uri", answer.get("verification_url"))
        uris = [uri] if complete is None else [uri, complete]
        code, device_code = _text(answer.get("user_code")), _text(answer.get("device_code"))
        if any(fault_of(one) for one in uris):
            fault = "`verification_uri` is no https URL"
        elif not code or len(code) > _LONGEST_CODE:
            fault = "`user_code` is none that can be typed"
        elif not device_code:
            fault = "`device_code` is missing"
        else:
            login = DeviceLogin(
                user_code=code,
                verification_uri=str(uri),
                verification_uri_complete=complete,
                expires_in=_seconds(answer.get("expires_in"), _LIFETIME),
            )
            interval = max(_LEAST, _seconds(answer.get("interval"), _INTERVAL))
            return cls(login=login, device_code=device_code, interval=interval)
        del answer, code, device_code, complete, uris  # some show the frames of an error
        msg = f"the device authorization endpoint answered with what cannot be used: {fault}"
        raise TokenAnswerError(msg)


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""


def _seconds(value: object, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        found = float(value)
    except ValueError:
        return default
    return found if math.isfinite(found) and found >= 0 else default


@concealed
@attrs.frozen(kw_only=True)
class DeviceCode(InteractiveGrant):
    """
    Have a person sign in on another device, by a short code (RFC 8628).

    Args: as `BaseGrant`, and:
        device_authorization_url: Where codes are given; needed with `token_url`, known by discovery
            with `issuer`.
        show: Shows the person what to do; may be an ``async`` function for asynchronous clients.
            Default: on standard error.
        timeout: Seconds that the person has at most. Default: what the server allows.

    Raises:
        ConfigurationError: A field is wrong; the message names it.
    """

    kind: ClassVar[str] = "device_code"

    device_authorization_url: str | None = None
    show: Callable[[DeviceLogin], Any] = attrs.field(default=_tell, repr=False)
    timeout: float | None = attrs.field(default=None, validator=attrs.validators.optional(positive))

    def __attrs_post_init__(self) -> None:
        InteractiveGrant.__attrs_post_init__(self)
        if (self.device_authorization_url is None) != (self.issuer is not None):
            msg = "DeviceCode needs `device_authorization_url` beside `token_url`, or only `issuer`"
            raise ConfigurationError(msg)
        url = self.device_authorization_url
        if url is not None and (fault := fault_of(url)):
            msg = f"`device_authorization_url` cannot be used: {fault}"
            raise ConfigurationError(msg)

    def endpoint(self, name: str) -> Flow[str | None]:
        """Return the URL of an endpoint; see `BaseGrant`."""
        if name == "device_authorization_endpoint" and self.device_authorization_url is not None:
            return self.device_authorization_url
        return (yield from InteractiveGrant.endpoint(self, name))

    def obtain(self) -> Flow[Token]:
        """
        Have the person sign in, and ask until they have.

        Raises:
            LoginTimeoutError: They did not in time.
            AccessDeniedError: They said no.
            IDTokenError: Who signed in cannot be believed.
            TokenAnswerError: The server gave no code that can be typed.
        """
        yield from self.prepared()
        url = yield from self.endpoint("device_authorization_endpoint")
        assert url is not None  # one of the two is there
        form = Form(url, {}).with_members({**self.extra, "scope": self.scope_member})
        response = yield from post(form, client_id=self.client_id, client_auth=self.authentication)
        begun = _Begun.of(accepted(form, response, (yield Call(time))))
        yield Call(partial(self.show, begun.login))
        return (yield from self.checked((yield from self._asked(begun))))

    def _asked(self, begun: _Begun) -> Flow[Token]:
        """Ask for the token, as often as the server likes, until there is one."""
        interval = begun.interval
        seconds = min(begun.login.expires_in, self.timeout or math.inf)
        started: float = yield Now()
        while True:
            now: float = yield Now()
            if now + interval > started + seconds:
                raise _late(seconds)
            yield Sleep(interval)
            try:
                return (
                    yield from self.request(
                        {"grant_type": _GRANT, "device_code": begun.device_code}
                    )
                )
            except OAuthError as error:
                if error.error == "expired_token":
                    raise _late(seconds) from error
                if error.error == "slow_down":
                    interval += _SLOWER
                elif error.error != "authorization_pending":
                    raise
            except (APIConnectionError, TokenAnswerError) as error:
                # Not the person's fault: ask, but less and less often (RFC 8628 §3.5).
                status = getattr(error, "status_code", None)
                if status is not None and status < 500 and status != 429:
                    raise
                interval *= 2


def _late(seconds: float) -> LoginTimeoutError:
    msg = (
        f"nobody signed in within {seconds:g} seconds, and the code is no longer good; start again"
    )
    return LoginTimeoutError(msg)
