"""The stages and their order. Everything with input or output ends in a Case; everything after it is pure.

    sources    paths → Found        read exports of any form; count every record, keep only what the Selection wants
    normalize  Record → Event       who called, which key, how it ended; or a note of why not
    jobs       documents, events → Job
    gather     all of the above → Gathered
    facts      files → Facts        key policy, key state, grants
    collected  all of it, raw, in one value: what a case bundle (casefile) holds and redaction (redact_case) rewrites
    assemble   Gathered, Question, Facts → Case
               ├ baseline           which succeeded job to compare with, and in what it differs
               ├ correlate          which events belong to which job, each with its reasons
               ├ changes            what altered keys, grants, policies, trails
               └ coverage           what the evidence cannot show
    ── pure from here on ──
    diff       Case → CallerGroups  side by side, one row for each caller, action and key
    explain    CallerGroups → Explained     how the key policy in force decides each (policy/, history)
    causes     Examined → Findings, causes ruled out
    absence    Examined → Absences          why a call may be missing
    repair     Examined, Findings → Remedies, each replayed
    timeline   Case → Changes               what altered the key between the jobs and since
    next_steps Examined, Verdict → the commands that would settle what is open
    verdict    Case, CallerGroups, Findings → Verdict
    render     Report → text

A stage imports the model and the stages it is built from, never the pipeline. Nothing after `assemble` reads a file, a
clock or the environment, so a Case analysed twice gives one Report.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from msgspec import Struct, structs

from trail_diff import __version__
from trail_diff.arns import arn_account
from trail_diff.assemble import Question, build_case, build_comparison
from trail_diff.baseline import compare_jobs, rank_baselines
from trail_diff.callers import CallerCount
from trail_diff.collected import Collected, collect_found, narrow
from trail_diff.coverage import summarize_reading
from trail_diff.errors import UsageError
from trail_diff.facts import FactFiles, load_documents, load_facts
from trail_diff.gather import Gathered, ReadOptions, find_in_job_files, gather, make_selection, read_events
from trail_diff.jobs import is_finished, is_succeeded
from trail_diff.model import CallerUse, Case, Coverage, Event, JobRow, Report, WhatIfRow, Window
from trail_diff.sources.files import read_paths
from trail_diff.sources.interface import Progress, Tally

if TYPE_CHECKING:
    from trail_diff.redact import Redactor


class Inputs(Struct, frozen=True):
    """Where to read: exports (files, folders, globs, `-`) or a case bundle; job descriptors, facts, and what of it."""

    events: tuple[str, ...] = ()
    case: Path | None = None
    jobs: tuple[str, ...] = ()
    options: ReadOptions = ReadOptions()
    facts: FactFiles = FactFiles()
    progress: Progress | None = None
    stdin: BinaryIO | None = None


def load_case(inputs: Inputs, question: Question | None = None, redactor: "Redactor | None" = None) -> Case:
    """Read what there is, and put the job in question beside its baseline; with pseudonyms when a redactor is given.

    A case bundle knows its question, so none is needed with one.

    Raises:
        TrailDiffError: what could not be used, with a hint; see errors for the kinds.
    """
    if inputs.case is None and redactor is None:
        facts = load_facts(inputs.facts)
        return build_case(_gather(inputs, inputs.events), _need(question), facts)
    collected, asked = collect(inputs, question)
    if redactor is not None:
        from trail_diff.redact_case import redact_case

        collected, asked = redact_case(collected, asked, redactor)
    return collected.case(asked)


def collect(inputs: Inputs, question: Question | None = None) -> tuple[Collected, Question]:
    """Read what there is and keep it raw; facts given as files come before those in a bundle.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    given = load_documents(inputs.facts)
    if inputs.case is not None:
        from trail_diff.casefile import open_case

        collected, asked = open_case(inputs.case)
        return structs.replace(collected, documents=given.over(collected.documents)), question or asked
    tally = Tally()
    found = read_paths(
        inputs.events, make_selection(inputs.options), tally, progress=inputs.progress, stdin=inputs.stdin
    )
    collected = collect_found(found, tally, find_in_job_files(inputs.jobs))
    return structs.replace(collected, documents=given), _need(question)


def save_bundle(file: Path, inputs: Inputs, question: Question | None, redactor: "Redactor | None" = None) -> Collected:
    """Collect a case and write it to one file, with only the records it rests on, and give what was written.

    Raises:
        TrailDiffError: what could not be used or written, with a hint.
    """
    from trail_diff.casefile import save_case

    whole, asked = collect(inputs, question)
    if redactor is not None:
        from trail_diff.redact_case import redact_case

        whole, asked = redact_case(whole, asked, redactor)
    narrowed = narrow(whole, asked)
    is_same = analyse(narrowed.case(asked)) == analyse(whole.case(asked))
    kept = narrowed if is_same else whole
    save_case(file, kept, asked, __version__)
    return kept


def _need(question: Question | None) -> Question:
    if question is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs --events PATH' lists those found")
    return question


