"""The stages and their order. Everything with input or output ends in a Case; everything after it is pure.

    inputs     Inputs → which Sources to read, and how: exports, a bundle or AWS, with pseudonyms if wanted
               Four types say what to read: Inputs (where), AwsOptions (as whom), Question (about which job), and
               ReadOptions, which every Source is given
    Source     ReadOptions → Found   raw records and job descriptions; every record that goes past is counted
               ├ read/files         files, folders, globs and stdin, of any form (read/forms, read/shapes)
               ├ aws/s3             a bucket
               ├ aws/event_history  event history
               └ aws/engines        Athena, CloudTrail Lake, CloudWatch Logs
    normalize  Record → Event       who called, which key, how it ended; or a note of why not
    gather     Found → Sums         one reading engine, on all cores: a Fold says what to keep and what to count
               ├ fold               which calls are alike, which events are kept; several folds share a pass
               ├ reader             what one process makes of a batch of files
               ├ engine             a pass: what all processes found, in order, each event once
               ├ exports            a small export in one pass, a large one in two: only what the case may rest on
               ├ job_files          events, documents → Jobs, Gathered
               ├ raw_case           all of it, raw, in one value: what a bundle holds and redaction rewrites
               ├ bundle             that value in one file, and back
               └ key_facts          files → Facts: key policy, key state, grants
    aws/live   AWS → the same raw value: jobs, events from a Source, and the key's facts
    case       Gathered, Question, Facts → Case
               ├ vaults             which keys jobs use, as AWS says of vaults and recovery points
               ├ baseline           which succeeded job to compare with, and in what it differs
               ├ correlate          which events belong to which job, each with its reasons
               ├ changes            what altered keys, grants, policies, trails
               └ coverage           what the evidence cannot show
    ── pure from here on ──
    diff       Case → CallerGroups  side by side, one row for each caller, action and key
    explain    CallerGroups → Explained     how the key policy in force decides each (policy/, history)
    hypotheses Examined → Hypotheses       every cause that could explain what was seen
    evidence   Hypothesis → Judgements     what proves, supports or refutes each, by rule
    weighing   Judgements → Findings, what is ruled out
    absence    Examined → Absences          why a call may be missing
    repair     Examined, Findings → Remedies, each replayed
    timeline   Case → Changes               what altered the key between the jobs and since
    exhibits   Case, Explained → events, policies   what the counts and decisions rest on, to be shown with them
    next_steps Examined, Verdict → the commands that would settle what is open
    verdict    Case, CallerGroups, Findings → Verdict
    console    Findings → the same with where each event is found
    render     Report → text, the verdict's sentence in the reader's language

A stage imports the model and the stages it is built from, never the pipeline. Nothing after `case` reads a file, a
clock or the environment, so a Case analysed twice gives one Report.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from trail_diff import __version__
from trail_diff.arns import arn_account, places_of_alike
from trail_diff.case.baseline import compare_jobs, rank_baselines
from trail_diff.case.builder import Question, build_case, case_windows
from trail_diff.case.comparison import build_comparison
from trail_diff.case.coverage import summarize_reading
from trail_diff.errors import CaseFileError
from trail_diff.events.jobs import is_finished, is_succeeded
from trail_diff.gather.exports import WindowsOf
from trail_diff.gather.key_facts import FactFiles
from trail_diff.gather.raw_case import Collected
from trail_diff.inputs import (
    Inputs,
    collect,
    count_inputs,
    gather_both,
    gather_facts,
    gather_inputs,
    need_question,
    offer_bundles,
)
from trail_diff.model.learnt import Case, Coverage, Window
from trail_diff.model.report import CallerGroup, CallerUse, JobRow, Report, WhatIfRow
from trail_diff.profiles.catalogue import profile_ids
from trail_diff.usage.callers import CallerCount


def load_case(inputs: Inputs, question: Question | None = None) -> Case:
    """Read what there is, and put the job in question beside its baseline. A case bundle knows its question.

    Raises:
        TrailDiffError: what could not be used, with a hint; see errors for the kinds.
    """
    if inputs.is_raw_needed:
        collected, asked = collect(inputs, question)
        return collected.case(asked)
    facts, asked = gather_facts(inputs), need_question(question)
    return build_case(gather_inputs(inputs, _windows_of(asked), asked.keys), asked, facts)


def save_bundle(file: Path, inputs: Inputs, question: Question | None = None) -> Collected:
    """Collect a case and write it to one file, with only the records it rests on, and give what was written.

    Raises:
        TrailDiffError: what could not be used or written, with a hint.
    """
    from trail_diff.gather.bundle import save_case

    offers = offer_bundles(inputs, question, _windows_of)
    offer = next(offer for offer in offers if _is_same(offer.case, offer.offered))
    if inputs.redactor is not None:
        plain, asked = collect(structs.replace(inputs, redactor=None), question)
        _refuse_other_conclusion(analyse(plain.case(asked)), analyse(offer.case))
    save_case(file, offer.collected, offer.question, __version__)
    return offer.collected


def _refuse_other_conclusion(plain: Report, redacted: Report) -> None:
    """Check that the same follows from a case with pseudonyms as from the case itself.

    Raises:
        CaseFileError: another conclusion would.
    """
    told = _told(redacted)
    other = next((what for what, value in _told(plain).items() if value != told[what]), None)
    if other is not None:
        raise CaseFileError(
            f"the redacted case would not have the same {other}, so nothing is written",
            hint="collect it without --redact, and share the report instead",
        )


def _told(report: Report) -> dict[str, Any]:
    """Return what redaction must not change of a report."""
    verdict = report.verdict
    return {
        "verdict": (verdict.outcome, verdict.cause, verdict.confidence),
        "records": report.coverage.records_read,
        "jobs": tuple(
            (job.kind, job.state, job.created, job.completed) for job in (report.failed, report.succeeded) if job
        ),
        "calls": sorted(
            (group.action, group.presence, group.failed.calls, group.succeeded.calls) for group in report.callers
        ),
    }


def _is_same(one: Case, other: Case) -> bool:
    """Check whether two cases give the same report, as one that is the same itself surely does."""
    return one == other or analyse(one) == analyse(other)


def load_comparison(
    failed: str,
    succeeded: str | None,
    inputs: Inputs,
    *,
    windows: tuple[Window | None, Window | None] = (None, None),
    keys: Sequence[str] = (),
) -> Case:
    """Put two exports side by side, or two spans of time of one, or take one run alone; `inputs.events` is not used.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    is_alone = succeeded is None and windows[1] is None
    asked = windows[:1] if is_alone else windows
    facts, spans = gather_facts(inputs), [window for window in asked if window is not None]
    windows_of = (lambda _gathered: spans) if len(spans) == len(asked) else None  # a side without one is all of it
    if is_alone:
        one = gather_inputs(structs.replace(inputs, events=(failed,)), windows_of, keys)
        return build_comparison(one, None, windows, _renamed(keys, inputs), facts)
    if succeeded is None:
        one = other = gather_inputs(structs.replace(inputs, events=(failed,)), windows_of, keys)
    else:
        one, other = gather_both(inputs, (failed, succeeded), windows_of, keys)
    return build_comparison(one, other, windows, _renamed(keys, inputs), facts)


