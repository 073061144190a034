"""Hypotheses about the key policy in force: each statement that denies or could deny the call, and the missing Allow.

The decision holds for the very call that the succeeded job made. That today's policy allows a call rules nothing out:
it may have been repaired since. What the policy under which the call worked says of a statement is for the rules of
evidence to judge.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from trail_diff.diagnosis.diff import is_expected
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.held_grants import find_held
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, Standing, refuted
from trail_diff.diagnosis.hypotheses.refused_calls import THROTTLING_ERRORS, may_be_refused
from trail_diff.diagnosis.key_history import policies_of_second
from trail_diff.diagnosis.policy_spans import blamed_in, span_of
from trail_diff.diagnosis.statements import altered_allow, applying_allows, lost_allows, nearest_allow
from trail_diff.events.denials import is_denial_code
from trail_diff.events.relayed import ANY_ACTION, STATE_ERRORS
from trail_diff.model.codes import Cause, Confidence
from trail_diff.model.decisions import CallerDecision, StatementOutcome, StatementRef
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Evidence, RestsOn

TEXTS: Mapping[Cause, CauseText] = {
    Cause.KEY_POLICY_EXPLICIT_DENY: CauseText(
        means="A Deny statement of the key policy matches the caller, or could.",
        evidence="The message of a refused call names a resource-based policy; or the policy in force (the last "
        "PutKeyPolicy before the job, else the one given) denies the missing call. A Deny that no record "
        "decides is a suspect: likely when it came to the policy between the jobs and nothing else is left, "
        "else possible; cleared when the same call worked under it.",
        helps="Narrow the Deny: exempt the one service, AWS services, or the role. Each is replayed; what would not "
        "help is listed.",
        remedies=(
            "exempt-this-service",
            "exempt-service-principals",
            "exempt-by-source-account",
            "require-principal-arn",
            "exempt-caller-role",
            "correct-source-arn",
            "widen-via-service",
            "widen-encryption-context",
            "send-encryption-context",
            "use-customer-managed-key",
        ),
    ),
    Cause.KEY_POLICY_NO_ALLOW: CauseText(
        means="Nothing in the key policy allows the caller, and no grant does.",
        evidence="A refused call's message says that no resource-based policy allows it; or the policy in force allows "
        "nothing and the grants were given. Likely, without the grants, when the Allow of the policy before "
        "is gone or altered in the one in force.",
        helps="Allow the service principal or the role in the key policy, or create the grant. A role of another "
        "account needs an identity policy there as well.",
        remedies=(
            "allow-service-principal",
            "allow-caller-role",
            "allow-in-identity-policy",
            "widen-via-service",
            "correct-source-arn",
            "widen-encryption-context",
            "send-encryption-context",
            "create-grant",
            "restore-statement",
            "use-customer-managed-key",
        ),
    ),
}


def propose_key_policy(examined: Examined) -> Iterator[Hypothesis]:
    """Propose what the policy in force may do to each caller that is missing or was refused without a stated layer."""
    is_open = allowed = 0
    for group in examined.driving:
        explained = examined.explain(group)
        if explained is None:
            continue
        stated = _stated_layers(examined, group)
        if stated:
            yield from _suspects(examined, explained) if stated == {("explicit-deny", "key-policy")} else ()
            continue
        codes = group.failed.error_codes
        if _is_left_open(group):
            yield from _denies(examined, explained)
            continue
        if codes and not any(is_denial_code(code) or code in THROTTLING_ERRORS for code in codes):
            continue  # the records tell how the calls ended, and no policy had a part in that
        if explained.then.decision == "allowed" and explained.policy is not None and not explained.policy.is_todays:
            allowed += 1
        for hypothesis in (*_denies(examined, explained), *_missing_allow(examined, explained)):
            is_open += hypothesis.standing != "refuted"
            yield hypothesis
    if allowed and not is_open:
        yield refuted(Cause.KEY_POLICY_EXPLICIT_DENY, (Reason.POLICY_ALLOWS_CALLER,))
        yield refuted(Cause.KEY_POLICY_NO_ALLOW, (Reason.POLICY_ALLOWS_CALLER,))


def _is_left_open(group: CallerGroup) -> bool:
    """Check whether a service only says that it could not use the key: neither which call failed, nor of what."""
    return group.action == ANY_ACTION and not any(code in STATE_ERRORS for code in group.failed.error_codes)


def _suspects(examined: Examined, explained: Explained) -> Iterator[Hypothesis]:
    """Yield each Deny that a record of a refusal can speak of, where no decision and no other Deny tells which."""
    found = [one for one in _denies(examined, explained) if one.standing != "refuted"]
    if len(found) > 1 and all(one.standing == "possible" for one in found):
        yield from found


class _Claim(Struct, frozen=True):
    """What is claimed of a policy, before it is known whose policy it is and when it was put."""

    cause: Cause
    standing: Standing
    statement: StatementRef | None
    reasons: tuple[Reason, ...]
    rests_on: tuple[RestsOn, ...] = ()
    at_most: Confidence = "confirmed"


def _denies(examined: Examined, explained: Explained) -> Iterator[Hypothesis]:
    """Yield each Deny of the policy that is about the caller and the action: it denies, could deny, or cannot."""
    cause = Cause.KEY_POLICY_EXPLICIT_DENY
    for one in explained.then.statements:
        if one.layer != "key-policy" or one.effect != "Deny":
            continue
        reference = StatementRef(one.index, one.sid)
        match one.outcome:
            case "no-match":
                reasons = tuple(dict.fromkeys(c.reason for c in one.conditions if c.outcome == "no-match"))
                if reasons:
                    evidence = evidence_in_policy(explained, reference)
                    yield refuted(cause, reasons, key=explained.key, statement=reference, evidence=evidence)
                continue
            case "match" if one.grade == "inferred":
                reasons = (Reason.STATEMENT_DENIES, Reason.RESTS_ON_INFERENCE)
                claim = _Claim(cause, "likely", reference, reasons, _rests_on(one))
            case "match":
                claim = _Claim(cause, "confirmed", reference, (Reason.STATEMENT_DENIES,), _rests_on(one))
            case _:
                at_most: Confidence = "possible" if _is_remote(examined, one) else "likely"
                reasons = (Reason.STATEMENT_MAY_DENY,)
                claim = _Claim(cause, "possible", reference, reasons, _rests_on(one), at_most)
        yield _make(examined, explained, claim)


_SOURCES = ("aws:sourceaccount", "aws:sourcearn")


def _is_remote(examined: Examined, statement: StatementOutcome) -> bool:
    """Check whether a Deny that is not decided hits only by a chance that nothing speaks for.

    A positive operator needs the one value that it names; a negated one over the source of the call names the job's own
    account, which is what a service sends that sends any (IAM user guide, "The confused deputy problem").
    """
    for one in statement.conditions:
        if one.outcome != "unknown":
            continue
        is_positive = "not" not in one.operator.lower() and not one.operator.lower().endswith(("ifexists", "null"))
        if is_positive and not one.operator.lower().startswith("forallvalues"):
            return True
    return _names_own_source(examined, statement)


def _names_own_source(examined: Examined, statement: StatementOutcome) -> bool:
    """Check whether what keeps a statement undecided is that the call comes for the job's own account."""
    account = examined.case.failed.job.account
    return account is not None and any(
        one.outcome == "unknown" and one.key.lower() in _SOURCES and any(account in value for value in one.expected)
        for one in statement.conditions
    )


