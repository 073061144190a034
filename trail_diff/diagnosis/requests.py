"""The same call, and what differs: the requests of a call that was refused beside those that worked. Pure.

Only what records tell of a request is compared, and only what none of the refused calls shares with any that worked:
what comes and goes on both sides explains nothing.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from trail_diff.arns import arn_account, arn_region, is_alias
from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.parts import find_counterpart
from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.learnt import Caller, Case, Event, JobEvents
from trail_diff.model.report import CallerGroup, RequestDifference

_MOST_VALUES = 3
_CONTEXT = "kms:EncryptionContext:"
_ALGORITHMS = {
    "encryptionAlgorithm": "kms:EncryptionAlgorithm",
    "sourceEncryptionAlgorithm": "kms:EncryptionAlgorithm",
    "signingAlgorithm": "kms:SigningAlgorithm",
    "macAlgorithm": "kms:MacAlgorithm",
    "keyAgreementAlgorithm": "kms:KeyAgreementAlgorithm",
}
_RARELY_DECISIVE = frozenset({"aws:SourceIp"})
"""What differs between any two runs: it is told where a statement tests it, or where nothing else differs."""


class _Pair(Struct, frozen=True):
    """The refused calls of a group, and those that worked; `other` is their caller where it is another one."""

    group: CallerGroup
    refused: tuple[Event, ...]
    worked: tuple[Event, ...]
    other: Caller | None = None


def compare_requests(
    case: Case, driving: Sequence[CallerGroup], explained: Sequence[Explained] = ()
) -> tuple[RequestDifference, ...]:
    """Return what differs between the refused calls of each group and those that worked in the succeeded job.

    Where the caller itself never worked, its calls are compared with those of the caller that plays the same part.
    What a statement that keeps the call out tests comes first.
    """
    once: dict[tuple[object, ...], RequestDifference] = {}
    for group in driving:
        pair = _pair(case, group)
        tested = _tested(next((one for one in explained if one.group == group), None))
        for one in _compare(pair, tested) if pair is not None else ():
            once.setdefault((one.caller.across_sessions(), one.action, one.name, one.failed, one.succeeded), one)
    return tuple(sorted(once.values(), key=lambda one: not one.decides))


def _pair(case: Case, group: CallerGroup) -> _Pair | None:
    """Return the calls to compare: on the same key where there are any, of the same caller where it ever worked."""
    if case.succeeded is None or not group.failed.errors:
        return None
    refused = _on_key(_calls(case.failed, group.action, group.caller, worked=False), group)
    if not refused:
        return None
    worked = _calls(case.succeeded, group.action, group.caller, worked=True)
    if worked:
        return _Pair(group, refused, _on_key(worked, group))
    other = find_counterpart(case, group, refused)
    if other is None:
        return None
    worked = _calls(case.succeeded, group.action, other, worked=True)
    return _Pair(group, refused, _on_key(worked, group), other)


def _calls(side: JobEvents, action: str, caller: Caller, *, worked: bool) -> tuple[Event, ...]:
    return tuple(
        tie.event
        for tie in side.events
        if (tie.event.error_code is None) == worked
        and tie.event.caller.across_sessions() == caller.across_sessions()
        and any(access.action == action for access in tie.event.accesses)
    )


def _on_key(events: tuple[Event, ...], group: CallerGroup) -> tuple[Event, ...]:
    """Return the calls on the group's key; all where none is: then the key is what differs."""
    own = tuple(event for event in events if event.key_of(group.action) in (group.key, None))
    return own or events


def _compare(pair: _Pair, tested: frozenset[str]) -> Iterator[RequestDifference]:
    refused, worked = ([_facts(event, pair, tested) for event in events] for events in (pair.refused, pair.worked))
    found = []
    for name in dict.fromkeys(name for facts in (*refused, *worked) for name in facts):
        now, then = _values(refused, name), _values(worked, name)
        if now and then and now.isdisjoint(then):
            decides = _is_tested(name, tested)
            found.append(
                RequestDifference(
                    caller=pair.group.caller,
                    action=pair.group.action,
                    key=pair.group.key,
                    name=name,
                    failed=_shown(now),
                    succeeded=_shown(then),
                    succeeded_caller=pair.other,
                    decides=decides,
                )
            )
    telling = [one for one in found if one.decides or one.name not in _RARELY_DECISIVE]
    yield from telling or found


