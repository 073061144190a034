"""The one place where hypotheses are weighed against each other by what the rules of evidence say of them. Pure.

proven -> confirmed; the only hypothesis that all evidence leaves -> likely; best supported while a rival is open ->
possible, with the rival named. What is in doubt is likely at most, and never by support alone. What is refuted stays
refuted, whatever else supports it.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from trail_diff.diagnosis.evidence.registry import judge_hypothesis
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import STANDINGS, Hypothesis, Standing
from trail_diff.diagnosis.hypotheses.refused_calls import (
    doubt_key,
    has_other_job,
    may_be_of_another_job,
    told_keys,
)
from trail_diff.diagnosis.hypotheses.registry import propose
from trail_diff.model.codes import Cause, Confidence
from trail_diff.model.learnt import Case, KeyAccess, TiedEvent
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Judgement, RuledOut, Weighed

_SUPPORTED = 2
_WEAK = frozenset({Reason.POLICY_PUT_BETWEEN})
"""What speaks for a hypothesis without telling it from its rivals: it makes nothing likely by itself."""


GAPS = frozenset(
    {Reason.INPUT_PARTLY_READ, Reason.FETCH_TRUNCATED, Reason.KMS_EVENTS_EXCLUDED, Reason.WINDOW_NOT_COVERED}
)
"""Where records may be missing: of calls, and of a change that undid what is blamed. One of these among the reasons of
a finding is all that keeps it from being confirmed."""
_ENDS = frozenset({Reason.CALLER_MISSING, Reason.CALLER_REFUSED})
_LEAVING_OPEN = frozenset({Reason.MESSAGE_NAMES_NO_KMS, Reason.RECORD_STATES_THROTTLING})
_BY_ABSENCE = frozenset({Reason.CALLER_MISSING, Reason.KEY_STATE_CHANGED_BEFORE_JOB})


class Weighing(Struct, frozen=True):
    """What the weighing comes to: findings, the most certain first; what is ruled out; and every row of it."""

    findings: tuple[Finding, ...]
    ruled_out: tuple[RuledOut, ...]
    rows: tuple[Weighed, ...]


class _Judged(Struct, frozen=True):
    hypothesis: Hypothesis
    judgements: tuple[Judgement, ...]
    standing: Standing

    def reasons(self) -> tuple[Reason, ...]:
        """Return the family's reasons and those of the rules that speak for it, or against it where it is refuted."""
        wanted = "refutes" if self.standing == "refuted" else ""
        told = [one for one in self.judgements if (one.says == "refutes") == bool(wanted)]
        own = () if wanted and told else self.hypothesis.reasons
        return tuple(dict.fromkeys([*own, *(reason for one in told for reason in one.reasons)]))


def weigh(examined: Examined) -> Weighing:
    """Propose every hypothesis, let every rule judge it, and put together what they say.

    Of equally certain findings those on the job's own keys come first, and of these those on the one in question: its
    role is refused on others for other jobs.
    """
    weighing = settle([(one, judge_hypothesis(examined, one)) for one in propose(examined)])
    gaps = tuple(one for one in examined.case.coverage.warnings if one in GAPS)
    doubted = (_doubt_owner(_doubt_absence(one, gaps), examined.case) for one in weighing.findings)
    own = told_keys(examined.case.failed.job)
    first = {None, examined.key}
    findings = sorted(
        doubted,
        key=lambda one: (
            STANDINGS.index(one.confidence),
            bool(own) and one.key not in {None, *own},
            one.key not in first,
        ),
    )
    return structs.replace(weighing, findings=tuple(findings))


def _doubt_absence(finding: Finding, gaps: tuple[Reason, ...]) -> Finding:
    """Return a finding that is not certain where it rests on what is in no record, and records may be missing."""
    is_stated = Reason.RECORD_STATES_KEY_STATE in finding.reasons
    is_doubtful = finding.confidence == "confirmed" and not is_stated and not _BY_ABSENCE.isdisjoint(finding.reasons)
    if not gaps or not is_doubtful:
        return finding
    return structs.replace(finding, confidence="likely", reasons=(*finding.reasons, *gaps))


def _doubt_owner(finding: Finding, case: Case) -> Finding:
    """Return a finding that is not certain where its calls or its key may be those of another job that failed.

    The refused calls: that job has the same role. Where nothing else ties the key to the job, whose calls they were is
    open; else one call is too few for two jobs. The key: nothing but its use by the storage service, or by the role,
    says that it is the job's.
    """
    baseline = case.succeeded.job.key_roles if case.succeeded is not None else ()
    told = (one.key for one in (*case.failed.job.key_roles, *baseline))
    calls = list(_refused(finding, case))
    key = finding.key or next((access.key for tie in calls for access in tie.event.accesses), None)
    others = {*told, *case.failed.job.keys} - {key}
    if calls and all(has_other_job(case, tie) for tie in calls):
        is_open = all(may_be_of_another_job(case, tie) for tie in calls)
        if is_open or len(calls) == 1:
            return _lower(finding, "possible" if is_open else "likely", Reason.ROLE_OF_OTHER_JOB)
    doubt = doubt_key(case, key) if key is not None else None
    if doubt is None or (calls and doubt is Reason.ROLE_OF_OTHER_JOB):
        return finding
    return _lower(finding, "possible" if others else "likely", doubt)


