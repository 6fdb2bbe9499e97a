"""The web application: where each endpoint is."""

from __future__ import annotations

from email.utils import formatdate
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, jsonify, request

from . import grants
from .state import Client, Issued, State, signing_keys

if TYPE_CHECKING:
    from .running import OAuthServer


SERVER = "oauth.server"
"""Where a request says which server it came to."""


class Authorization(AuthorizationServer):
    """Authlib's server, with what the grants ask it for."""

    def __init__(self, public: OAuthServer, state: State, issuer: str) -> None:
        super().__init__(query_client=state.clients.get, save_token=self._save)
        self.public = public
        self.state = state
        self.issuer = issuer
        generator = BearerTokenGenerator(grants.token_text, grants.token_text, _lifetime)
        self.register_token_generator("default", generator)
        self.scopes_supported = ["openid", "profile", "read", "write"]
        self.register_client_auth_method("client_assertion_jwt", grants.ClientAssertion(self))
        id_token = grants.IdToken(self)
        registered: list[tuple[type[Any], list[Any]]] = [
            (grants.ClientCredentials, []),
            (grants.Password, [id_token]),
            (
                grants.AuthorizationCode,
                [CodeChallenge(required=True), grants.IdTokenForCode(self)],
            ),
            (grants.RefreshToken, [id_token]),
            (grants.DeviceCode, [id_token]),
            (grants.TokenExchange, []),
            (grants.JWTBearer, []),
        ]
        for grant, extensions in registered:
            self.register_grant(grant, extensions)
        self.register_extension(grants.Issuer(self))
        for endpoint in (grants.Revocation, grants.Introspection):
            self.register_endpoint(endpoint)

    def _save(self, token: dict[str, Any], request: Any) -> None:
        before: Issued | None = request.refresh_token
        client: Client = request.client
        refresh_token = token.get("refresh_token")
        if before is not None and not client.rotates:
            refresh_token = before.refresh_token
        secrets = (token["access_token"], refresh_token)
        self.public.given.extend(secret for secret in secrets if secret)
        self.state.tokens.append(
            Issued(
                self.state.clock,
                client,
                request.user,
                token["access_token"],
                refresh_token,
                token.get("scope", ""),
                before.family if before is not None else grants.token_text(),
                self.state.clock.now(),
                client.expires_in,
                client.refresh_expires_in,
            )
        )


def _lifetime(client: Any, grant_type: str) -> Any:
    return client.expires_in


class Validator(BearerTokenValidator):
    """RFC 6750."""

    def authenticate_token(self, token_string: str) -> Issued | None:
        """Find it."""
        state: State = _server().state
        return state.by_access_token(token_string)


def _server() -> Any:
    """Return the server whose request this is."""
    return request.environ[SERVER]


@cache
def application() -> Flask:
    """Return the application, made once a process: its routes are compiled, which is slow."""
    app = Flask("oauth-server")
    protect = ResourceProtector()
    protect.register_token_validator(Validator(realm="resource"))

    @app.before_request
    def prepared() -> Response | None:
        """Count, and fail if a test wants that."""
        answer: Response | None = _server().public.prepared(request.endpoint or "unknown")
        return answer

    @app.after_request
    def dated(response: Response) -> Response:
        response.headers["Date"] = formatdate(_server().state.clock.now(), usegmt=True)
        return response

    @app.get("/.well-known/oauth-authorization-server")
    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        server = _server()
        return jsonify({**described(server.issuer), **server.public.metadata})

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(signing_keys().as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        server = _server()
        server.public.authorizations.append(dict(request.args))
        alice = server.state.users["alice"]
        try:
            grant = server.get_consent_grant(end_user=alice)
        except OAuth2Error as error:
            return server.handle_error_response(None, error)
        user = None if server.public.decision is False else alice
        return server.create_authorization_response(grant_user=user, grant=grant)

    @app.post("/token")
    def token() -> Any:
        server = _server()
        server.public.forms.append(dict(request.form))
        return server.create_token_response()

    @app.post("/device_authorization")
    def device_authorization() -> Any:
        server = _server()
        # Made anew, as tests change its interval.
        endpoint: Any = grants.DeviceAuthorization(server)
        try:
            asked = endpoint.create_endpoint_request(request)
            return server.handle_response(*endpoint(asked))
        except OAuth2Error as error:
            return server.handle_error_response(None, error)

    @app.post("/revoke")
    def revoke() -> Any:
        server = _server()
        server.public.forms.append(dict(request.form))
        return server.create_endpoint_response("revocation")

    @app.post("/introspect")
    def introspect() -> Any:
        return _server().create_endpoint_response("introspection")

    @app.route("/resource", methods=["GET", "POST"])
    def resource() -> Any:
        with protect.acquire() as found:
            user = found.user.name if found.user else None
            return jsonify(client=found.client.client_id, user=user, scope=found.scope)

    return app


def described(issuer: str) -> dict[str, Any]:
    """Return the metadata (RFC 8414 §2, OpenID Connect Discovery §3)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "password",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            grants.EXCHANGE,
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "scopes_supported": ["openid", "profile", "read", "write"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
            "private_key_jwt",
            "none",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256", "HS256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def failure(status: int, retry_after: float | None) -> Response:
    """Return an answer that no OAuth server means to give."""
    response = Response(HTTPStatus(status).phrase, status=status, content_type="text/plain")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
