"""The stages and their order. Everything with input or output ends in a Case; everything after it is pure.

    inputs     Inputs → which Sources to read, and how: exports, a bundle or AWS, with pseudonyms if wanted
               Four types say what to read: Inputs (where), AwsOptions (as whom), Question (about which job), and
               ReadOptions, which every Source is given
    Source     ReadOptions → Found   raw records and job descriptions; every record that goes past is counted
               ├ read/files         files, folders, globs and stdin, of any form (read/forms, read/shapes, read/repair),
               │                    as far as the work for their size allows (read/budget)
               ├ aws/s3             a bucket
               ├ aws/event_history  event history
               └ aws/engines        Athena, CloudTrail Lake, CloudWatch Logs
    normalize  Record → Event       who called, which key, how it ended; or a note of why not
    gather     Found → Sums         one reading engine, on all cores: a Fold says what to keep and what to count
               ├ fold               which calls are alike, which events are kept
               ├ reader             what one process makes of a batch of files
               ├ engine             a pass: what all processes found, in order, each event once
               ├ exports            a small export in one pass, a large one in two: only what the case may rest on
               ├ job_files          events, documents → Jobs, Gathered
               ├ raw_case           all of it, raw, in one value: what a bundle holds and redaction rewrites
               ├ bundle             that value in one file, and back
               └ key_facts          files → Facts: key policy, key state, grants
    aws/live   AWS → the same raw value: jobs, events from a Source, and the key's facts
    nights     Inputs, TriagePlan → Material: the events of many jobs in one reading, and the facts of each key
    bundles    Inputs, Question → what a bundle may hold, the least first, and the case that each makes
    key_usage  Inputs → what is asked of all calls: who makes them, and what a new policy would do to them (usage)
    pasted     what was given where an id, a key or a file is wanted → what it is, and where it belongs
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
    consequences CallerGroups, Findings → what is missing only because of the first finding
    absence    Examined → Absences          why a call may be missing
    repair     Examined, Findings → Remedies, each replayed
    timeline   Case → Changes               what altered the key between the jobs and since
    exhibits   Case, Explained → events, policies   what the counts and decisions rest on, to be shown with them
    next_steps Examined, Verdict → the commands that would settle what is open
    verdict    Case, CallerGroups, Findings → Verdict
    triage     Gathered → the Cases of many jobs → Reports → Triage: those with the same cause in one group
    console    Findings → the same with where each event is found
    render     Report → text, the verdict's sentence in the reader's language; what the command line says of itself
               is translated in cli/japanese

A stage imports the model and the stages it is built from, never the pipeline. Nothing after `case` reads a file, a
clock or the environment, so a Case analysed twice gives one Report.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from trail_diff import __version__
from trail_diff.bundles import offer_bundles
from trail_diff.case.baseline import compare_jobs, rank_baselines
from trail_diff.case.builder import build_case, case_windows
from trail_diff.case.comparison import build_comparison
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.question import DEFAULT_PAD, Question
from trail_diff.errors import CaseFileError
from trail_diff.events.jobs import is_finished, is_succeeded
from trail_diff.gather.exports import WindowsOf
from trail_diff.gather.raw_case import Collected
from trail_diff.inputs import Inputs, collect, dated, gather_both, gather_facts, gather_inputs, need_question
from trail_diff.model.learnt import Case, Coverage, Window
from trail_diff.model.lists import JobRow
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Report
from trail_diff.model.triage import JobKey, Triage
from trail_diff.profiles.catalogue import profile_ids
from trail_diff.triaging.select import EVERY_JOB, TriageFilter

if TYPE_CHECKING:
    from trail_diff.nights import Material
    from trail_diff.triaging.plan import TriagePlan


def load_case(inputs: Inputs, question: Question | None = None) -> Case:
    """Read what there is, and put the job in question beside its baseline. A case bundle knows its question.

    Raises:
        TrailDiffError: what could not be used, with a hint; see errors for the kinds.
    """
    inputs = dated(inputs)
    if inputs.is_raw_needed:
        collected, asked = collect(structs.replace(inputs, is_settled=is_settled), question)
        return collected.case(asked)
    facts, asked = gather_facts(inputs), need_question(question)
    return build_case(gather_inputs(inputs, _windows_of(asked), asked.keys), asked, facts)


def save_bundle(file: Path, inputs: Inputs, question: Question | None = None) -> Collected:
    """Collect a case and write it to one file, with only the records it rests on, and return what was written.

    Raises:
        TrailDiffError: what could not be used or written, with a hint.
    """
    from trail_diff.gather.bundle import save_case

    inputs = structs.replace(dated(inputs), is_settled=is_settled)
    offers = offer_bundles(inputs, question, _windows_of)
    offer = next(offer for offer in offers if _is_same(offer.case, offer.offered))
    if inputs.redactor is not None:
        plain, asked = collect(structs.replace(inputs, redactor=None), question)
        _refuse_other_conclusion(analyse(plain.case(asked)), analyse(offer.case))
    save_case(file, offer.collected, offer.question, __version__)
    return offer.collected


def is_settled(case: Case) -> bool:
    """Check whether calls on the key at another time can decide nothing: what its policy says of the calls is clear."""
    report = analyse(case)
    open_rows = [row for row in report.weighing if row.standing in ("likely", "possible", "open")]
    return report.verdict.confidence == "confirmed" or not any(row.origin == "key-policy" for row in open_rows)


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
    inputs, is_alone = dated(inputs), succeeded is None and windows[1] is None
    asked = windows[:1] if is_alone else windows
    facts, spans = gather_facts(inputs), [window for window in asked if window is not None]
    windows_of = (lambda _gathered: spans) if len(spans) == len(asked) else None  # a side without one is all of it
    if is_alone:
        one = gather_inputs(structs.replace(inputs, events=(failed,)), windows_of, keys)
        return build_comparison(one, None, windows, inputs.renamed(keys), facts)
    if succeeded is None:
        one = other = gather_inputs(structs.replace(inputs, events=(failed,)), windows_of, keys)
    else:
        one, other = gather_both(inputs, (failed, succeeded), windows_of, keys)
    return build_comparison(one, other, windows, inputs.renamed(keys), facts)


def _windows_of(question: Question) -> WindowsOf:
    return lambda gathered: case_windows(gathered, question)


def analyse(case: Case) -> Report:
    """Conclude what a case holds; the sentence of the verdict is left to whoever renders it, in a language."""
    from trail_diff.diagnosis.conclusion import conclude

    return conclude(case)


def list_jobs(
    inputs: Inputs, wanted: TriageFilter = EVERY_JOB, *, only_failed: bool = False
) -> tuple[tuple[JobRow, ...], Coverage]:
    """List the jobs found, each that did not succeed with the baseline it would get and in what the two differ."""
    from trail_diff.triaging.neighbours import Neighbours

    gathered = gather_inputs(inputs, lambda _gathered: ())
    neighbours, rows = Neighbours(gathered.jobs), []
    for job in filter(wanted.renamed(inputs.redactor.name_or_arn if inputs.redactor else None).holds, gathered.jobs):
        has_failed = is_finished(job) and not is_succeeded(job)
        if only_failed and not has_failed:
            continue
        baseline = next(iter(rank_baselines(job, neighbours.alike(job))), None) if has_failed else None
        rows.append(JobRow(job, baseline, compare_jobs(job, baseline) if baseline else (), profile_ids(job)))
    return tuple(rows), summarize_reading(gathered.tally, gathered.skipped)


def triage(
    inputs: Inputs, wanted: TriageFilter, pad: timedelta = DEFAULT_PAD, *, is_whole: bool = True
) -> tuple[Triage, Mapping[JobKey, Report]]:
    """Diagnose every job that did not succeed, out of one reading, and put those with the same cause together.

    Return the groups, and the report of each of their jobs; of one that need not be whole, what groups are told from.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    from trail_diff.nights import gather_night
    from trail_diff.triaging.plan import TriagePlan

    read, plan = gather_night(structs.replace(dated(inputs), is_settled=is_settled), TriagePlan(wanted, pad))
    grouped, reports = group_night(read, plan, inputs.options.processes, is_whole=is_whole)
    if not inputs.is_live and wanted.misses_all(read.gathered.jobs):
        # An export of another time is no quiet night.
        coverage = grouped.coverage
        coverage = structs.replace(coverage, warnings=(*coverage.warnings, Reason.JOBS_NOT_LISTED))
        grouped = structs.replace(grouped, coverage=coverage)
    return grouped, reports