def _lower(finding: Finding, confidence: Confidence, reason: Reason) -> Finding:
    lowered = max(finding.confidence, confidence, key=STANDINGS.index)
    return structs.replace(finding, confidence=lowered, reasons=(*finding.reasons, reason))


def _refused(finding: Finding, case: Case) -> Iterator[TiedEvent]:
    """Yield the failed job's refused calls that a finding is about."""
    caller = finding.caller.across_sessions() if finding.caller is not None else None
    for tie in case.failed.events:
        if tie.event.error_code and tie.event.caller.across_sessions() == caller:
            yield from [tie for access in tie.event.accesses if _is_of(access, finding)][:1]


def _is_of(access: KeyAccess, finding: Finding) -> bool:
    return finding.action in (None, access.action) and finding.key in (None, access.key)


def settle(told: Sequence[tuple[Hypothesis, tuple[Judgement, ...]]]) -> Weighing:
    """Put together what the rules say of hypotheses; their order decides only between equals."""
    judged = [_judge(hypothesis, judgements) for hypothesis, judgements in told]
    weighed = [structs.replace(one, standing=_against_rivals(one, judged)) for one in judged]
    weighed = _heed_other_ends(weighed)
    weighed = _name_only_suspect(_drop_shadowed(weighed))
    weighed.sort(key=lambda one: (STANDINGS.index(one.standing), _is_evaluated(one), -_strength(one)))
    findings = tuple(_make_finding(one, weighed) for one in weighed if one.standing not in ("open", "refuted"))
    return Weighing(findings, _rule_out(findings, weighed), tuple(_make_row(one) for one in weighed))


def _judge(hypothesis: Hypothesis, judgements: tuple[Judgement, ...]) -> _Judged:
    says = {one.says for one in judgements}
    standing: Standing = hypothesis.standing
    if "refutes" in says:
        standing = "refuted"
    elif "proves" in says and hypothesis.standing != "refuted" and not hypothesis.rests_on:
        standing = "confirmed"
    elif "doubts" in says and standing in ("confirmed", "likely"):
        standing = "likely" if standing == "confirmed" else "possible"
    return _Judged(hypothesis, judgements, standing)


def _against_rivals(one: _Judged, judged: Sequence[_Judged]) -> Standing:
    """Raise what is supported, not doubted and without a rival to likely; what nobody supports stays what it was."""
    if one.standing not in ("possible", "open") or not _strength(one):
        return one.standing
    if one.hypothesis.at_most == "possible" or any(own.says == "doubts" for own in one.judgements):
        return "possible"
    return "possible" if _strength(one) < _SUPPORTED or list(_rivals(one, judged)) else "likely"


def _rivals(one: _Judged, judged: Sequence[_Judged]) -> list[_Judged]:
    """Return the other hypotheses that could explain the same call and that nothing refutes."""
    own = one.hypothesis
    return [
        other
        for other in judged
        if other is not one
        and other.standing != "refuted"
        and (other.standing != "open" or other.hypothesis.layer == own.layer)
        and not _is_same(own, other.hypothesis)
        and (_is_about_every_call(other.hypothesis) or other.hypothesis.call() == own.call())
        and other.hypothesis.key in (None, own.key)
    ]


def _is_about_every_call(hypothesis: Hypothesis) -> bool:
    """Check whether a hypothesis would explain every call on its key: the key's state, and what names no caller."""
    return hypothesis.caller is None or hypothesis.layer == "key-state"


def _is_same(one: Hypothesis, other: Hypothesis) -> bool:
    """Check whether two hypotheses blame the same thing for the same call."""
    blamed = (one.cause, one.statement, one.layer) == (other.cause, other.statement, other.layer)
    return blamed and one.call() == other.call()


def _heed_other_ends(weighed: list[_Judged]) -> list[_Judged]:
    """Lower what rests on an absence where the job may have stopped for something else before the call.

    A cause outside of KMS that its message states explains the absence too; a message that speaks of no key, or a call
    that was throttled to the end, keeps it from being certain.
    """
    others = {reason for one in weighed if one.standing in ("likely", "possible") for reason in one.hypothesis.reasons}
    if Reason.MESSAGE_STATES_CAUSE in others:
        lowered: Mapping[Standing, Standing] = {"confirmed": "possible", "likely": "possible"}
    elif not _LEAVING_OPEN.isdisjoint(others):
        lowered = {"confirmed": "likely"}
    else:
        return weighed
    return [
        structs.replace(one, standing=lowered.get(one.standing, one.standing))
        if Reason.CALLER_MISSING in one.hypothesis.reasons
        else one
        for one in weighed
    ]


