"""Narrower Denies: each spares the callers that the guilty statements hit, and keeps everything else they say.

A value that a condition lists wrongly is corrected where it stands; else a condition is added. The statement keeps its
principals, its actions and its other conditions.
"""

import re
from collections.abc import Iterator

from trail_diff.model.codes import CallerKind
from trail_diff.model.reasons import Reason
from trail_diff.policy.remedies.patches import Draft, is_negated
from trail_diff.policy.remedies.situation import Candidate, Situation, Targets, assumed_denies, denying
from trail_diff.policy.request.interface import PrincipalKind

_SOURCE_ARN, _VIA_SERVICE, _CONTEXT = "aws:sourcearn", "kms:viaservice", "kms:encryptioncontext:"
_MISPLACED_SERVICE = re.compile(r"\Aarn:(aws[a-z-]*)::([a-z0-9-]+):([a-z0-9*-]*:[0-9*]*:.+)\Z")
_BY_SOURCE: tuple[tuple[str, str, tuple[Reason, ...]], ...] = (
    ("correct-source-arn", _SOURCE_ARN, ()),
    ("widen-via-service", _VIA_SERVICE, (Reason.ALLOWS_VIA_ANOTHER_SERVICE,)),
    ("widen-encryption-context", _CONTEXT, ()),
)


def narrow_denies(situation: Situation, targets: Targets) -> Iterator[Candidate]:
    """Yield the changes that spare whom the Denies hit; roles beside a service are spared by their own ARNs."""
    yield from _correct_values(situation, targets)
    if targets.services:
        yield _exempt_names(situation, targets)
    if targets.services and situation.account:
        draft = Draft(situation.policy)
        for index in targets.denies:
            draft.except_values(index, "StringNotEquals", "aws:SourceAccount", [situation.account])
        yield _spare(draft, "exempt-by-source-account", targets, (Reason.SOURCE_ACCOUNT_NOT_ALWAYS_SENT,))
        draft = with_condition(situation, targets, "Null", "aws:PrincipalArn")
        yield _spare(draft, "require-principal-arn", targets, (Reason.PRINCIPAL_ARN_FORM_UNDOCUMENTED,))
    if targets.arns:
        yield _spare(Draft(situation.policy), "exempt-caller-role", targets, (Reason.ALLOWS_ANY_ROLE_SESSION,))
    draft = with_condition(situation, targets, "BoolIfExists", "aws:PrincipalIsAWSService")
    risks = (Reason.EXEMPTS_EVERY_SERVICE,)
    if targets.services:
        yield _spare(draft, "exempt-service-principals", targets, risks)
    else:
        is_role = situation.caller.kind is not CallerKind.SERVICE_PRINCIPAL
        why_not = (Reason.CALLER_IS_NOT_A_SERVICE_PRINCIPAL,) if is_role else ()
        yield Candidate("exempt-service-principals", draft, risks, why_not)


def with_condition(situation: Situation, targets: Targets, operator: str, key: str) -> Draft:
    """Add a test for "false" to each Deny."""
    draft = Draft(situation.policy)
    for index in targets.denies:
        draft.add_condition(index, operator, key, "false")
    return draft


def _exempt_names(situation: Situation, targets: Targets) -> Candidate:
    """Spare services by their names, in the list of names that the statement has, if any."""
    draft = Draft(situation.policy)
    for index in targets.denies:
        operator, key = "StringNotEqualsIfExists", "aws:PrincipalServiceName"
        if draft.has_test(index, "ForAllValues:StringNotEquals", "aws:PrincipalServiceNamesList"):
            operator, key = "ForAllValues:StringNotEquals", "aws:PrincipalServiceNamesList"
        draft.except_values(index, operator, key, targets.services)
    inferred = any(
        request.principal.kind is PrincipalKind.SERVICE and request.principal.grade == "inferred"
        for request, _decision in targets.decided
    )
    return _spare(draft, "exempt-this-service", targets, (Reason.SERVICE_NAME_INFERRED,) if inferred else ())


def _spare(draft: Draft, remedy_id: str, targets: Targets, risks: tuple[Reason, ...]) -> Candidate:
    """Spare the roles that are hit as well, so that the change helps everyone it is for."""
    if targets.arns:
        for index in targets.denies:
            draft.except_values(index, "ArnNotEquals", "aws:PrincipalArn", targets.arns)
    return Candidate(remedy_id, draft, risks)


def _correct_values(situation: Situation, targets: Targets) -> Iterator[Candidate]:
    """Yield the changes that correct what a negated condition lists."""
    assumed = assumed_denies(situation)
    for remedy_id, key, risks in _BY_SOURCE:
        draft = Draft(situation.policy)
        for _request, decision in targets.decided:
            for statement in denying(decision, assumed):
                for condition in statement.conditions:
                    is_wrong = condition.outcome == "unknown" or condition.reason in _DIFFERING
                    is_meant = condition.key.lower().startswith(key) and is_negated(condition.operator)
                    if is_meant and is_wrong:
                        give_value(draft, statement.index, condition.operator, condition.key, condition.actual)
        if draft.steps:
            yield Candidate(remedy_id, draft, risks)


_DIFFERING = (Reason.VALUE_DIFFERS, Reason.OPAQUE_VALUE_DIFFERS)


def give_value(draft: Draft, index: int, operator: str, key: str, actual: str | tuple[str, ...] | None) -> None:
    """Correct the values that a condition lists, or add the one that the request has."""
    listed = draft.values_of(index, operator, key)
    values = [_MISPLACED_SERVICE.sub(r"arn:\1:\2:\3", value) for value in listed]
    if values == listed:
        given = (actual,) if isinstance(actual, str) else actual or ()
        values += [value for value in given if value not in listed]
    if values != listed:
        draft.replace_values(index, operator, key, values)