def group_night(
    read: "Material", plan: "TriagePlan", processes: int = 1, *, is_whole: bool = True
) -> tuple[Triage, Mapping[JobKey, Report]]:
    """Diagnose the jobs that are asked about, many in several processes, and put those with the same cause together."""
    from trail_diff.diagnosis.conclusion import conclude
    from trail_diff.triaging.diagnose import Cases, diagnose_all
    from trail_diff.triaging.group import group_reports, is_worth_telling, job_key, outline
    from trail_diff.triaging.select import check_completed

    gathered, cases = read.gathered, Cases(read.gathered, read.given, plan.pad, are_known=bool(read.by_key))
    tell = analyse if is_whole else lambda case: outline(conclude(case, is_whole=False))
    reports = diagnose_all(lambda job: read.with_facts(cases.of(job)), plan.select(gathered), tell, processes)
    told = [report for report in reports if is_worth_telling(report) and plan.wanted.wants_cause(report.verdict.cause)]
    seen = sum(map(plan.wanted.holds, gathered.jobs))
    reading = summarize_reading(gathered.tally, gathered.skipped)
    coverage = structs.replace(reading, warnings=(*reading.warnings, *check_completed(gathered, plan.wanted)))
    grouped = group_reports(told, seen, coverage)
    return grouped, {job_key(report.failed): report for report in told}
