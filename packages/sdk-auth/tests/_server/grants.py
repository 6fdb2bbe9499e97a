"""Authlib's grants and endpoints over `State`."""

from __future__ import annotations

from typing import Any

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import (
    BaseGrant,
    InvalidClientError,
    InvalidGrantError,
    TokenEndpointMixin,
    grants,
)
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oauth2.rfc9207.parameter import IssuerParameter
from authlib.oidc.core import OpenIDCode, OpenIDToken, UserInfo
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.jwt import JWTClaimsRegistry
from joserfc.jwt import decode as decode_jwt

from .state import ASSERTIONS, CODE_LIFETIME, Client, Code, Device, Issued, User, signing_keys

AUTH_METHODS = ["client_assertion_jwt", "client_secret_basic", "client_secret_post", "none"]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


def keys_of(client: Client) -> Any:
    """Return with what assertions of *client* are checked."""
    if client.auth == "client_secret_jwt":
        return OctKey.import_key(client.secret or "")
    return KeySet.import_key_set(client.keys or {"keys": []})  # type: ignore[arg-type]  # JSON


class ClientCredentials(grants.ClientCredentialsGrant):
    """RFC 6749 §4.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[:-1]


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    """RFC 6749 §4.3."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def authenticate_user(self, username: str, password: str) -> User:
        """Compare the passwords."""
        user: User | None = self.server.state.users.get(username)
        if user is None or user.password != password:
            raise InvalidGrantError(description="Wrong username or password")
        return user


