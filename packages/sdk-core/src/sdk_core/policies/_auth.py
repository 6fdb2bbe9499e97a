"""Auth: put a credential on a request, as late as possible and only where it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .._effects import Call
from .._frames import concealed
from .._messages import Secret, refuse_unfit
from .._values import Value
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner, TokenProvider


def _fit(instance: ApiKey, _: Any, secret: Any) -> None:
    if isinstance(secret, str):
        refuse_unfit(instance.header, secret)


@attrs.frozen(repr=False, eq=False)
class ApiKey(Value):
    """
    Send a secret in a header.

    Args:
        secret: The secret, or a function that returns it, asked before each attempt.
        header: The header's name.
        prefix: Written before the secret.

    Raises:
        ConfigurationError: The secret has a line break, such as the one at the end of a file.
    """

    secret: str | TokenProvider = attrs.field(repr=False, validator=_fit)
    header: str = "x-api-key"
    prefix: str = ""
    _fixed: Secret | None = attrs.field(init=False, repr=False, eq=False)

    @_fixed.default
    def _written(self) -> Secret | None:
        return Secret(self.prefix + self.secret) if isinstance(self.secret, str) else None

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Add the header to *request*, unless it has one or its operation is public."""
        operation = request.operation
        if self.header in request.headers or (operation is not None and operation.public):
            return (yield from inner(request))
        value = self._fixed
        if value is None:
            assert not isinstance(self.secret, str)
            secret = yield Call(self.secret)
            if not isinstance(secret, str) or not secret:
                msg = "the function given as credential must return a non-empty string"
                raise ConfigurationError(msg)
            refuse_unfit(self.header, secret)
            value = Secret(self.prefix + secret)
        return (yield from inner(request.with_header(self.header.lower(), value)))


@concealed
def Bearer(secret: str | TokenProvider) -> ApiKey:  # noqa: N802  # reads as the kind it makes
    """Return the credential ``Authorization: Bearer SECRET`` (RFC 6750 §2.1)."""
    return ApiKey(secret, header="authorization", prefix="Bearer ")