def _missing_allow(examined: Examined, explained: Explained) -> Iterator[Hypothesis]:
    """Yield that nothing allows the call: certain, or open where grants or conditions that are not known decide."""
    then = explained.then
    lost = altered_allow(explained)
    cause = Cause.KEY_POLICY_NO_ALLOW
    held = find_held(examined, explained.group) if explained.key == explained.group.key else None
    if held is not None and then.decision in ("undetermined", "explicit-deny"):
        yield refuted(cause, (Reason.GRANT_ALLOWS,), key=explained.key, evidence=(held,))
    elif then.decision == "implicit-deny" and then.layer == "key-policy":
        reasons: tuple[Reason, ...] = (Reason.NO_KEY_POLICY_ALLOW,)
        is_inferred = then.grade == "inferred"
        reasons += (Reason.RESTS_ON_INFERENCE,) if is_inferred else ()
        claim = _Claim(cause, "likely" if is_inferred else "confirmed", lost or nearest_allow(then), reasons)
        yield _make(examined, explained, claim)
    elif _lost_allow(explained):
        yield _make(examined, explained, _Claim(cause, "likely", lost, (Reason.POLICY_LOST_ALLOW,)))
    elif _may_lack_allow(explained):
        open_ones = [one for one in applying_allows(then) if one.outcome == "unknown"]
        rests_on = tuple(rest for one in open_ones for rest in _rests_on(one))
        reference = lost or next((StatementRef(one.index, one.sid) for one in open_ones), nearest_allow(then))
        reason = Reason.GRANTS_NOT_GIVEN if then.decision == "undetermined" else Reason.POLICY_LOST_ALLOW
        is_remote = any(_names_own_source(examined, one) for one in open_ones)
        at_most: Confidence = "possible" if is_remote else "likely"
        reasons = (Reason.ALLOW_MAY_NOT_APPLY if open_ones else reason,)
        standing: Standing = "possible" if _was_answered(examined, explained.group) else "open"
        yield _make(examined, explained, _Claim(cause, standing, reference, reasons, rests_on, at_most))