class AuthorizationCode(grants.AuthorizationCodeGrant):
    """RFC 6749 §4.1."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep it with all that it is bound to."""
        data = request.payload.data
        state = self.server.state
        self.server.public.given.append(code)
        state.codes[code] = Code(
            code,
            request.client.client_id,
            request.payload.redirect_uri or "",
            request.scope or "",
            request.user,
            data.get("nonce"),
            data.get("code_challenge"),
            data.get("code_challenge_method"),
            state.clock.now(),
        )

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        """Find it, if it is this client's and not too old."""
        state = self.server.state
        found: Code | None = state.codes.get(code)
        if found is None or found.client_id != client.client_id:
            return None
        return found if state.clock.now() < found.issued_at + CODE_LIFETIME else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Forget it: it is good once."""
        del self.server.state.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> User:
        """Return who said yes."""
        return authorization_code.user


class RefreshToken(grants.RefreshTokenGrant):
    """RFC 6749 §6, with rotation and the detection of reuse as OAuth 2.1 §4.3.1 has them."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Issued:
        """Find it; one that comes a second time ends the whole login."""
        state = self.server.state
        token: Issued | None = state.by_refresh_token(refresh_token)
        if token is None:
            raise InvalidGrantError(description="Unknown refresh token")
        if token.used and token.client.rotates:
            state.revoke_family(token.family)
            raise InvalidGrantError(description="The refresh token was used before")
        if token.refresh_revoked:
            raise InvalidGrantError(description="The refresh token was revoked")
        if token.refresh_is_expired():
            raise InvalidGrantError(description="The refresh token has expired")
        return token

    def authenticate_user(self, refresh_token: Issued) -> User | None:
        """Return whose it is."""
        return refresh_token.user

    def issue_token(self, user: Any, refresh_token: Any) -> Any:
        """Give a new refresh token where they rotate, and the old one is used."""
        self.INCLUDE_NEW_REFRESH_TOKEN = refresh_token.client.rotates
        return super().issue_token(user, refresh_token)

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Remember that it was used, and end the access token that came with it."""
        refresh_token.used = True
        refresh_token.revoked = True


class DeviceCode(DeviceCodeGrant):
    """RFC 8628 §3.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_device_credential(self, device_code: str) -> Device | None:
        """Find it."""
        devices = self.server.state.devices
        return next((one for one in devices if one.device_code == device_code), None)

    def query_user_grant(self, user_code: str) -> tuple[User, bool] | None:
        """Return who decided, and how."""
        state = self.server.state
        if user_code not in state.decisions:
            return None
        return state.users["alice"], state.decisions[user_code]

    def create_token_response(self) -> Any:
        """Answer, and forget the code: it is good once."""
        self.server.state.devices.remove(self.request.credential)
        return super().create_token_response()  # type: ignore[no-untyped-call]  # as the stubs have it

    def should_slow_down(self, credential: Device) -> bool:
        """Compare with the last time it asked."""
        now = self.server.state.clock.now()
        before, credential.asked_at = credential.asked_at, now
        hurried: bool = now - before < credential.interval
        credential.interval += 5 if hurried else 0
        return hurried


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """RFC 8628 §3.1."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.INTERVAL = server.public.device_interval
        self.EXPIRES_IN = server.public.device_expires_in

    def get_verification_uri(self) -> str:
        """Return where the user goes."""
        return f"{self.server.issuer}/device"

    def save_device_credential(self, client_id: str, scope: str, data: Any) -> None:
        """Keep it; the user may have decided before."""
        state = self.server.state
        device = Device(
            state.clock,
            client_id,
            scope or "",
            data["device_code"],
            data["user_code"],
            data["interval"],
            state.clock.now(),
            data["expires_in"],
        )
        state.devices.append(device)
        if self.server.public.decision is not None:
            state.decisions[device.user_code] = self.server.public.decision


class TokenExchange(BaseGrant, TokenEndpointMixin):
    """RFC 8693, for access tokens of this server and JWTs that `public.workload_key` signed."""

    GRANT_TYPE = EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_token_request(self) -> None:
        """Check the client, then what it brings."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError
        self.request.client = client
        self.validate_requested_scope()
        form = self.request.form
        kind = form.get("subject_token_type")
        if not form.get("subject_token") or kind not in {ACCESS_TOKEN, JWT, ID_TOKEN}:
            raise InvalidRequestError(description="A subject_token with its type is needed")
        if ("actor_token" in form) != ("actor_token_type" in form):
            raise InvalidRequestError(description="An actor_token needs its type")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise InvalidRequestError(description="Only access tokens are given")
        check = self._own if kind == ACCESS_TOKEN else self._foreign
        self.request.user = check(form["subject_token"])

    def _own(self, text: str) -> User | None:
        token: Issued | None = self.server.state.by_access_token(text)
        if token is None or token.is_expired() or token.is_revoked():
            raise InvalidRequestError(description="The subject_token is not valid")
        return token.user

    def _foreign(self, text: str) -> User:
        try:
            claims = decode_jwt(text, self.server.public.workload_key).claims
            times(self.server).validate(claims)
        except (JoseError, ValueError):
            raise InvalidRequestError(description="The subject_token is not valid") from None
        return User(str(claims["sub"]), "")

    def create_token_response(self) -> Any:
        """Answer as RFC 8693 §2.2.1 says."""
        token = self.generate_token(
            user=self.request.user,
            scope=self.request.form.get("scope"),
            include_refresh_token=False,
        )
        token["issued_token_type"] = ACCESS_TOKEN
        self.server.save_token(token, self.request)
        return 200, token, self.TOKEN_RESPONSE_HEADER


def times(server: Any, **options: Any) -> JWTClaimsRegistry:
    """Return what checks a JWT by the server's clock; it forgives a minute."""
    return JWTClaimsRegistry(now=lambda: int(server.state.clock.now()), leeway=60, **options)


class JWTBearer(JWTBearerGrant):
    """RFC 7523 §2.1."""

    def resolve_issuer_client(self, issuer: str) -> Client | None:
        """Look it up."""
        found: Client | None = self.server.state.clients.get(issuer)
        return found

    def resolve_client_public_key(self, client: Client) -> Any:
        """Return its keys."""
        return keys_of(client)

    def authenticate_user(self, subject: str) -> User | None:
        """Look it up."""
        found: User | None = self.server.state.users.get(subject)
        return found

    def has_granted_permission(self, client: Client, user: User) -> bool:
        """Allow it."""
        return True

    def get_audiences(self) -> list[str]:
        """Return the names of this server."""
        endpoints = ("token", "revoke", "introspect", "device_authorization")
        return [self.server.issuer, *(f"{self.server.issuer}/{name}" for name in endpoints)]

    def verify_claims(self, claims: Any) -> None:
        """Do as Authlib, by the server's clock."""
        options = {
            **self.CLAIMS_OPTIONS,
            "aud": {"essential": True, "values": self.get_audiences()},
        }
        try:
            times(self.server, **options).validate(claims)
        except JoseError as exc:
            raise InvalidGrantError(description=exc.description) from exc


