"""Which changes of a key policy to try: those that may help, and the tempting ones that people try first.

A change narrows each Deny that hits the callers to be helped, or adds or widens an Allow; it never removes a statement.
Whether it helps is for the replay to say.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import ConditionOutcome, StatementOutcome
from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.decide.evaluate import evaluate
from trail_diff.policy.remedies.patches import Draft
from trail_diff.policy.request.interface import Decision, PrincipalKind, Request

_DEFAULT_ROLE = "service-role/AWSBackupDefaultServiceRole"
_NEEDS_ALLOW = (Reason.NEEDS_ALLOW_AS_WELL,)
_MISPLACED_SERVICE = re.compile(r"\Aarn:(aws[a-z-]*)::([a-z0-9-]+):([a-z0-9*-]*:[0-9*]*:.+)\Z")


class ObservedCall(Struct, frozen=True):
    """One distinct request that was seen, how often, and whether it ever succeeded; `is_target`: it has to be fixed."""

    label: str
    request: Request
    calls: int
    succeeded: bool
    is_target: bool


class Situation(Struct, frozen=True):
    """What remedies start from: the policy in force, who is to be helped, and everything that was seen."""

    policy: Mapping[str, Any]
    grants: tuple[Mapping[str, Any], ...] | None
    statement: int | None
    caller: Caller
    action: str
    job_role: str | None
    account: str | None
    observed: tuple[ObservedCall, ...]


class Candidate(Struct, frozen=True):
    """A change to try. `risks` hold when it helps, `why_not` when it does not; only what is offered gets an Allow."""

    id: str
    draft: Draft
    risks: tuple[Reason, ...] = ()
    why_not: tuple[Reason, ...] = ()
    is_offered: bool = True


class _Targets(Struct, frozen=True):
    """The calls to be helped, as the policy in force decides them: by which statements, made by whom."""

    decided: tuple[tuple[Request, Decision], ...]
    denies: tuple[int, ...]
    services: tuple[str, ...]
    arns: tuple[str, ...]


def find_candidates(situation: Situation, policies: CompiledPolicies) -> Iterator[Candidate]:
    """Yield the changes to try, the narrowest first, the tempting ones last."""
    targets = _find_targets(situation, policies)
    if targets.denies:
        yield from _narrower_denies(situation, targets)
    else:
        yield from _wider_allows(situation, targets)
        yield _missing_allow(situation)
    if targets.denies:
        yield from _tempting(situation, targets)


def allow_callers(requests: Sequence[Request]) -> dict[str, Any]:
    """Make the statement that allows the callers what they asked for, and no more."""
    principal = {"Service": _services(requests), "AWS": _arns(requests)}
    return {
        "Sid": "AllowCaller",
        "Effect": "Allow",
        "Principal": {kind: names[0] if len(names) == 1 else list(names) for kind, names in principal.items() if names},
        "Action": sorted({request.action for request in requests}),
        "Resource": "*",
    }


def risks_of_allowing(requests: Sequence[Request]) -> tuple[Reason, ...]:
    """Return what an Allow for these callers brings with it."""
    service = (Reason.ALLOWS_SERVICE_FOR_ANYONE,) if _services(requests) else ()
    return service + ((Reason.ALLOWS_ANY_ROLE_SESSION,) if _arns(requests) else ())


def _find_targets(situation: Situation, policies: CompiledPolicies) -> _Targets:
    requests = [call.request for call in situation.observed if call.is_target]
    decided = tuple((request, evaluate(request, policies)) for request in requests)
    hit = [request for request, decision in decided if any(_denying(decision))]
    indexes = {statement.index for _request, decision in decided for statement in _denying(decision)}
    named = {situation.statement} if situation.statement is not None else set()
    return _Targets(decided, tuple(sorted(indexes | named)), _services(hit), _arns(hit))


def _denying(decision: Decision) -> Iterator[StatementOutcome]:
    for statement in decision.statements:
        if statement.layer == "key-policy" and statement.effect == "Deny" and statement.outcome == "match":
            yield statement


def _services(requests: Sequence[Request]) -> tuple[str, ...]:
    return tuple(sorted({one.principal.name for one in requests if one.principal.kind is PrincipalKind.SERVICE}))


def _arns(requests: Sequence[Request]) -> tuple[str, ...]:
    principals = [one.principal for one in requests if one.principal.kind is not PrincipalKind.SERVICE]
    return tuple(sorted({name for one in principals if (name := one.role_arn or one.name)}))


def _narrower_denies(situation: Situation, targets: _Targets) -> Iterator[Candidate]:
    """Yield the changes that spare whom the Denies hit; roles beside a service are spared by their own ARNs."""
    yield from _narrowed_by_source(situation, targets)
    draft = Draft(situation.policy)
    if targets.services:
        for index in targets.denies:
            draft.except_values(index, "StringNotEqualsIfExists", "aws:PrincipalServiceName", targets.services)
        yield _spare(draft, "exempt-this-service", targets, _NEEDS_ALLOW)
    if targets.services and situation.account:
        draft = Draft(situation.policy)
        for index in targets.denies:
            draft.except_values(index, "StringNotEquals", "aws:SourceAccount", [situation.account])
        yield _spare(draft, "exempt-by-source-account", targets, (Reason.SOURCE_ACCOUNT_NOT_ALWAYS_SENT, *_NEEDS_ALLOW))
        draft = _with_condition(situation, targets, "Null", "aws:PrincipalArn")
        yield _spare(draft, "require-principal-arn", targets, (Reason.PRINCIPAL_ARN_FORM_UNDOCUMENTED,))
    if targets.arns:
        risks = (Reason.ALLOWS_ANY_ROLE_SESSION, *_NEEDS_ALLOW)
        yield _spare(Draft(situation.policy), "exempt-caller-role", targets, risks)
    is_role = situation.caller.kind is not CallerKind.SERVICE_PRINCIPAL
    draft = _with_condition(situation, targets, "BoolIfExists", "aws:PrincipalIsAWSService")
    risks = (Reason.EXEMPTS_EVERY_SERVICE, *_NEEDS_ALLOW)
    if targets.services:
        yield _spare(draft, "exempt-service-principals", targets, risks)
    else:
        why_not = (Reason.CALLER_IS_NOT_A_SERVICE_PRINCIPAL,) if is_role else ()
        yield Candidate("exempt-service-principals", draft, risks, why_not)


def _spare(draft: Draft, remedy_id: str, targets: _Targets, risks: tuple[Reason, ...]) -> Candidate:
    """Spare the roles that are hit as well, so that the change helps everyone it is for."""
    if targets.arns:
        for index in targets.denies:
            draft.except_values(index, "ArnNotEquals", "aws:PrincipalArn", targets.arns)
    return Candidate(remedy_id, draft, risks)


def _with_condition(situation: Situation, targets: _Targets, operator: str, key: str) -> Draft:
    draft = Draft(situation.policy)
    for index in targets.denies:
        draft.add_condition(index, operator, key, "false")
    return draft


def _narrowed_by_source(situation: Situation, targets: _Targets) -> Iterator[Candidate]:
    for remedy_id, key, risks in _BY_SOURCE:
        draft = Draft(situation.policy)
        for _request, decision in targets.decided:
            for statement in _denying(decision):
                for condition in statement.conditions:
                    if condition.key.lower() == key and condition.reason is Reason.VALUE_DIFFERS:
                        _give_value(draft, statement, condition)
        if draft.steps:
            yield Candidate(remedy_id, draft, risks)


def _wider_allows(situation: Situation, targets: _Targets) -> Iterator[Candidate]:
    """Widen an Allow that covers the caller but for one tested value."""
    for remedy_id, key, risks in _BY_SOURCE:
        draft = Draft(situation.policy)
        for _request, decision in targets.decided:
            for statement in decision.statements:
                if statement.effect != "Allow" or statement.layer != "key-policy":
                    continue
                failing = [one for one in statement.conditions if one.outcome != "match"]
                if len(failing) == 1 and failing[0].key.lower() == key:
                    _give_value(draft, statement, failing[0])
        if draft.steps:
            yield Candidate(remedy_id, draft, risks)


_BY_SOURCE = (
    ("correct-source-arn", "aws:sourcearn", ()),
    ("widen-via-service", "kms:viaservice", (Reason.ALLOWS_VIA_ANOTHER_SERVICE,)),
)


def _give_value(draft: Draft, statement: StatementOutcome, condition: ConditionOutcome) -> None:
    """Correct the values that a condition lists, or add the one that the request has."""
    listed = draft.values_of(statement.index, condition.operator, condition.key)
    values = [_MISPLACED_SERVICE.sub(r"arn:\1:\2:\3", value) for value in listed]
    if values == listed and isinstance(condition.actual, str) and condition.actual not in listed:
        values.append(condition.actual)
    if values != listed:
        draft.replace_values(statement.index, condition.operator, condition.key, values)


def _missing_allow(situation: Situation) -> Candidate:
    requests = [call.request for call in situation.observed if call.is_target]
    draft = Draft(situation.policy)
    draft.add_statement(allow_callers(requests))
    is_service = situation.caller.kind is CallerKind.SERVICE_PRINCIPAL
    return Candidate(
        "allow-service-principal" if is_service else "allow-caller-role", draft, risks_of_allowing(requests)
    )


def _tempting(situation: Situation, targets: _Targets) -> Iterator[Candidate]:
    """Yield what people try first; whether it helps is decided by the replay as for any other."""
    account = situation.account or next(iter(_accounts(situation)), "000000000000")
    role = situation.job_role or f"arn:aws:iam::{account}:role/{_DEFAULT_ROLE}"
    name = role.rsplit("/", 1)[-1]
    is_the_role = role == situation.caller.role_arn
    not_the_role = () if is_the_role else (Reason.CALLER_IS_NOT_THE_ROLE,)
    not_the_session = (Reason.SESSION_ARN_NEVER_TESTED,) if is_the_role else not_the_role
    session = f"arn:aws:sts::{account}:assumed-role/{name}/AWSBackup-{name}"
    for remedy_id, arn, why_not in (
        ("add-backup-role", role, not_the_role),
        ("add-session-arn", session, not_the_session),
    ):
        draft = Draft(situation.policy)
        for index in targets.denies:
            draft.except_principal(index, arn)
        yield Candidate(remedy_id, draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    draft.add_statement({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"})
    yield Candidate("allow-role-everything", draft, why_not=(Reason.DENY_WINS,), is_offered=False)
    is_service = situation.caller.kind is CallerKind.SERVICE_PRINCIPAL
    why_not = (Reason.CALLER_IS_A_SERVICE_PRINCIPAL,) if is_service else ()
    draft = _with_condition(situation, targets, "BoolIfExists", "aws:ViaAWSService")
    yield Candidate("via-aws-service", draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    for index in targets.denies:
        draft.rename_operators(index)
    yield Candidate("if-exists-operator", draft, why_not=(Reason.ABSENT_KEY_STILL_MATCHES,), is_offered=False)


def _accounts(situation: Situation) -> list[str]:
    return [account for call in situation.observed if (account := call.request.resource_account)]