def _was_answered(examined: Examined, group: CallerGroup) -> bool:
    """Check whether a call that no record shows is one that a service answered for: a call of its API failed."""
    return is_expected(group) and examined.case.failed.job.kind == "window"


def _may_lack_allow(explained: Explained) -> bool:
    """Check whether it is open that something allows the call; beside a Deny that matches only where an Allow is lost.

    That Deny may turn out to be innocent.
    """
    then = explained.then
    if _has_allow(then) or _may_be_allowed_by_identity(then):
        return False
    return then.decision == "undetermined" or (then.decision == "explicit-deny" and bool(lost_allows(explained)))


_NOT_OF_THE_POLICY = frozenset(
    {Reason.GRANTS_NOT_GIVEN, Reason.IDENTITY_POLICIES_NOT_GIVEN, Reason.GRANT_ACROSS_ACCOUNTS}
)
"""What keeps a decision open though the key policy itself is decided."""


def _lost_allow(explained: Explained) -> bool:
    """Check whether the policy before allowed the caller itself and the one in force does not.

    Whatever else is not known: that the account may decide, by policies of the caller's own, is no such Allow.
    """
    then, before = explained.then, explained.before
    if then.decision != "undetermined" or before is None or not set(then.reasons) <= _NOT_OF_THE_POLICY:
        return False
    is_open = any(one.outcome == "unknown" for one in then.statements if one.layer == "key-policy")
    return not is_open and _has_own_allow(before) and not _has_own_allow(then)


def _has_own_allow(decision: CallerDecision) -> bool:
    matching = (one for one in applying_allows(decision) if one.outcome == "match")
    return any(Reason.PRINCIPAL_ACCOUNT_MATCHES not in one.reasons for one in matching)


def _has_allow(decision: CallerDecision) -> bool:
    return any(one.outcome == "match" for one in applying_allows(decision))


def _may_be_allowed_by_identity(decision: CallerDecision) -> bool:
    """Check whether the caller's own policies, which nobody gave, may allow the call: the key policy delegates.

    Those of another account allow nothing by themselves, nor do any beside statements that name the caller or everyone.
    """
    open_ones = {Reason.IDENTITY_POLICIES_NOT_GIVEN, Reason.GRANT_ACROSS_ACCOUNTS} & set(decision.reasons)
    delegates = any(Reason.PRINCIPAL_ACCOUNT_MATCHES in one.reasons for one in applying_allows(decision))
    return open_ones == {Reason.IDENTITY_POLICIES_NOT_GIVEN} and delegates


def _make(examined: Examined, explained: Explained, claim: _Claim) -> Hypothesis:
    group, is_todays = explained.group, explained.policy is not None and explained.policy.is_todays
    told, standing, at_most = _doubt_policy(examined, explained, claim)
    is_refused = any(map(is_denial_code, group.failed.error_codes))
    if _is_left_open(group):
        standing = "likely" if standing == "confirmed" else standing
        at_most = "likely" if at_most == "confirmed" else at_most
    elif group.failed.errors and not is_refused:
        standing = at_most = "possible"  # throttled: what a policy would have done to the call is in no record
    if not may_be_refused(examined, group):
        told.append(Reason.DENIAL_WOULD_BE_LOGGED)
        standing = "possible" if standing in ("confirmed", "likely") else "open"
    if is_refused or not group.failed.errors:
        told.append(Reason.CALLER_REFUSED if is_refused else Reason.CALLER_MISSING)
    return Hypothesis(
        cause=claim.cause,
        standing=standing,
        caller=group.caller,
        action=group.action,
        key=explained.key,
        layer="key-policy",
        statement=claim.statement,
        reasons=tuple(told),
        evidence=_brought_by(examined, explained, claim) or evidence_in_policy(explained, claim.statement),
        rests_on=(*claim.rests_on, *([RestsOn("assumption", Reason.POLICY_IS_TODAYS)] if is_todays else [])),
        at_most=at_most,
    )