def _is_evaluated(one: _Judged) -> bool:
    """Check whether something is told by evaluation only: what a record states, as the key's state, comes first.

    So does what the records say of calls that ended otherwise than in a refusal.
    """
    is_other_end = _ENDS.isdisjoint(one.hypothesis.reasons)
    return one.hypothesis.origin == "key-policy" and (one.standing == "confirmed" or is_other_end)


def _strength(one: _Judged) -> int:
    """Return how much speaks for a hypothesis: more than its family's own facts, or those alone."""
    proofs = sum(1 for own in one.judgements if own.says == "proves")
    weights = [1 if set(own.reasons) <= _WEAK else _SUPPORTED for own in one.judgements if own.says == "supports"]
    return (
        {"confirmed": 8, "likely": 4, "possible": 0, "open": 0, "refuted": -1}[one.standing]
        + sum(weights)
        + 16 * proofs
    )


def _drop_shadowed(weighed: list[_Judged]) -> list[_Judged]:
    """Drop what another finding on the same call says better.

    That nothing allows a call whose grant was revoked; and that CreateGrant was refused, when by which policy is known.
    A grant to a principal that is no longer there says more than the layer, and stays.
    """
    certain = [one.hypothesis for one in weighed if one.standing in ("confirmed", "likely")]
    revoked = {one.call() for one in certain if one.cause is Cause.GRANT_REVOKED}
    layered = {one.call() for one in certain if one.layer not in (None, "grant", "key-state")}
    shadowed = {Cause.KEY_POLICY_NO_ALLOW: revoked, Cause.GRANT_NOT_CREATED: layered}
    return [
        one
        for one in weighed
        if one.standing == "refuted"
        or Reason.GRANTEE_WAS_DELETED in one.hypothesis.reasons
        or one.hypothesis.call() not in shadowed.get(one.hypothesis.cause, ())
    ]


def _name_only_suspect(weighed: list[_Judged]) -> list[_Judged]:
    """Name the statement of a Deny that a record states where the evidence leaves one that it can be."""
    named: dict[int, _Judged] = {}
    left_out: set[int] = set()
    for one in weighed:
        own = one.hypothesis
        left = [
            other
            for other in weighed
            if (other.hypothesis.cause, other.hypothesis.key) == (own.cause, own.key)
            and other.hypothesis.call() == own.call()
            and other.hypothesis.statement is not None
            and other.standing != "refuted"
        ]
        if own.origin == "stated" and own.statement is None and len(left) == 1:
            found = left[0]
            hypothesis = structs.replace(own, statement=found.hypothesis.statement)
            judgements = (*one.judgements, *found.judgements)
            named[id(one)] = structs.replace(one, hypothesis=hypothesis, judgements=judgements)
            left_out.add(id(found))
    return [named.get(id(one), one) for one in weighed if id(one) not in left_out]


def _make_finding(one: _Judged, weighed: Sequence[_Judged]) -> Finding:
    own = one.hypothesis
    confidence = _confidence(one.standing)
    reasons = list(one.reasons())
    if confidence == "possible" and _rivals(one, weighed):
        reasons.append(Reason.RIVAL_OPEN)
    evidence = [*own.evidence, *(e for judgement in one.judgements for e in judgement.evidence)]
    return Finding(
        cause=own.cause,
        confidence=confidence,
        caller=own.caller,
        action=own.action,
        layer=own.layer,
        statement=own.statement,
        reasons=tuple(reasons),
        evidence=tuple(dict.fromkeys(evidence)),
        key=own.key,
        rests_on=own.rests_on,
    )


def _confidence(standing: Standing) -> Confidence:
    return "confirmed" if standing == "confirmed" else "likely" if standing == "likely" else "possible"


def _rule_out(findings: Sequence[Finding], weighed: Sequence[_Judged]) -> tuple[RuledOut, ...]:
    """Return what is refuted, in the enum's order, then by statement.

    A cause that is found for one caller is not listed as ruled out for another, but a single statement of it may be.
    """
    found = {finding.cause for finding in findings}
    blamed = {(finding.cause, finding.statement) for finding in findings}
    ruled_out: dict[object, RuledOut] = {}
    for one in weighed:
        own = one.hypothesis
        if one.standing != "refuted":
            continue
        if own.cause in found and (own.statement is None or (own.cause, own.statement) in blamed):
            continue
        evidence = own.evidence + tuple(e for judgement in one.judgements for e in judgement.evidence)
        place = (own.cause, own.statement)
        ruled_out.setdefault(
            place, RuledOut(own.cause, one.reasons(), own.key, own.statement, tuple(dict.fromkeys(evidence)))
        )
    order = list(Cause)
    return tuple(
        sorted(
            ruled_out.values(),
            key=lambda one: (order.index(one.cause), one.statement.index if one.statement else 0),
        )
    )


def _make_row(one: _Judged) -> Weighed:
    own = one.hypothesis
    return Weighed(
        cause=own.cause,
        standing=one.standing,
        origin=own.origin,
        caller=own.caller,
        action=own.action,
        key=own.key,
        layer=own.layer,
        statement=own.statement,
        reasons=own.reasons,
        judgements=one.judgements,
    )
