"""Options of clients: timeouts, and everything that two clients may differ in."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ._frames import concealed
from ._values import Value
from .errors import ConfigurationError, UnknownOptionError
from .typing import NotGiven, Omit, PathOptions, Policy, not_given

if TYPE_CHECKING:
    from .caching import ResponseCache
    from .hooks import Hooks
    from .policies import Hedge, RetryBudget

__all__ = [
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "ClientOptions",
    "Timeout",
    "refuse_unknown_options",
]

C = TypeVar("C", bound=type[Any])
_UNSET: Any = not_given


@attrs.frozen(init=False, repr=False, eq=False)
class Timeout(Value):
    """
    Limit each phase of a request, in seconds; ``None`` means no limit.

    ``Timeout(30)`` limits every phase to 30 s, ``Timeout(600, connect=5)`` all but one. *read* is
    the longest silence between two pieces of an answer, not the length of the whole; for that
    there is the option ``deadline``.

    Args:
        timeout: The figure for every phase that is not named; another timeout object (anything
            with the four attributes, such as httpx's) is taken over.
        connect: To open a connection, TLS included.
        read: Between two reads.
        write: Between two writes.
        pool: To wait for a free connection.

    Raises:
        ConfigurationError: A figure is negative or no number, or phases are missing.
    """

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    def __init__(
        self,
        timeout: Any = _UNSET,
        *,
        connect: float | None = _UNSET,
        read: float | None = _UNSET,
        write: float | None = _UNSET,
        pool: float | None = _UNSET,
    ) -> None:
        phases = {"connect": connect, "read": read, "write": write, "pool": pool}
        for phase, given in phases.items():
            default = getattr(timeout, phase) if hasattr(timeout, phase) else timeout
            seconds = default if given is _UNSET else given
            if seconds is _UNSET:
                msg = f"`timeout` needs a default or all four phases; `{phase}` is missing"
                raise ConfigurationError(msg)
            phases[phase] = _seconds(phase, seconds)
        self.__attrs_init__(**phases)

    @classmethod
    def of(cls, value: Any) -> Timeout:
        """Return *value* as a `Timeout`: seconds, ``None``, or any object with the four phases."""
        return value if isinstance(value, cls) else cls(value)

    def within(self, seconds: float) -> Timeout:
        """Return this timeout with no phase longer than *seconds*: what is left of a deadline."""
        limit = float(seconds)
        made = Timeout.__new__(Timeout)  # of figures that have been looked at
        made.__attrs_init__(
            *(
                limit if phase is None or phase > limit else phase
                for phase in (self.connect, self.read, self.write, self.pool)
            )
        )
        return made


def _seconds(phase: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        msg = f"`timeout` ({phase}) must be a number of seconds >= 0 or None, not {value!r}"
        raise ConfigurationError(msg)
    return None if value == math.inf else float(value)  # sockets know no infinity


DEFAULT_TIMEOUT = Timeout(600.0, connect=5.0)
"""Ten minutes between two reads (models think long), five seconds to connect."""

DEFAULT_MAX_RETRIES = 2


def _retries(_: Any, __: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = f"`max_retries` must be an integer >= 0, not {value!r}; 0 switches retries off"
        raise ConfigurationError(msg)


def _limit(_: Any, attribute: Any, value: Any) -> None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf
    ):
        msg = f"`{attribute.name}` must be a number of seconds > 0 or None, not {value!r}"
        raise ConfigurationError(msg)


def _mapping(_: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, Mapping):
        msg = f"`{attribute.name}` must be a mapping of names to values, not {value!r}"
        raise ConfigurationError(msg)


def _timeout(value: Any) -> Timeout:
    return Timeout.of(value)


def _empty_if_none(value: Any) -> Any:
    return {} if value is None else value


def _budget(value: Any) -> RetryBudget | None:
    if value is None or value is False:
        return None
    from .policies import RetryBudget  # noqa: PLC0415  # what is off is not loaded

    if value is True:
        return _new_budget()
    if not isinstance(value, RetryBudget):
        msg = f"`retry_budget` must be a RetryBudget, True or False, not {type(value).__name__}"
        raise ConfigurationError(msg)
    return value


def _new_budget() -> RetryBudget:
    from .policies import RetryBudget  # noqa: PLC0415  # as above

    return RetryBudget()


def _breaker(value: Any) -> Any:
    if value is not True:
        return None if value is False else value
    from .policies import CircuitBreaker  # noqa: PLC0415  # as above

    return CircuitBreaker()


def _concurrency(value: Any) -> Any:
    if value is None or callable(value):
        return value
    from .policies import AdaptiveConcurrency  # noqa: PLC0415  # as above

    return AdaptiveConcurrency.of(value)


def _hooks(value: Any) -> Hooks | None:
    if value is None:
        return None
    from .hooks import Hooks  # noqa: PLC0415  # as above

    return Hooks.of(value)


def _policies(value: Any, option: str = "policies") -> tuple[Policy, ...]:
    if not isinstance(value, list | tuple):
        msg = f"`{option}` must be a list of policies, not {type(value).__name__}"
        raise ConfigurationError(msg)
    for each in value:
        refuse_no_policy(option, each)
    return tuple(value)


def _call_policies(value: Any) -> tuple[Policy, ...]:
    return _policies(value, "call_policies")


def _cache(_: Any, __: Any, value: Any) -> None:
    if value is None:
        return
    from .caching import ResponseCache  # noqa: PLC0415  # as above

    if not isinstance(value, ResponseCache):
        msg = f"`cache` takes a ResponseCache, see sdk_core.caching, not {type(value).__name__}"
        raise ConfigurationError(msg)


def _hedge(_: Any, __: Any, value: Any) -> None:
    if value is None:
        return
    from .policies import Hedge  # noqa: PLC0415  # as above

    if not isinstance(value, Hedge):
        msg = f"`hedge` takes a Hedge, see sdk_core.policies, not {type(value).__name__}"
        raise ConfigurationError(msg)


def _one(_: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        refuse_no_policy(attribute.name, value)


def refuse_no_policy(option: str, value: Any) -> None:
    """
    Refuse what is no policy.

    Raises:
        ConfigurationError: It cannot be called, or is the class of one.
    """
    if isinstance(value, type):
        msg = f"`{option}` takes a policy, not the class {value.__name__}; call it first"
        raise ConfigurationError(msg)
    if not callable(value):
        msg = (
            f"`{option}` takes a policy, a function (request, inner) -> flow, "
            f"and {type(value).__name__} is none"
        )
        raise ConfigurationError(msg)


@attrs.frozen(repr=False, eq=False)
class ClientOptions(Value):
    """
    What a client was asked for; two clients with equal options behave alike.

    Attributes:
        timeout: Limits of one attempt by phase.
        max_retries: How often a failed attempt is repeated, 0 or more.
        deadline: Seconds for the whole call, attempts and waits together; ``None``: no limit.
        default_headers: Sent with every request; a value `omit` takes a built-in header away.
        default_query: Added to every request's query.

    The others are those of `sdk_core.typing.PathOptions`.
    """

    timeout: Timeout = attrs.field(default=DEFAULT_TIMEOUT, converter=_timeout)
    max_retries: int = attrs.field(default=DEFAULT_MAX_RETRIES, validator=_retries)
    deadline: float | None = attrs.field(default=None, validator=_limit)
    default_headers: Mapping[str, str | Omit] = attrs.field(
        factory=dict, converter=_empty_if_none, validator=_mapping, repr=False
    )
    default_query: Mapping[str, object] = attrs.field(
        factory=dict, converter=_empty_if_none, validator=_mapping, repr=False
    )

    cache: ResponseCache | None = attrs.field(default=None, validator=_cache)
    call_policies: tuple[Policy, ...] = attrs.field(default=(), converter=_call_policies)
    # Two clients that behave alike have a budget each.
    retry_budget: RetryBudget | None = attrs.field(factory=_new_budget, converter=_budget, eq=False)
    rate_limit: Policy | None = attrs.field(default=None, validator=_one)
    max_concurrency: Policy | None = attrs.field(
        default=None, converter=_concurrency, validator=_one
    )
    circuit_breaker: Policy | None = attrs.field(default=None, converter=_breaker, validator=_one)
    hedge: Hedge | None = attrs.field(default=None, validator=_hedge)
    attempt_deadline: float | None = attrs.field(default=None, validator=_limit)
    policies: tuple[Policy, ...] = attrs.field(default=(), converter=_policies)
    hooks: Hooks | None = attrs.field(default=None, converter=_hooks)

    def evolve(self, **changes: Any) -> ClientOptions:
        """Return a copy with *changes*; an option that is `not_given` stays as it is."""
        refuse_unknown("a client", changes, attrs.fields_dict(ClientOptions))
        given = {name: v for name, v in changes.items() if not isinstance(v, NotGiven)}
        return attrs.evolve(self, **given)


def refuse_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """
    Refuse options that do not exist.

    Raises:
        UnknownOptionError: *owner* has no option that is *given*; the message has the nearest one.
    """
    known = set(known)
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # noqa: PLC0415  # for who has misspelt one

            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            msg = f"{owner} has no option `{name}`{hint}"
            raise UnknownOptionError(msg)


def refuse_unknown_options(cls: C) -> C:
    """Make the constructor of *cls* refuse options that it does not have with a clear error."""
    construct: Callable[..., None] = cls.__init__
    parameters = inspect.signature(construct).parameters
    known = parameters.keys() - {"self"}
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        known |= PathOptions.__annotations__.keys()

    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807  # it is one
        refuse_unknown(type(self).__name__, options, known)
        construct(self, *args, **options)

    __init__.__wrapped__ = construct  # type: ignore[attr-defined]  # for inspect.signature
    __init__.__doc__ = construct.__doc__
    cls.__init__ = concealed(__init__)
    return cls