def _windows_of(question: Question) -> WindowsOf:
    return lambda gathered: case_windows(gathered, question)


def analyse(case: Case) -> Report:
    """Conclude what a case holds; the sentence of the verdict is left to whoever renders it, in a language."""
    from trail_diff.diagnosis.absence import read_absences
    from trail_diff.diagnosis.console_links import locate_evidence
    from trail_diff.diagnosis.diff import diff_callers
    from trail_diff.diagnosis.examined import Examined
    from trail_diff.diagnosis.expected import list_expected, with_expected, without_expected
    from trail_diff.diagnosis.explain import explain_groups
    from trail_diff.diagnosis.listings import list_events, list_policies
    from trail_diff.diagnosis.mended import mark_mended
    from trail_diff.diagnosis.next_steps import suggest_next_steps
    from trail_diff.diagnosis.remedies import best_remedy, propose_remedies
    from trail_diff.diagnosis.requests import compare_requests
    from trail_diff.diagnosis.timeline import list_changes
    from trail_diff.diagnosis.verdict import driving_groups, judge, mark_driving
    from trail_diff.diagnosis.weighing import weigh

    groups = with_expected(case, diff_callers(case.failed, case.succeeded))
    driving = driving_groups(groups)
    examined = Examined(case, groups, driving, explain_groups(case, groups))
    weighing = weigh(examined)
    findings = mark_mended(weighing.findings, examined.explained)
    verdict = judge(case, groups, findings, examined.explained)
    events, left_out = list_events(case, groups)
    remedies = propose_remedies(examined, findings) if verdict.outcome == "explained" else ()
    return Report(
        verdict=verdict,
        failed=case.failed.job,
        succeeded=case.succeeded.job if case.succeeded else None,
        coverage=_with_doubts(case.coverage, case.facts.key_policy, case.facts.policy_source or "--key-policy"),
        callers=mark_driving(without_expected(groups), driving),
        findings=locate_evidence(findings, case),
        ruled_out=weighing.ruled_out,
        decisions=tuple(
            decision for one in examined.explained for decision in (one.then, one.today) if decision is not None
        ),
        absence=read_absences(examined),
        remedies=remedies,
        best_remedy=best_remedy(remedies),
        changes=list_changes(case, findings),
        next_steps=suggest_next_steps(examined, verdict, findings),
        policies=list_policies(case, examined.explained),
        events=events,
        events_left_out=left_out,
        weighing=weighing.rows,
        expected=list_expected(case, groups),
        key_places=places_of_alike(_keys_in(case, groups)),
        request_differences=compare_requests(case, driving),
    )


