"""Wider Allows: the statement that nearly let a caller in is widened; where there is none, one is added.

A statement nearly matches when a single thing keeps the caller out: one value of a condition, that it is not among the
principals, that the statement is about another key, or that it is for the caller alone and lacks the action. Nobody is
added to a statement that also allows to manage the key: who has to use it need not own it. Nor is a statement widened
for a whole account, which names none of its callers.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from trail_diff.model.codes import CallerKind, Matched
from trail_diff.model.decisions import ConditionOutcome, StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import compile_policies
from trail_diff.policy.decide.evaluate import evaluate
from trail_diff.policy.remedies.denies import give_value
from trail_diff.policy.remedies.guards import Guard, guard_of
from trail_diff.policy.remedies.outsiders import lets_in_others
from trail_diff.policy.remedies.patches import Draft, is_negated
from trail_diff.policy.remedies.situation import Candidate, Situation, Targets, arns_of, services_of
from trail_diff.policy.request.domains import ABSENT, Domain
from trail_diff.policy.request.interface import Decision, PolicySet, PrincipalKind, Request

_MANAGING = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey")
_BY_KEY = {"aws:sourcearn": "correct-source-arn", "kms:viaservice": "widen-via-service"}
_RISKS = {"widen-via-service": (Reason.ALLOWS_VIA_ANOTHER_SERVICE,)}
_LESS = (Reason.LEAVES_OUT_CONDITION,)
_IDENTITY = ("aws:principalarn", "aws:principalservicename", "aws:principalservicenameslist")
_ACCOUNTS = ("kms:calleraccount", "aws:principalaccount")
_MENDABLE = ("aws:sourcearn", "aws:sourceaccount", "kms:viaservice", *_IDENTITY, *_ACCOUNTS)
_CONTEXT_PREFIX, _CONTEXT_KEYS = "kms:encryptioncontext:", "kms:encryptioncontextkeys"


class _Widening(Struct, frozen=True):
    """How one request gets through one statement: by a value of a condition, or (None) as a further principal.

    `lacking`: by the key, which the statement names another of, or by the action.
    """

    request: Request
    index: int
    condition: ConditionOutcome | None = None
    lacking: Literal["resource", "action"] | None = None


def widen_allows(situation: Situation, targets: Targets) -> Iterator[Candidate]:
    """Yield the widened statements, then a statement of its own for what no statement nearly matches."""
    allowing = "allow-service-principal"
    if situation.caller.kind is not CallerKind.SERVICE_PRINCIPAL:
        allowing = "allow-caller-role"
    lacking = [(request, decision) for request, decision in targets.decided if not _has_allow(decision)]
    found = [(request, _nearest(situation, request, decision)) for request, decision in lacking]
    widenings = [widening for _request, widening in found if widening is not None]
    guards = [(request, guard_of(situation.policy, request, decision)) for request, decision in targets.decided]
    requests = [request for request, _decision in targets.decided]
    remedy_id, is_open = allowing, False
    if widenings:
        draft = Draft(situation.policy)
        for widening in widenings:
            _widen(draft, widening, situation)
        left = [request for request, widening in found if widening is None]
        draft.add_statements(_allow_guarded([one for one in guards if one[0] in left]))
        remedy_id = next(iter(_ids(widenings)), allowing)
        is_value = remedy_id != allowing
        risks = _RISKS.get(remedy_id, ()) or (() if is_value else risks_of_allowing(requests))
        is_less = any(guard.is_less for request, guard in guards if request in left)
        widened = Candidate(remedy_id, draft, (*risks, *_LESS) if is_less else risks, is_less=is_less)
        is_open = remedy_id != allowing and lets_in_others(situation, widened)
        yield widened
    if not widenings or is_open or remedy_id in _BY_KEY.values():
        draft, is_less = Draft(situation.policy), any(guard.is_less for _request, guard in guards)
        draft.add_statements(_allow_guarded(guards))
        yield Candidate(allowing, draft, (*risks_of_allowing(requests), *(_LESS if is_less else ())), is_less=is_less)


def _allow_guarded(guards: Sequence[tuple[Request, Guard]]) -> tuple[dict[str, Any], ...]:
    """Make the statements that allow the callers what they asked for, by the conditions that their own ones have."""
    alike: dict[Guard, list[Request]] = {}
    for request, guard in guards:
        alike.setdefault(guard, []).append(request)
    return tuple(guard.put_on(one) for guard, requests in alike.items() for one in allow_callers(requests))


def allow_callers(requests: Sequence[Request]) -> tuple[dict[str, Any], ...]:
    """Make the statements that allow the callers what they asked for, and no more.

    Grants that were asked for on behalf of a service's resource are allowed for such only.
    """
    of_resources = [request for request in requests if _grants_for_resource(request)]
    others = [request for request in requests if request not in of_resources]
    statements = [_allow("AllowCaller", others)] if others else []
    if of_resources:
        statements.append({**_allow("AllowGrantsForAWSResources", of_resources), "Condition": FOR_RESOURCES})
    return tuple(statements)


FOR_RESOURCES = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
"""The condition by which a service may make grants for its resources on a caller's behalf, and the caller none itself
(KMS Developer Guide, "Condition keys": kms:GrantIsForAWSResource)."""


def _allow(sid: str, requests: Sequence[Request]) -> dict[str, Any]:
    principal = {"Service": services_of(requests), "AWS": arns_of(requests)}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {kind: names[0] if len(names) == 1 else list(names) for kind, names in principal.items() if names},
        "Action": sorted({request.action for request in requests}),
        "Resource": "*",
    }


def _grants_for_resource(request: Request) -> bool:
    """Check whether a request is a CreateGrant that a service makes for a resource of its own."""
    if request.action != "kms:CreateGrant":
        return False
    policies = compile_policies(
        PolicySet.assuming_no_limits({"Statement": [{**_allow("Asked", [request]), "Condition": FOR_RESOURCES}]}, ())
    )
    return evaluate(request, policies).statements[0].outcome == "match"


def risks_of_allowing(requests: Sequence[Request]) -> tuple[Reason, ...]:
    """Return what an Allow for these callers brings with it."""
    service = Reason.ALLOWS_SERVICE_FOR_ANYONE
    sources = [one.context.get("aws:SourceAccount") for one in requests]
    if all(isinstance(one, Domain) and one.members == (ABSENT,) for one in sources):
        service = Reason.SERVICE_SENDS_NO_SOURCE
    risks = ((service, services_of(requests)), (Reason.ALLOWS_ANY_ROLE_SESSION, arns_of(requests)))
    return tuple(risk for risk, callers in risks if callers)


def _ids(widenings: Sequence[_Widening]) -> Iterator[str]:
    for widening in widenings:
        key = widening.condition.key.lower() if widening.condition is not None else ""
        if is_of_context(key):
            yield "widen-encryption-context"
        elif key in _BY_KEY:
            yield _BY_KEY[key]


def is_of_context(key: str) -> bool:
    """Check whether a condition key is about the encryption context: a value of it, or which keys it has."""
    return key.startswith(_CONTEXT_PREFIX) or key == _CONTEXT_KEYS


def _has_allow(decision: Decision) -> bool:
    """Check whether something allows the caller itself; what lets its account decide leaves it to other policies."""
    return any(
        one.effect == "Allow" and one.outcome == "match" and Reason.PRINCIPAL_ACCOUNT_MATCHES not in one.reasons
        for one in decision.statements
    )


def _nearest(situation: Situation, request: Request, decision: Decision) -> _Widening | None:
    """Return the statement that one change lets the request through, a value of a condition before a principal."""
    allows = [one for one in decision.statements if one.layer == "key-policy" and one.effect == "Allow"]
    for statement in allows:
        failing = _failing(statement)
        if failing is not None:
            widening = _Widening(request, statement.index, failing)
            is_narrow = failing.key.lower() not in _ACCOUNTS or _is_narrow(situation, widening)
            if is_narrow and _outcome(situation, widening) != "no-match":
                return widening
    for statement in sorted(allows, key=lambda one: -_narrowness(situation, one.index)):
        by_scope = _by_scope(situation, request, statement)
        if by_scope is None or _allows_managing(situation, statement.index):
            continue
        if _grants_for_resource(request) and not _is_for_resources(situation, statement.index):
            continue
        if _lets_in(situation, by_scope):
            return by_scope
    return None


def _is_for_resources(situation: Situation, index: int) -> bool:
    """Check whether a statement lets grants be made for services' resources only: who joins it makes none itself."""
    condition = Draft(situation.policy).statement(index).get("Condition")
    tests = (one for one in condition.values() if isinstance(one, dict)) if isinstance(condition, dict) else ()
    return any(str(key).lower() == "kms:grantisforawsresource" for test in tests for key in test)


