"""Calls will be made again at any time, so a policy that tests the time is evaluated for all later times.

A call of March says nothing of a policy that lets it in until June. Between two moments that the policies name nothing
changes, so one moment of each stretch stands for all.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import structs

from trail_diff.policy.elements.comparisons import Moment, read_date
from trail_diff.policy.remedies.patches import statements_of
from trail_diff.policy.request.domains import Domain
from trail_diff.policy.request.interface import Request

_FAR = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
_TIMES = ("aws:currenttime", "aws:epochtime")


def moments_in(*policies: Mapping[str, Any] | None) -> tuple[datetime, ...]:
    """Return the moments that policies test, those right after them, and the end of time; () where none tests any."""
    named = {int(moment) for policy in policies if policy is not None for moment in _named_in(policy)}
    within = {0, _FAR} | {one + after for one in named for after in (0, 1) if 0 <= one < _FAR}
    return tuple(datetime.fromtimestamp(one, UTC) for one in sorted(within)) if named else ()


def from_then_on(request: Request, moments: tuple[datetime, ...], made: datetime) -> Request:
    """Return a request that was `made` at a time as one that may be made at any of the moments since as well."""
    if not moments:
        return request
    since = [made, *(one for one in moments if one > made)]
    times = {
        "aws:CurrentTime": Domain(tuple(f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in since)),
        "aws:EpochTime": Domain(tuple(str(int(one.timestamp())) for one in since)),
    }
    return structs.replace(request, context={**request.context, **times})


def _named_in(policy: Mapping[str, Any]) -> Iterator[Decimal]:
    for statement in statements_of(policy):
        condition = statement.get("Condition")
        for keys in condition.values() if isinstance(condition, Mapping) else ():
            for key, values in keys.items() if isinstance(keys, Mapping) else ():
                for value in values if isinstance(values, list) else [values]:
                    moment = read_date(str(value)) if str(key).lower() in _TIMES else None
                    if isinstance(moment, Moment):
                        yield from (moment.first, moment.last)
