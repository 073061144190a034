"""Properties of the weighing: no evidence brings back what is refuted, and no order changes a verdict."""

import random
from typing import Any, get_args

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_events, make_tally
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, BAD, FIRST, SECURE, SERVICES_EXEMPT, Scene, deny

from trail_diff.case.builder import build_case
from trail_diff.case.gathered import Gathered, in_order
from trail_diff.case.question import Question
from trail_diff.case.usage_history import UseHistory
from trail_diff.diagnosis.evidence.registry import RULES
from trail_diff.diagnosis.hypotheses.interface import Hypothesis, Standing
from trail_diff.diagnosis.weighing import settle
from trail_diff.events.jobs import merge_jobs, read_job_event
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.decisions import StatementRef
from trail_diff.model.learnt import Caller, Facts
from trail_diff.model.report import Judgement, Report
from trail_diff.pipeline import analyse

CALLERS = [None, Caller("AWSService", CallerKind.SERVICE_PRINCIPAL, "backup-storage.amazonaws.com")]
JUDGEMENTS = st.builds(
    Judgement, rule=st.sampled_from(list(RULES)), says=st.sampled_from(["proves", "supports", "doubts", "refutes"])
)
HYPOTHESES = st.builds(
    Hypothesis,
    cause=st.sampled_from([Cause.KEY_POLICY_EXPLICIT_DENY, Cause.KEY_POLICY_NO_ALLOW, Cause.KEY_DISABLED]),
    standing=st.sampled_from(get_args(Standing)),
    caller=st.sampled_from(CALLERS),
    action=st.sampled_from(["kms:Decrypt", "kms:GenerateDataKey"]),
    layer=st.sampled_from(["key-policy", "key-state"]),
    statement=st.builds(StatementRef, st.integers(1, 3)),
)
TOLD = st.lists(st.tuples(HYPOTHESES, st.lists(JUDGEMENTS, max_size=3).map(tuple)), max_size=5)


@given(TOLD, st.lists(JUDGEMENTS, min_size=1, max_size=3), st.data())
def test_what_is_refuted_stays_refuted(
    told: list[tuple[Hypothesis, tuple[Judgement, ...]]], more: list[Judgement], data: st.DataObject
) -> None:
    """Further evidence, for it or for others, makes no finding of a hypothesis that is refuted."""
    is_refuted = [one.standing == "refuted" or any(j.says == "refutes" for j in judged) for one, judged in told]
    refuted = [place for place, holds in enumerate(is_refuted) if holds]
    added = list(told)
    if told:
        place = data.draw(st.integers(0, len(told) - 1))
        added[place] = (told[place][0], (*told[place][1], *more))

    rows = settle(added).rows

    assert sum(row.standing == "refuted" for row in rows) >= len(refuted)


@given(TOLD, st.randoms(use_true_random=False))
def test_the_order_of_hypotheses_changes_no_confidence(
    told: list[tuple[Hypothesis, tuple[Judgement, ...]]], chance: random.Random
) -> None:
    """Whatever is proposed first, each cause and statement ends with the same confidence."""
    shuffled = list(told)
    chance.shuffle(shuffled)

    one, other = settle(told).findings, settle(shuffled).findings

    assert sorted(map(repr, one)) == sorted(map(repr, other))


@given(TOLD)
def test_a_rival_keeps_what_is_only_supported_from_likely(told: list[tuple[Hypothesis, tuple[Judgement, ...]]]) -> None:
    """Of two suspects of one call that nobody decides, neither is likely."""
    call: dict[str, Any] = {"caller": CALLERS[1], "action": "kms:Decrypt", "layer": "key-policy", "key": "k"}
    supported = (Judgement("policy-change", "supports"),)
    pair = [
        (Hypothesis(Cause.KEY_POLICY_EXPLICIT_DENY, "possible", statement=StatementRef(index), **call), supported)
        for index in (7, 8)
    ]

    findings = settle([*told, *pair]).findings

    assert {one.confidence for one in findings if one.statement in (StatementRef(7), StatementRef(8))} == {"possible"}


STATEMENTS = [
    ALLOW_STORAGE,
    deny(SECURE, "Tls"),
    deny(ADMIN_ONLY, "Star", {"AWS": "*"}),
    deny(SERVICES_EXEMPT, "Exempt"),
    deny(ADMIN_ONLY, "Admin"),
    deny({"StringNotEquals": {"aws:SourceAccount": "444455556666"}}, "Source"),
]


def conclude(old: list[Any], new: list[Any], chance: random.Random) -> Report:
    """Return the report on two nights between which the policy was changed, from records in any order."""
    scene = Scene()
    scene.put_policy("2026-02-01T09:00:00Z", *old)
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", *new)
    records = scene.finish().sorted()
    ids = {record["eventID"]: record for record in records}
    shuffled = list(ids.values())
    chance.shuffle(shuffled)
    events = make_events(shuffled)
    jobs = merge_jobs([job for job in map(read_job_event, in_order(events)) if job])
    gathered = Gathered(in_order(events), jobs, make_tally(shuffled), ())
    return analyse(build_case(gathered, Question(BAD), Facts()))


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.sampled_from(range(len(STATEMENTS))), unique=True, max_size=3),
    st.lists(st.sampled_from(range(len(STATEMENTS))), unique=True, max_size=4),
    st.randoms(use_true_random=False),
)
def test_no_order_changes_the_verdict(old: list[int], new: list[int], chance: random.Random) -> None:
    """Statements and records in another order give the same outcome, cause, confidence and blamed statements."""
    before, after = [STATEMENTS[one] for one in old], [STATEMENTS[one] for one in new]
    straight = conclude(before, after, chance)
    chance.shuffle(before)
    chance.shuffle(after)

    shuffled = conclude(before, after, chance)

    assert answer(straight) == answer(shuffled)


def answer(report: Report) -> Any:
    """Return what a verdict says, statements by their Sid."""
    blamed = {one.statement.sid for one in report.findings if one.statement is not None}
    return report.verdict.outcome, report.verdict.cause, report.verdict.confidence, blamed


@given(st.randoms(use_true_random=False))
def test_uses_are_the_same_in_any_order_and_in_parts(chance: random.Random) -> None:
    """A history of uses read in two parts, in any order, is the one read at once."""
    scene = Scene()
    scene.put_policy("2026-03-02T09:00:00Z", ALLOW_STORAGE)
    scene.storage("2026-03-01")
    scene.storage("2026-03-02")
    scene.role("2026-03-02", "DescribeKey")
    events = make_events(scene.finish().sorted())
    whole, one, other = (UseHistory([scene.key], events) for _ in range(3))
    for event in events:
        whole.add(event)
    chance.shuffle(events)
    for event in events:
        chance.choice((one, other)).add(event)

    one.merge(other)

    assert one.freeze() == whole.freeze()
    assert {(use.action, use.since is None) for use in whole.freeze()} == {
        ("kms:GenerateDataKey", True),
        ("kms:Decrypt", True),
        ("kms:GenerateDataKey", False),
        ("kms:Decrypt", False),
        ("kms:DescribeKey", False),
    }