class ClientAssertion(JWTBearerClientAssertion):
    """RFC 7523 §2.2, for keys and for secrets."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server

    get_audiences = JWTBearer.get_audiences

    def resolve_client_public_key(self, client: Client) -> Any:
        """Return its keys; refuse a client that proves itself otherwise."""
        if client.auth not in ASSERTIONS:
            raise InvalidClientError(description="The client signs no assertions")
        return keys_of(client)

    def validate_jti(self, claims: Any, jti: str) -> bool:
        """Refuse one that was used."""
        seen: set[str] = self.server.state.seen
        known = jti in seen
        seen.add(jti)
        return not known

    def verify_claims(self, claims: Any) -> None:
        """Do as Authlib, by the server's clock."""
        self._check_times(claims)
        self.leeway = 10**9  # they have been looked at
        super().verify_claims(claims)

    def _check_times(self, claims: Any) -> None:
        try:
            times(self.server, exp={"essential": True}).validate(claims)
        except JoseError as exc:
            raise InvalidClientError(description=exc.description) from exc


class IdToken(OpenIDToken):
    """OpenID Connect Core §3.1.3, by the server's clock."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server

    def resolve_client_private_key(self, client: Client) -> Any:
        """Return the server's keys."""
        return signing_keys()

    def process_token(self, grant: Any, response: Any) -> Any:
        """Do as Authlib, and remember what was given."""
        token: Any = super().process_token(grant, response)
        self.server.public.given.append(token.get("id_token", token["access_token"]))
        return token

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        """Name the key."""
        alg = client.id_token_signed_response_alg
        kid = {"RS256": {"kid": "rsa"}, "ES256": {"kid": "ec"}}.get(alg, {})
        return {"alg": alg, **kid, **self.server.public.id_token_header}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        """Say who, for whom and until when."""
        now = int(self.server.state.clock.now())
        return {"iss": self.server.issuer, "iat": now, "exp": now + 3600, "auth_time": now}

    def generate_user_info(self, user: User, scope: str) -> UserInfo:
        """Say who the user is, and what a test would have the server lie about."""
        return UserInfo({"sub": user.name, **self.server.public.id_token_claims})


class IdTokenForCode(IdToken, OpenIDCode):
    """The same for the code flow, where a nonce may not come twice."""

    def __init__(self, server: Any) -> None:
        IdToken.__init__(self, server)
        self.require_nonce = False

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """Look through the codes."""
        return any(code.nonce == nonce for code in self.server.state.codes.values())


class Revocation(RevocationEndpoint):
    """RFC 7009."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def check_params(self, request: Any, client: Client) -> None:
        """Do as Authlib, with fewer kinds if a test says so."""
        self.SUPPORTED_TOKEN_TYPES = self.server.public.revocable
        super().check_params(request, client)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """Find it, whichever it is; a hint is only one."""
        state = self.server.state
        found: Issued | None = state.by_access_token(token_string) or state.by_refresh_token(
            token_string
        )
        return found

    def revoke_token(self, token: Issued, request: Any) -> None:
        """Take it back; a refresh token takes all of its login along (RFC 7009 §2.1)."""
        if request.form["token"] == token.refresh_token:
            self.server.state.revoke_family(token.family)
        else:
            token.revoked = True


class Introspection(IntrospectionEndpoint):
    """RFC 7662."""

    CLIENT_AUTH_METHODS = AUTH_METHODS
    query_token = Revocation.query_token

    def check_permission(self, token: Issued, client: Client, request: Any) -> bool:
        """Allow it to the owner."""
        return token.check_client(client)

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        """Say what it is."""
        return {
            "client_id": token.client.client_id,
            "scope": token.scope,
            "username": token.user.name if token.user else None,
            "exp": int(token.issued_at + (token.expires_in or 0)),
        }


class Issuer(IssuerParameter):
    """RFC 9207."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server

    def get_issuer(self) -> str | None:
        """Return the name, or the lie that a test wants."""
        said: str | None = self.server.public.issuer_parameter
        return said


def token_text(*_: Any, **__: Any) -> str:
    """Return a new token."""
    return generate_token(42)