def _by_scope(situation: Situation, request: Request, statement: StatementOutcome) -> _Widening | None:
    """Return how a request gets through a statement about another caller, another key, or other actions of its own."""
    index = statement.index
    if statement.outcome == "unknown" and statement.reasons == (Reason.SERVICE_NAME_FORM,):
        return _Widening(request, index)
    if statement.outcome != "no-match":
        return None
    match statement.reasons:
        case (Reason.RESOURCE_DIFFERS,):
            return _Widening(request, index, lacking="resource")
        case (Reason.ACTION_DIFFERS,) if _is_alone(situation, request, index):
            return _Widening(request, index, lacking="action")
        case (Reason.PRINCIPAL_DIFFERS,):
            return _Widening(request, index)
        case _:
            return None


def _is_alone(situation: Situation, request: Request, index: int) -> bool:
    """Check whether a statement names nobody but the caller: who else is listed may not come by another action."""
    named = Draft(situation.policy).statement(index).get("Principal")
    kinds = named.values() if isinstance(named, dict) else ()
    listed = [one for names in kinds for one in (names if isinstance(names, list) else [names])]
    own = {name for name in (request.principal.name, request.principal.role_arn) if name}
    return len(listed) == 1 and listed[0] in own


def _is_narrow(situation: Situation, widening: _Widening) -> bool:
    """Check whether a widening lets in nobody but the caller."""
    draft = Draft(situation.policy)
    _widen(draft, widening, situation)
    return not lets_in_others(situation, Candidate("", draft))