def _values(calls: Sequence[dict[str, str]], name: str) -> set[str]:
    """Return the values of a fact; a context key that a call does not have is none where its context is told."""
    is_of_context = name.startswith(_CONTEXT)
    return {
        facts.get(name, "")
        for facts in calls
        if name in facts or (is_of_context and any(one.startswith(_CONTEXT) for one in facts))
    }


def _shown(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(value for value in values if value)[:_MOST_VALUES])


def _facts(event: Event, pair: _Pair, tested: frozenset[str]) -> dict[str, str]:
    """Return what a record tells of a request that can differ from call to call; what it does not tell is left out."""
    of_caller = _facts_of_caller(event, pair, tested)
    return dict((*_facts_of_request(event), *_facts_of_key(event, pair.group.action), *of_caller))


def _facts_of_request(event: Event) -> Iterator[tuple[str, str]]:
    parameters = event.request_parameters
    if parameters:
        # the mark of a context that is told, though it may be empty
        yield _CONTEXT, ""
        for name, value in sorted(event.encryption_context.items()):
            yield f"{_CONTEXT}{name}", value
        for name, condition in _ALGORITHMS.items():
            if isinstance(algorithm := parameters.get(name), str):
                yield condition, algorithm
        if isinstance(key := parameters.get("keyId"), str):
            yield "kms:RequestAlias", key if is_alias(key) else ""
        yield "requestParameters.grantTokens", "present" if parameters.get("grantTokens") else ""
        if event.event_name == "CreateGrant":
            yield from _facts_of_grant(event)
    yield "aws:SourceVpce", event.vpc_endpoint_id or ""
    if event.source_ip_address and event.source_ip_address[0].isdigit():
        yield "aws:SourceIp", event.source_ip_address
    if event.aws_region:
        yield "aws:RequestedRegion", event.aws_region
    if event.mfa_authenticated:
        yield "aws:MultiFactorAuthPresent", event.mfa_authenticated


def _facts_of_grant(event: Event) -> Iterator[tuple[str, str]]:
    for name, condition in (
        ("granteePrincipal", "kms:GranteePrincipal"),
        ("retiringPrincipal", "kms:RetiringPrincipal"),
    ):
        value = event.request_parameters.get(name)
        yield condition, value if isinstance(value, str) else ""
    operations = event.request_parameters.get("operations")
    if isinstance(operations, list):
        yield "kms:GrantOperations", " ".join(sorted(map(str, operations)))


def _facts_of_key(event: Event, action: str) -> Iterator[tuple[str, str]]:
    key = event.key_of(action)
    if key is None or not key.startswith("arn:"):
        return
    yield "resources.ARN", key
    for name, value in (("resources.accountId", arn_account(key)), ("resources.Region", arn_region(key))):
        if value:
            yield name, value


def _facts_of_caller(event: Event, pair: _Pair, tested: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield who called: of one caller the unique id, which tells whether it was made again; else who each is.

    The name of the session, which any two runs differ in, is told where a statement tests it.
    """
    caller, principal = event.caller, event.principal_id or ""
    if pair.other is None:
        yield "aws:userid", principal if "aws:userid" in tested else principal.partition(":")[0]
    elif caller.role_arn or caller.arn:
        yield "aws:PrincipalArn", caller.role_arn or caller.arn or ""
    if pair.other is not None and caller.account:
        yield "aws:PrincipalAccount", caller.account
    yield "userIdentity.invokedBy", caller.invoked_by or ""
    if isinstance(source := event.in_scope_of.get("sourceArn"), str):
        yield "aws:SourceArn", source


def _tested(explained: Explained | None) -> frozenset[str]:
    """Return what the statements test that keep a call out, in lower case: Denies that hit, Allows that nearly do."""
    if explained is None:
        return frozenset()
    return frozenset(key for one in explained.then.statements for key in _keeping_out(one))


def _keeping_out(statement: StatementOutcome) -> Iterator[str]:
    for condition in statement.conditions:
        is_deny = statement.effect == "Deny" and statement.outcome != "no-match"
        if is_deny or (statement.effect == "Allow" and condition.outcome != "match"):
            yield condition.key.lower()


def _is_tested(name: str, tested: frozenset[str]) -> bool:
    lower = name.lower()
    return lower in tested or (lower == "useridentity.invokedby" and "kms:viaservice" in tested)