def _doubt_policy(examined: Examined, explained: Explained, claim: _Claim) -> tuple[list[Reason], Standing, Confidence]:
    """Return the reasons and standing of a claim, and the most it can be, by when its policy was put and replaced."""
    told, standing, at_most = list(claim.reasons), claim.standing, claim.at_most
    is_todays = explained.policy is not None and explained.policy.is_todays
    if is_todays:
        told.append(Reason.POLICY_IS_TODAYS)
    if explained.put_during_job:
        told.append(Reason.CHANGED_DURING_JOB)
    if standing == "confirmed" and (explained.put_during_job or is_todays):
        standing = "likely"
    if explained.was_replaced:
        told.append(Reason.CHANGE_NOT_SETTLED)
        standing = at_most = "possible"
    if _is_one_of_its_second(examined, explained, claim):
        told.append(Reason.SAME_SECOND)
        standing = at_most = "possible"
    return told, standing, at_most


def _is_one_of_its_second(examined: Examined, explained: Explained, claim: _Claim) -> bool:
    """Check whether a policy without what is blamed was put in the same second: that one may be the last."""
    if explained.policy is None or explained.key is None:
        return False
    holds = blamed_in(explained, claim.cause, claim.statement)
    others = policies_of_second(examined.case.changes, explained.key, explained.policy)
    return not all(holds(other.document) for other in others)


def _brought_by(examined: Examined, explained: Explained, claim: _Claim) -> tuple[Evidence, ...]:
    """Point to the change that brought what is blamed; to nothing where no record carries it."""
    span = span_of(examined.case, explained, blamed_in(explained, claim.cause, claim.statement))
    return (span.first.evidence,) if span is not None else ()


def _rests_on(statement: StatementOutcome) -> tuple[RestsOn, ...]:
    """Return what the outcome of a statement rests on beside records: values of condition keys, and who is meant."""
    rests = [
        RestsOn("context-key", one.reason, one.key, one.grade if one.outcome != "unknown" else "inferred", one.unless)
        for one in statement.conditions
        if one.outcome == "unknown" or (one.outcome == "match" and one.grade != "recorded")
    ]
    if statement.outcome == "unknown":
        rests += [RestsOn("principal", reason) for reason in statement.reasons if reason not in _KNOWN_PRINCIPALS]
    return tuple(dict.fromkeys(rests))


_KNOWN_PRINCIPALS = frozenset(
    {
        Reason.PRINCIPAL_IS_ANYONE,
        Reason.PRINCIPAL_MATCHES,
        Reason.PRINCIPAL_ACCOUNT_MATCHES,
        Reason.NOT_PRINCIPAL_OMITS_CALLER,
    }
)


def evidence_in_policy(explained: Explained, statement: StatementRef | None) -> tuple[Evidence, ...]:
    """Point to the policy in force, in a file to the statement."""
    if explained.policy is None:
        return ()
    evidence = explained.policy.evidence
    if statement is None or evidence.file is None:
        return (evidence,)
    return (Evidence(file=evidence.file, path=f"{evidence.path or ''}/Statement/{statement.index - 1}"),)


def _stated_layers(examined: Examined, group: CallerGroup) -> set[tuple[str | None, str]]:
    """Return what the records of a refused call name: what each layer did."""
    caller, places = group.caller.across_sessions(), [(group.action, group.key), (group.action, None)]
    return {
        (denial.effect, denial.layer)
        for tie in examined.case.failed.events
        if (denial := tie.event.denial) is not None
        and denial.layer is not None
        and tie.event.caller.across_sessions() == caller
        and any((access.action, access.key) in places for access in tie.event.accesses)
    }