def _failing(statement: StatementOutcome) -> ConditionOutcome | None:
    """Return the one condition that keeps the call out, if a value of it can be corrected."""
    failing = [one for one in statement.conditions if one.outcome != "match"]
    if len(failing) != 1 or is_negated(failing[0].operator):
        return None
    key = failing[0].key.lower()
    # of "any value" it is not known which one is meant; and a value that is not sent cannot be listed
    is_listable = failing[0].actual is not None and not failing[0].operator.lower().startswith("foranyvalue:")
    return failing[0] if key in _MENDABLE or (is_of_context(key) and is_listable) else None


def _lets_in(situation: Situation, widening: _Widening) -> bool:
    """Check whether a statement would match a request if it were widened; by its scope only if nobody else gets in."""
    lets_in = _outcome(situation, widening) == "match"
    return lets_in and (widening.lacking is None or _is_narrow(situation, widening))


def _outcome(situation: Situation, widening: _Widening) -> Matched:
    """Return what a statement would be for a request if it were widened; it stays no match where nothing is to widen.

    A value that is not sent, or that is listed already, lets nobody in.
    """
    draft = Draft(situation.policy)
    _widen(draft, widening, situation)
    policies = compile_policies(PolicySet.assuming_no_limits(draft.policy, situation.grants))
    own = (
        one.outcome
        for one in evaluate(widening.request, policies).statements
        if one.index == widening.index and one.layer == "key-policy"
    )
    return next(own, "no-match") if draft.steps else "no-match"


def _allows_managing(situation: Situation, index: int) -> bool:
    """Check whether a statement allows more than the use of a key, whoever it is about."""
    statement = {**Draft(situation.policy).statement(index), "Principal": "*", "Resource": "*"}
    statement.pop("NotResource", None)
    statement.pop("Condition", None)
    policies = compile_policies(PolicySet.assuming_no_limits({"Statement": [statement]}, ()))
    observed = situation.observed[0].request
    return any(
        evaluate(Request(observed.principal, action, observed.resource), policies).statements[0].outcome != "no-match"
        for action in _MANAGING
    )


def _narrowness(situation: Situation, index: int) -> int:
    condition = Draft(situation.policy).statement(index).get("Condition")
    return len(condition) if isinstance(condition, dict) else 0


def _widen(draft: Draft, widening: _Widening, situation: Situation) -> None:
    principal, condition = widening.request.principal, widening.condition
    is_service = principal.kind is PrincipalKind.SERVICE
    name = principal.name if is_service else principal.role_arn or principal.name
    if widening.lacking is not None:
        is_action = widening.lacking == "action"
        name = widening.request.action if is_action else widening.request.resource
        draft.add_to(widening.index, "Action" if is_action else "Resource", name)
        return
    if condition is None:
        draft.add_principal(widening.index, "Service" if is_service else "AWS", name)
        return
    actual = condition.actual
    key = condition.key.lower()
    if key in _IDENTITY:
        actual = name
    elif actual is None and key == "aws:sourceaccount":
        actual = situation.account
    elif actual is None and key == "aws:sourcearn":
        actual = _source_of(widening.request)
    give_value(draft, widening.index, condition.operator, condition.key, actual)


def _source_of(request: Request) -> str | None:
    """Return the ARN that a request has as its source if it has any."""
    domain = request.context.get("aws:SourceArn")
    members = domain.members if isinstance(domain, Domain) else ()
    return next((one for one in members if isinstance(one, str)), None)
