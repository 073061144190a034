"""What a reader needs first, chosen from a report."""

import json
from datetime import UTC, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from render.canonical import CANONICAL

from trail_diff.model.codes import Cause, Layer
from trail_diff.model.decisions import ConditionOutcome, StatementRef
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Calls, Evidence, Remedy, Report
from trail_diff.render import render_report
from trail_diff.render.brief import SCREEN_LINES, render_brief
from trail_diff.render.changes import changes_between, changes_of
from trail_diff.render.essentials import (
    best_remedy,
    choose_rows,
    explain_finding,
    guilty_statement,
    is_rival,
    name_rival,
    other_warnings,
    show_evidence,
    show_proof,
    show_step,
    show_steps,
    show_support_remedy,
    support_patch,
    support_remedy,
)
from trail_diff.render.findings import show_condition, show_unless
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.json_lines import to_few_lines, to_lines
from trail_diff.render.page import Page
from trail_diff.render.phrases import catalogue
from trail_diff.render.phrases_en import ENGLISH

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_lines_are_the_same_json(value: Any) -> None:
    """However it is broken into lines, a value reads back as it was."""
    assert json.loads("\n".join(to_lines(value, 30))) == value
    assert json.loads("\n".join(to_few_lines(value, 30))) == value


def test_few_lines_hold_what_fits() -> None:
    """Members share a line of the terminal as long as they fit; what is longer than a line stands alone."""
    statement = {"Sid": "AllowCaller", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"]}

    assert to_few_lines(statement, 42) == [
        '{"Sid": "AllowCaller", "Effect": "Allow",',
        ' "Action": ["kms:Decrypt",',
        '   "kms:GenerateDataKey"]}',
    ]
    assert to_few_lines(statement, 100) == [json.dumps(statement)]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_answer_that_fits_no_screen_leaves_out_what_matters_least(lang: Lang) -> None:
    """What would not help goes first, then what is open, then empty lines; verdict, suspect, change and fix stay."""
    labels = catalogue(lang).labels
    report = structs.replace(CANONICAL, coverage=structs.replace(CANONICAL.coverage, cached_at=None), consequences=())
    wide, narrow = (render_brief(report, RenderOptions(lang=lang, width=width)) for width in (160, 60))

    assert wide.count("\n") <= SCREEN_LINES
    assert labels["attempts"] in wide
    assert "\n\n" in wide
    assert labels["attempts"] not in narrow
    assert "\n\n" not in narrow
    assert all(f"\n{labels[name]}" in narrow for name in ("cause", "change", "fix", "covered"))


@pytest.mark.parametrize(
    ("step", "told", "lines"),
    [
        (
            {
                "op": "add",
                "path": "/Statement/1/Condition/BoolIfExists",
                "value": {"aws:PrincipalIsAWSService": "false"},
            },
            "add to statement 2, Condition:",
            ['"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'],
        ),
        (
            {"op": "replace", "path": "/Statement/0/Condition/ArnNotLike/aws:PrincipalArn", "value": ["a", "b"]},
            "change in statement 1, Condition, ArnNotLike:",
            ['"aws:PrincipalArn": ["a", "b"]'],
        ),
        (
            {"op": "add", "path": "/Statement/-", "value": {"Effect": "Allow"}},
            "add to policy, Statement:",
            ['{"Effect": "Allow"}'],
        ),
        ({"op": "replace", "path": "/Statement", "value": []}, "change in policy:", ['"Statement": []']),
        ({"op": "remove", "path": "/Statement/0/Condition/a~1b"}, "remove from statement 1, Condition:", ['"a/b"']),
    ],
)
def test_patch_is_told_by_place_and_json(step: dict[str, Any], told: str, lines: list[str]) -> None:
    """Each step of a patch says where it is made, statements counted from 1, and what to write there."""
    assert show_step(step, ENGLISH) == (told, lines)


def test_rows_that_make_the_difference_are_shown() -> None:
    """Rows alike in both jobs, and strangers of the failed one, are only counted."""
    alike = structs.replace(CANONICAL.callers[0], presence="both", driving=False)
    extra = structs.replace(alike, presence="only-failed", succeeded=Calls())
    shown = choose_rows(structs.replace(CANONICAL, callers=(*CANONICAL.callers, alike, alike, extra)))

    assert shown.rows == CANONICAL.callers
    assert shown.say_left_out(ENGLISH) == "and 1 in the failed one only, 2 alike in both"


def test_without_a_difference_other_rows_are_shown() -> None:
    """Where nothing makes the difference, whatever is not alike is shown."""
    extra = structs.replace(CANONICAL.callers[0], presence="only-failed", driving=False)

    assert choose_rows(structs.replace(CANONICAL, callers=(extra,))).rows == (extra,)


def test_many_rows_are_cut() -> None:
    """A screen holds eight rows; the others are counted by where they were seen."""
    report = structs.replace(CANONICAL, callers=CANONICAL.callers[1:] * 30)
    shown = choose_rows(report)

    assert len(shown.rows) == 8
    assert shown.say_left_out(ENGLISH) == "and 22 in the succeeded one only"


def test_fix_is_the_remedy_that_the_report_names() -> None:
    """Which remedy is the best is concluded before; a report without one has no fix."""
    useless, uncertain = Remedy("add-backup-role", helps=False), Remedy("create-grant", helps="undetermined")
    report = structs.replace(CANONICAL, remedies=(useless, uncertain))

    assert best_remedy(structs.replace(report, best_remedy=None)) is None
    assert best_remedy(structs.replace(report, best_remedy="create-grant")) is uncertain


def test_fix_of_aws_support_is_shown_beside_a_narrower_one() -> None:
    """What AWS Support recommends is shown with what it adds, unless it is the fix itself."""
    wider = support_remedy(CANONICAL)

    assert wider is not None
    assert show_support_remedy(wider, ENGLISH) == 'all services: "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'
    assert support_remedy(structs.replace(CANONICAL, best_remedy=wider.id)) is None


def test_fix_of_aws_support_shows_each_of_its_steps() -> None:
    """What a fix of several steps adds is shown for each, what is alike once; a statement with its braces."""
    condition = {"op": "add", "value": {"aws:PrincipalIsAWSService": "false"}}
    steps = (
        {**condition, "path": "/Statement/1/Condition/BoolIfExists"},
        {**condition, "path": "/Statement/2/Condition/BoolIfExists"},
        {"op": "add", "path": "/Statement/3/Condition/Bool", "value": {"aws:PrincipalIsAWSService": "false"}},
        {"op": "add", "path": "/Statement/-", "value": {"Sid": "AllowCaller"}},
    )

    shown = support_patch(Remedy("exempt-service-principals", helps=True, patch=steps))

    told = '"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}; "Bool": {"aws:PrincipalIsAWSService": "false"}'
    assert shown == told + '; {"Sid": "AllowCaller"}'


def test_fix_of_aws_support_names_the_operator_it_adds_to() -> None:
    """Where the Deny has the operator already, the key that is added is shown inside of it."""
    step = {"op": "add", "path": "/Statement/1/Condition/BoolIfExists/aws:PrincipalIsAWSService", "value": "false"}
    remedy = Remedy("exempt-service-principals", helps=True, patch=(step,))

    assert support_patch(remedy) == '"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'


def test_proof_says_which_statement_allows() -> None:
    """A remedy that leaves the calls to a statement names it, in place of the sentence that the policy allows."""
    told = show_proof(CANONICAL.remedies[1], ENGLISH)

    assert told[:2] == ["4 calls by 2 callers replayed: all allowed", "statement 1 (EnableIAM) then allows it"]
    assert ENGLISH.reasons[Reason.KEY_POLICY_ALLOWS] not in told


def test_steps_that_write_the_same_are_shown_once() -> None:
    """Two statements that get the same condition share its text, and both places are named."""
    value = {"aws:PrincipalIsAWSService": "false"}
    patch = [{"op": "add", "path": f"/Statement/{number}/Condition/BoolIfExists", "value": value} for number in (1, 2)]

    assert show_steps(patch, ENGLISH) == [
        (
            "add to statement 2, Condition and statement 3, Condition:",
            ['"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'],
        )
    ]


def test_rival_of_the_same_kind_is_named_by_its_statement() -> None:
    """Another statement suspected of the same calls is told by its place and what it tests, not by the whole sentence."""
    finding = structs.replace(CANONICAL.findings[0], confidence="possible")
    rival = structs.replace(finding, statement=StatementRef(4, "Ids"))

    assert name_rival(CANONICAL, finding, rival, "kms:Decrypt", ENGLISH).startswith("possible: statement 4 (Ids)")
    assert is_rival(rival, finding)
    assert not is_rival(structs.replace(finding, action="kms:GenerateDataKey"), finding)


def test_rival_on_another_key_names_it() -> None:
    """Two explanations that concern two keys are not taken for one key's."""
    finding = CANONICAL.findings[0]
    rival = structs.replace(finding, cause=Cause.KEY_DISABLED, statement=None, key=f"{finding.key}-other")

    assert name_rival(CANONICAL, finding, rival, "kms:Decrypt", ENGLISH).endswith("-other")
    assert "-other" not in name_rival(
        CANONICAL, finding, structs.replace(rival, key=finding.key), "kms:Decrypt", ENGLISH
    )


def test_change_is_the_last_policy_before_the_job_ended() -> None:
    """A finding about the key policy that rests on no change shows the last PutKeyPolicy before the job's end."""
    finding = structs.replace(CANONICAL.findings[0], evidence=())
    put = CANONICAL.changes[0]
    later = structs.replace(put, event_id="later", time=put.time.replace(day=3))
    refused = structs.replace(put, event_id="refused", error_code="AccessDenied")
    report = structs.replace(CANONICAL, changes=(put, refused, later))

    assert list(changes_of(report, finding)) == [put]
    assert not changes_of(report, structs.replace(finding, layer="key-state"))


@pytest.mark.parametrize(
    ("layer", "name"), [("identity-policy", "CreatePolicyVersion"), ("scp", "UpdatePolicy"), ("rcp", "AttachPolicy")]
)
def test_change_of_a_policy_of_its_layer_stands_beside_a_finding(layer: Layer, name: str) -> None:
    """Between the runs the last change of such a policy is shown, though no record tells whom it concerns."""
    finding = structs.replace(CANONICAL.findings[0], evidence=(), layer=layer)
    made = structs.replace(CANONICAL.changes[0], name=name, key=None, resource="app")
    other = structs.replace(made, name="PutBucketEncryption")
    report = structs.replace(CANONICAL, changes=(made, other))

    assert list(changes_of(report, finding)) == [made]
    assert not changes_of(structs.replace(report, succeeded=None), finding)


def test_vault_that_was_made_again_is_shown_without_an_answer() -> None:
    """That the job's vault was deleted and made again stands in the default text of a run that has no cause."""
    made = structs.replace(CANONICAL.changes[0], name="CreateBackupVault", key=None, resource="prod-vault")
    gone = structs.replace(made, name="DeleteBackupVault")
    other = structs.replace(made, resource="dev-vault")
    verdict = structs.replace(CANONICAL.verdict, outcome="inconclusive", cause=None, confidence=None)
    report = structs.replace(CANONICAL, verdict=verdict, findings=(), changes=(gone, made, other))

    text = " ".join(render_brief(report, RenderOptions()).split())

    assert list(changes_between(report)) == [gone, made]
    assert "DeleteBackupVault prod-vault by" in text


def test_difference_without_a_cause_shows_what_was_done_to_its_keys() -> None:
    """The last changes of the keys concerned, before the job ended, and what is not known of them."""
    key = CANONICAL.failed.key
    put = structs.replace(CANONICAL.changes[0], key=key, statements=(), reason=Reason.POLICY_TEXT_UNREADABLE)
    others = (
        structs.replace(put, event_id="later", time=put.time.replace(day=3)),
        structs.replace(put, event_id="refused", error_code="AccessDenied"),
        structs.replace(put, event_id="elsewhere", key="arn:aws:kms:eu-west-1:111122223333:key/other"),
        structs.replace(put, event_id="harmless", name="RotateKeyOnDemand"),
    )
    verdict = structs.replace(CANONICAL.verdict, outcome="difference", cause=None, confidence=None)
    report = structs.replace(CANONICAL, verdict=verdict, findings=(), changes=(put, *others))

    text = " ".join(render_brief(report, RenderOptions()).split())

    assert list(changes_between(report)) == [put]
    assert "PutKeyPolicy by" in text
    assert "the text of this policy cannot be read from the record" in text
    assert not changes_between(structs.replace(report, verdict=CANONICAL.verdict))


def test_statement_is_the_one_that_the_finding_blames() -> None:
    """The statement is taken from the policy of the caller's key; without a policy there is none to show."""
    statement = guilty_statement(CANONICAL, CANONICAL.findings[0])

    assert statement["Sid"] == "DenyEveryoneElse"
    assert guilty_statement(structs.replace(CANONICAL, policies=()), CANONICAL.findings[0]) is None


@pytest.mark.parametrize(
    ("event_id", "told"),
    [
        (
            CANONICAL.changes[0].event_id,
            "2026-03-02T09:31:00Z PutKeyPolicy by key-admin, statement 2 (DenyEveryoneElse) added",
        ),
        ("event-6", "2026-03-02T18:06:00Z DescribeKey (AccessDenied)"),
        ("unknown", "unknown"),
    ],
)
def test_evidence_is_told_by_what_happened(event_id: str, told: str) -> None:
    """A change says who made it, a call how it ended; an event that is not listed is named by its id."""
    assert show_evidence(CANONICAL, Evidence(event_id=event_id), ENGLISH) == told


def test_warnings_are_not_told_twice() -> None:
    """What the sentence of an inconclusive verdict says is no warning beside it."""
    warnings = (Reason.NO_BASELINE, Reason.BASELINE_OTHER_ROLE)
    report: Report = structs.replace(CANONICAL, coverage=structs.replace(CANONICAL.coverage, warnings=warnings))
    open_report = structs.replace(report, verdict=structs.replace(report.verdict, outcome="inconclusive", cause=None))

    assert list(other_warnings(report)) == list(warnings)
    assert list(other_warnings(open_report)) == [Reason.BASELINE_OTHER_ROLE]


@pytest.mark.parametrize("doubt", [Reason.CHANGED_DURING_JOB, Reason.POLICY_IS_TODAYS, Reason.DENIAL_WOULD_BE_LOGGED])
def test_doubt_is_told_beside_the_conditions(doubt: Reason) -> None:
    """A finding that is not certain says why, though the conditions that match are shown as well."""
    finding = structs.replace(CANONICAL.findings[0], reasons=(Reason.STATEMENT_DENIES, doubt), confidence="likely")

    told = explain_finding(CANONICAL, finding, "kms:Decrypt", ENGLISH)

    assert ENGLISH.reasons[doubt] in told
    assert ENGLISH.reasons[doubt] not in explain_finding(CANONICAL, CANONICAL.findings[0], "kms:Decrypt", ENGLISH)


def test_policy_mended_since_needs_no_fix() -> None:
    """Whoever reads of a guilty Deny that is gone is told so in place of a fix."""
    finding = structs.replace(CANONICAL.findings[0], mended_since=True)
    shown = render_report(structs.replace(CANONICAL, findings=(finding,)), "table", RenderOptions(width=200))

    assert ENGLISH.labels["mended"] in shown
    assert "StringNotEqualsIfExists" not in shown
    assert ENGLISH.labels["mended"] not in render_report(CANONICAL, "table", RenderOptions(width=200))


@pytest.mark.parametrize(
    ("cause", "clause", "told"),
    [
        (Cause.KEY_POLICY_EXPLICIT_DENY, "aws:SourceArn is absent", "not if aws:SourceArn is absent"),
        (Cause.KEY_POLICY_EXPLICIT_DENY, "aws:username is not a or b", "only if aws:username is a or b"),
        (Cause.KEY_POLICY_NO_ALLOW, "aws:username is not a or b", "certain if aws:username is not a or b"),
    ],
)
def test_what_would_clear_a_deny_confirms_that_nothing_allows(cause: Cause, clause: str, told: str) -> None:
    """A condition that would not hold clears a Deny, and of an Allow it means that nothing allows."""
    finding = structs.replace(CANONICAL.findings[0], cause=cause)

    assert show_unless(finding, clause, ENGLISH) == told


def test_value_that_is_inferred_is_said_to_be() -> None:
    """A condition that is decided by a value that no record and no document tells is marked."""
    (condition,) = CANONICAL.decisions[0].statements[0].conditions

    assert show_condition(structs.replace(condition, grade="inferred"), "Deny", ENGLISH).endswith(" (inferred)")
    assert not show_condition(condition, "Deny", ENGLISH).endswith(")")


@pytest.mark.parametrize(("lang", "told"), [("en", "listed (it is 203.0.113.9)"), ("ja", "(値は 203.0.113.9)")])
def test_value_that_a_request_had_is_told(lang: Lang, told: str) -> None:
    """Of a condition that compared a value of the request with its own, that value is told."""
    condition = ConditionOutcome(
        "NotIpAddress", "aws:SourceIp", ("198.51.100.0/24",), "203.0.113.9", "present", "match", Reason.VALUE_DIFFERS
    )

    assert told in show_condition(condition, "Deny", catalogue(lang))
    assert "it is" not in show_condition(structs.replace(condition, actual=None), "Deny", catalogue("en"))
    told_by_itself = structs.replace(condition, operator="BoolIfExists", actual="false", reason=Reason.VALUE_EQUALS)
    assert "it is" not in show_condition(told_by_itself, "Deny", catalogue("en"))


def test_deny_that_hits_a_service_for_lack_of_an_arn_says_so_in_japanese() -> None:
    """An AWS service never has an ARN of the customer's account: a negated aws:PrincipalArn in a Deny applies to it."""
    (condition,) = CANONICAL.decisions[0].statements[0].conditions
    hit = structs.replace(condition, key="aws:PrincipalArn", outcome="match", reason=Reason.OPAQUE_VALUE_DIFFERS)
    told = "AWS のサービスの値がお客様の ARN になることはないため、この Deny に該当します"
    words = catalogue("ja")

    assert show_condition(hit, "Deny", words) == f"{hit.operator} aws:PrincipalArn: {told}"
    for other, effect in (
        (hit, "Allow"),
        (structs.replace(hit, key="aws:SourceArn"), "Deny"),
        (structs.replace(hit, outcome="no-match"), "Deny"),
    ):
        assert "この Deny に該当します" not in show_condition(other, effect, words)


def test_why_is_told_once_of_a_condition_that_a_finding_rests_on() -> None:
    """With -v a reason that a condition tells stands there only: not among the reasons, nor where it is rested on."""
    shown = render_report(CANONICAL, "table", RenderOptions(verbose=True, width=200))
    cause = shown.partition("\nCause\n")[2].partition("\n\n")[0]
    lines = [line.strip(" -") for line in cause.splitlines()]
    reason = ENGLISH.reason(CANONICAL.decisions[0].statements[0].conditions[0].reason)

    assert sum(reason in line for line in lines) == 1
    assert any(line.startswith("rests on aws:PrincipalArn; not if") for line in lines)


@pytest.mark.parametrize("zone", [None, UTC])
def test_name_that_is_too_long_stands_before_its_text(zone: tzinfo | None) -> None:
    """A name is never cut: one without room beside its text stands before it, and the text goes on below, indented."""
    page = Page(RenderOptions(width=60, lang="ja", zone=zone))

    page.field("記録がない理由", "未確定: 呼び出しは拒否され、その記録はこのログに残っていません")

    assert page.text().splitlines() == [
        "記録がない理由: 未確定: 呼び出しは拒否され、その記録はこの",
        "           ログに残っていません",
    ]


def test_change_of_another_key_is_shown_with_that_key() -> None:
    """A copy has two keys: who reads what was done to one of them is told to which, if it is not the one at the top."""
    change = CANONICAL.changes[0]
    other = "arn:aws:kms:eu-west-1:111122223333:key/0d8a7b1c-2222-4333-8444-555566667777"
    report = structs.replace(CANONICAL, changes=(structs.replace(change, key=other),))
    same = structs.replace(CANONICAL, changes=(structs.replace(change, key=CANONICAL.failed.key),))
    evidence = Evidence(event_id=change.event_id)

    assert "0d8a7b" in show_evidence(report, evidence, ENGLISH)
    assert "0d8a7b" not in show_evidence(same, evidence, ENGLISH)