def load_comparison(
    failed: str,
    succeeded: str | None,
    inputs: Inputs,
    *,
    windows: tuple[Window | None, Window | None] = (None, None),
    keys: Sequence[str] = (),
) -> Case:
    """Put two exports side by side, or two spans of time of one; `inputs.events` is not used.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    facts = load_facts(inputs.facts)
    one = _gather(inputs, (failed,))
    other = one if succeeded is None else _gather(inputs, (succeeded,))
    return build_comparison(one, other, windows, keys, facts)


def analyse(case: Case) -> Report:
    """Conclude what a case holds."""
    from trail_diff.absence import read_absences
    from trail_diff.causes.interface import Examined
    from trail_diff.causes.registry import examine
    from trail_diff.diff import diff_callers
    from trail_diff.explain import explain_groups
    from trail_diff.next_steps import suggest_next_steps
    from trail_diff.render.phrases import verdict_summary
    from trail_diff.repair import propose_remedies
    from trail_diff.timeline import list_changes
    from trail_diff.verdict import driving_groups, judge

    groups = diff_callers(case.failed, case.succeeded)
    driving = driving_groups(groups)
    examined = Examined(case, groups, driving, explain_groups(case, groups))
    findings, ruled_out = examine(examined)
    verdict = judge(case, groups, findings)
    summary = verdict_summary(verdict.outcome, verdict.cause, driving, case.failed.job, case.coverage.warnings)
    return Report(
        verdict=structs.replace(verdict, summary=summary),
        failed=case.failed.job,
        succeeded=case.succeeded.job if case.succeeded else None,
        coverage=case.coverage,
        callers=groups,
        findings=findings,
        ruled_out=ruled_out,
        decisions=tuple(
            decision for one in examined.explained for decision in (one.then, one.today) if decision is not None
        ),
        absence=read_absences(examined),
        remedies=propose_remedies(examined, findings) if verdict.outcome == "explained" else (),
        changes=list_changes(case),
        next_steps=suggest_next_steps(examined, verdict),
    )


def list_jobs(inputs: Inputs) -> tuple[tuple[JobRow, ...], Coverage]:
    """List the jobs found, each that did not succeed with the baseline it would get and in what the two differ."""
    gathered = _gather(inputs, inputs.events)
    rows = []
    for job in gathered.jobs:
        ranked = rank_baselines(job, gathered.jobs) if is_finished(job) and not is_succeeded(job) else []
        baseline = ranked[0] if ranked else None
        rows.append(JobRow(job, baseline, compare_jobs(job, baseline) if baseline else ()))
    return tuple(rows), summarize_reading(gathered.tally, gathered.skipped)


def list_callers(inputs: Inputs, keys: Sequence[str] = ()) -> tuple[tuple[CallerUse, ...], Coverage]:
    """Count who made which KMS calls, on all keys or on the given ones."""
    count = CallerCount(keys)
    coverage = _stream(inputs, count.add)
    return count.rows(), coverage


def replay_policy(inputs: Inputs, old: str | None, keys: Sequence[str] = ()) -> tuple[tuple[WhatIfRow, ...], Coverage]:
    """Replay observed calls against the policy in `inputs.facts`; without events, those AWS Backup is known to make.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    from trail_diff.what_if import Policies, Replayed, expected_calls, replay

    facts = load_facts(inputs.facts)
    before = load_facts(FactFiles(key_policy=old)).key_policy
    policies = Policies(facts.key_policy or {}, before, facts.grants, facts.organization_id)
    if not inputs.events and inputs.case is None:
        key = next(iter(keys), None)
        account = arn_account(key) or _account_in(facts.key_policy)
        return replay(list(expected_calls(account, key or f"arn:aws:kms:::{account}")), policies), Coverage()
    replayed = Replayed(policies, keys)
    coverage = _stream(inputs, replayed.add)
    return replay(replayed.seen(), policies), coverage


def _account_in(policy: Mapping[str, Any] | None) -> str:
    """Give the account that a policy names first, most likely the key's own."""
    found = re.search(r"\b\d{12}\b", str(policy))
    return found[0] if found else "000000000000"


def _stream(inputs: Inputs, handle: Callable[[Event], None]) -> Coverage:
    """Hand over every KMS event, one at a time, and give the coverage of the reading."""
    if inputs.case is None:
        return read_events(inputs.events, handle, inputs.options, progress=inputs.progress, stdin=inputs.stdin)
    gathered = _gather(inputs, ())
    calls = [event for event in gathered.events if event.accesses]
    for event in calls:
        handle(event)
    return structs.replace(summarize_reading(gathered.tally, gathered.skipped), events_kept=len(calls))


def _gather(inputs: Inputs, paths: Sequence[str]) -> Gathered:
    if inputs.case is not None:
        return collect(inputs, Question(""))[0].gathered()
    return gather(paths, inputs.jobs, inputs.options, progress=inputs.progress, stdin=inputs.stdin)
