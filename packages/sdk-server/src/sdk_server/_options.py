"""What a server can be told at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

EngineName = Literal["echo", "proxy"]


class ConfigurationError(Exception):
    """Tell that the server cannot start as it was asked to; the message says what to change."""


@attrs.frozen(kw_only=True)
class Options:
    """Hold the settings of one server.

    Args:
        data: Folder for the database and the generated credentials. It is created when missing.
        engine: `echo` answers by itself and deterministically, `proxy` asks `upstream`.
        upstream: Base URL of an OpenAI-compatible server, such as `http://127.0.0.1:8000/v1`.
        upstream_key: API key for the upstream.
        faults: Obey the request header `X-SDK-Fault`. For tests only.
        token_ttl: Lifetime of an access token in seconds.
        refresh_ttl: Lifetime of a refresh token in seconds.
        token_delay: Pause before every streamed token of the echo engine, in seconds.
        keepalive: Seconds without an event after which a stream sends a comment.
        upstream_timeout: Seconds to wait for an upstream to connect or to send the next bytes.
        body_limit: Largest request body in bytes, and so the largest file of a model.
        form_limit: Largest form with files in bytes, and so the largest file of the inference API.
        embedding_model: What embeds the files of vector stores; default the echo engine's own.
        public_url: Where clients find the server, such as `https://platform.example`, if that is
            not what they write into `Host`.
        admin_user: Name of the user that the first start creates.
        admin_password: Their password; generated when absent.
        api_key: Their API key; generated when absent.
    """

    data: Path
    engine: EngineName = "echo"
    upstream: str | None = None
    upstream_key: str | None = attrs.field(default=None, repr=False)
    faults: bool = False
    token_ttl: float = 900.0
    refresh_ttl: float = 30 * 86_400.0
    token_delay: float = 0.0
    keepalive: float = 15.0
    upstream_timeout: float = 600.0
    body_limit: int = 32 * 1024 * 1024
    form_limit: int = 512 * 1024 * 1024
    embedding_model: str | None = None
    public_url: str | None = None
    admin_user: str = "admin"
    admin_password: str | None = attrs.field(default=None, repr=False)
    api_key: str | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.engine == "proxy" and not self.upstream:
            msg = "`--engine proxy` needs `--upstream URL`, the base URL of the server to ask"
            raise ConfigurationError(msg)
        for name in ("upstream", "public_url"):
            address = getattr(self, name)
            if address is not None and not address.startswith(("http://", "https://")):
                msg = f"`--{name.replace('_', '-')}` must start with http:// or https://"
                raise ConfigurationError(msg)
        for name in (
            "token_ttl",
            "refresh_ttl",
            "keepalive",
            "upstream_timeout",
            "body_limit",
            "form_limit",
        ):
            if not getattr(self, name) > 0:
                msg = f"`--{name.replace('_', '-')}` must be greater than 0"
                raise ConfigurationError(msg)
        if not self.token_delay >= 0:
            msg = "`--token-delay` must not be negative"
            raise ConfigurationError(msg)
