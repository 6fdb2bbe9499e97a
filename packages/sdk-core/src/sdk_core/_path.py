"""The path of a call: which policies the options of a client ask for, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .policies import Redirect, Retry

if TYPE_CHECKING:
    from .options import ClientOptions
    from .typing import Policy


def policies_of(
    options: ClientOptions,
    auth: Policy | None,
    *,
    statuses: frozenset[int] | None,
    final_codes: frozenset[str],
    blocking: bool,
) -> tuple[list[Policy], list[Policy]]:
    """
    Return the policies around an attempt and those within it, first ones outermost.

    A cache spares all the rest; what is around a call sees it once; repeats pass every limit anew; a deadline is for what is sent; and
    credentials are put on last, so that nothing outside sees them.

    Args:
        options: What the client was asked for; what is off is neither loaded nor there.
        auth: What puts the client's credentials on requests.
        statuses: What is worth a repeat; None: what `Retry` says.
        final_codes: What is not, whatever its status.
        blocking: Whether the client is of the blocking colour.
    """
    budget = options.retry_budget
    cache: Policy | None = None
    if options.cache is not None:
        cache = options.cache.policy(auth, blocking=blocking)
    hedge = None if options.hedge is None else options.hedge.using(budget)
    retry: Policy | None = None
    # What hedged requests cost is given back where the outcome of a call is seen.
    if options.max_retries or options.deadline is not None or hedge is not None:
        retry = Retry(
            options.max_retries,
            options.deadline,
            statuses=statuses,
            budget=budget,
            final_codes=final_codes,
        )
    deadline: Policy | None = None
    if options.attempt_deadline is not None:
        from .policies import AttemptDeadline  # noqa: PLC0415  # what is off is not loaded

        deadline = AttemptDeadline(options.attempt_deadline)
    around = (
        cache,
        *options.call_policies,
        retry,
        options.rate_limit,
        options.max_concurrency,
        options.circuit_breaker,
        hedge,
        deadline,
        *options.policies,
    )
    within = (auth, Redirect())
    return [p for p in around if p is not None], [p for p in within if p is not None]