def _keys_in(case: Case, groups: Sequence[CallerGroup]) -> set[str]:
    jobs = [side.job for side in (case.failed, case.succeeded) if side is not None]
    named = [*case.keys, *(key for job in jobs for key in (job.key, *job.keys)), *(group.key for group in groups)]
    return {key for key in named if key}


def list_jobs(inputs: Inputs) -> tuple[tuple[JobRow, ...], Coverage]:
    """List the jobs found, each that did not succeed with the baseline it would get and in what the two differ."""
    gathered = gather_inputs(inputs, lambda _gathered: ())
    rows = []
    for job in gathered.jobs:
        ranked = rank_baselines(job, gathered.jobs) if is_finished(job) and not is_succeeded(job) else []
        baseline = ranked[0] if ranked else None
        rows.append(JobRow(job, baseline, compare_jobs(job, baseline) if baseline else (), profile_ids(job)))
    return tuple(rows), summarize_reading(gathered.tally, gathered.skipped)


def list_callers(inputs: Inputs, keys: Sequence[str] = ()) -> tuple[tuple[CallerUse, ...], Coverage]:
    """Count who made which KMS calls, on all keys or on the given ones."""
    count = CallerCount(_renamed(keys, inputs))
    coverage = count_inputs(structs.replace(inputs, keys=tuple(keys)), count)
    return count.rows(), coverage


def replay_policy(
    inputs: Inputs,
    old: str | None,
    keys: Sequence[str] = (),
    service: str = "backup",
    resource_type: str | None = None,
) -> tuple[tuple[WhatIfRow, ...], Coverage]:
    """Replay observed calls against the policy in `inputs.facts`; without events, those a service is known to make.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    from trail_diff.usage.what_if import Policies, Replayed, expected_calls, replay

    inputs = structs.replace(inputs, keys=tuple(keys))
    keys = _renamed(keys, inputs)
    facts = gather_facts(inputs)
    before = gather_facts(structs.replace(inputs, facts=FactFiles(key_policy=old))).key_policy
    policies = Policies(facts.key_policy or {}, before, facts.grants, facts.organization_id)
    if inputs.is_live and not inputs.aws.profiles and inputs.aws.engine is None:
        key = next(iter(keys), None)
        account = arn_account(key) or _account_in(facts.key_policy)
        calls = expected_calls(account, key or f"arn:aws:kms:::{account}", service, resource_type)
        rows, coverage = replay(list(calls), policies), Coverage()
    else:
        replayed = Replayed(policies, keys)
        coverage = count_inputs(inputs, replayed)
        rows = replay(replayed.seen(), policies)
    coverage = _with_doubts(coverage, facts.key_policy, facts.policy_source or "--key-policy")
    return rows, _with_doubts(coverage, before, _source_of(old, inputs))


def _source_of(old: str | None, inputs: Inputs) -> str:
    if old is None or inputs.redactor is None:
        return old or "--old"
    from trail_diff.redact.case import redact_source

    return redact_source(old, inputs.redactor)


def _with_doubts(coverage: Coverage, policy: Mapping[str, Any] | None, source: str) -> Coverage:
    """Count what cannot be used of a policy that was given among what was skipped."""
    from trail_diff.policy.documents.doubts import find_doubts

    doubts = tuple(find_doubts(policy, source)) if policy is not None else ()
    return structs.replace(coverage, skipped=(*coverage.skipped, *doubts)) if doubts else coverage


def _account_in(policy: Mapping[str, Any] | None) -> str:
    """Return the account that a policy delegates to, else the one it names first: most likely the key's own."""
    found = re.search(r":iam::(\d{12}):root\b", str(policy)) or re.search(r"\b(\d{12})\b", str(policy))
    return found[1] if found else "000000000000"


def _renamed(keys: Sequence[str], inputs: Inputs) -> tuple[str, ...]:
    """Return the keys that were asked about under the names they are read by."""
    redactor = inputs.redactor
    return tuple(redactor.name_or_arn(key) for key in keys) if redactor else tuple(keys)
