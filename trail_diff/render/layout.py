"""What the text renderers share: values of the model as short texts, not yet escaped for a medium."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import structs

from trail_diff.arns import last_name
from trail_diff.model.decisions import StatementOutcome, StatementRef
from trail_diff.model.learnt import Coverage, Job, Skipped, Windows
from trail_diff.model.report import (
    Absence,
    CallerGroup,
    Calls,
    Change,
    Evidence,
    Finding,
    NextStep,
    Replay,
    Report,
    RuledOut,
    Verdict,
    Weighed,
)
from trail_diff.render import escape
from trail_diff.render.catalogue import Catalogue

_KEY_WIDTH = 13
JOB_FIELDS = ("id", "state", "time", "resource", "vault", "source", "role", "key", "message")


def show_time(moment: datetime | None) -> str:
    """Show a time as UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def last_part(arn: str | None) -> str:
    """Show what an ARN names by its last part."""
    return last_name(arn) or ""


def show_minute(moment: datetime | None) -> str:
    """Show a time as UTC, to the minute."""
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else ""


def show_span(start: datetime | None, end: datetime | None) -> str:
    """Show a span of time; the end without its day when it is the same one."""
    if start is None or end is None:
        return show_time(start or end)
    same_day = start.date() == end.date()
    return f"{show_time(start)} – {end:%H:%M:%SZ}" if same_day else f"{show_time(start)} – {show_time(end)}"


def place_key(key: str | None, places: Mapping[str, str], words: Catalogue, *, short: bool = False) -> str:
    """Show a key by its id or alias, with its account and Region where another key in the report looks the same."""
    shown = short_key(key) if short else show_key(key)
    place = places.get(key or "")
    return words.aside(shown, place) if place else shown


def show_key(key: str | None) -> str:
    """Show a key by its id or alias."""
    if key is None:
        return ""
    return key.rsplit(":", 1)[-1] if "alias/" in key else last_name(key) or key


def short_key(key: str | None) -> str:
    """Show a key by the two ends of its id."""
    return shorten_key(show_key(key))


def shorten_key(shown: str) -> str:
    """Return the two ends of a key's id."""
    return escape.shorten(shown, _KEY_WIDTH)


def count_codes(codes: Mapping[str, int]) -> str:
    """Show error codes, and how often there was each."""
    return ", ".join(f"{code} × {count}" for code, count in codes.items())


def show_outcome(verdict: Verdict, words: Catalogue) -> str:
    """Show a verdict's outcome, and how certain it is."""
    outcome = words.outcome(verdict)
    return words.aside(outcome, words.confidences[verdict.confidence]) if verdict.confidence else outcome


def show_calls(calls: Calls, words: Catalogue) -> str:
    """Show how many calls there were, and how many of them failed."""
    if not calls.calls:
        return "–"
    return words.aside(str(calls.calls), words.count("errors", calls.errors)) if calls.errors else str(calls.calls)


def job_label(report: Report) -> str:
    """Return the label of the job asked about: failed, succeeded all the same, or just the job without a second one."""
    if report.failed.state == "COMPLETED":
        return "asked"
    return "failed" if report.succeeded is not None else "job"


def job_labels(report: Report) -> tuple[str, ...]:
    """Return the labels of the jobs there are."""
    return (job_label(report), "succeeded") if report.succeeded is not None else (job_label(report),)


def show_sides(group: CallerGroup, report: Report, words: Catalogue) -> list[str]:
    """Show the calls of a caller group in the jobs there are."""
    sides = (group.failed, group.succeeded) if report.succeeded is not None else (group.failed,)
    return [show_calls(calls, words) for calls in sides]


def say_no_callers(report: Report, words: Catalogue) -> str:
    """Return the sentence that no calls are tied to the jobs there are."""
    return words.labels["no_callers" if report.succeeded is not None else "no_callers_of_one"]


def job_rows(job: Job | None, places: Mapping[str, str], words: Catalogue) -> dict[str, str]:
    """Return what is known of a job, by the names of its rows."""
    if job is None:
        return {}
    texts = {
        "id": job.id,
        "state": job.state,
        "time": show_span(job.created, job.completed) if job.kind != "window" else None,
        "resource": job.resource,
        "vault": last_name(job.vault),
        "source": last_name(job.source_vault),
        "role": job.role,
        "key": place_key(job.key, places, words),
        "message": job.message,
    }
    return {name: text for name, text in texts.items() if text}


Acting = TypeVar("Acting", Finding, Absence, Weighed)


def merge_actions(rows: Sequence[Acting], words: Catalogue) -> list[tuple[Acting, str]]:
    """Put rows that differ in their action only together; the actions as one text."""
    merged: dict[Acting, list[str]] = {}
    for row in rows:
        merged.setdefault(structs.replace(row, action=None), []).extend([row.action] if row.action else [])
    return [(row, words.join_items(list(dict.fromkeys(actions)))) for row, actions in merged.items()]


def show_replay(replay: Replay, words: Catalogue) -> str:
    """Show what a replay came to, in one line."""
    told = words.labels["replay"].format(
        calls=words.count("calls", replay.calls), callers=words.count("callers", replay.callers)
    )
    outcomes = {
        "fixed": replay.fixed,
        "broken": replay.broken,
        "still_denied": replay.still_denied,
        "undetermined": replay.undetermined,
    }
    told_of = [name for name, calls in outcomes.items() if calls]
    if told_of == ["fixed"]:
        return words.head(told, words.labels["all_allowed"].format(count=replay.calls))
    counts = [words.count(name, len(outcomes[name])) for name in told_of]
    return words.head(told, words.join_items(counts))


def show_statement(statement: StatementRef | StatementOutcome | None, words: Catalogue) -> str:
    """Show which statement it is, with its Sid when it has one."""
    if statement is None:
        return ""
    shown = words.labels["statement"].format(index=statement.index)
    return words.aside(shown, statement.sid) if statement.sid else shown


def show_ruled_out(ruled_out: RuledOut, words: Catalogue, places: Mapping[str, str]) -> str:
    """Show what is ruled out: the cause, and the statement and the key that it is ruled out for."""
    parts = [show_statement(ruled_out.statement, words), place_key(ruled_out.key, places, words)]
    named = words.join_items([part for part in parts if part])
    return words.aside(words.causes[ruled_out.cause], named) if named else words.causes[ruled_out.cause]


def show_evidence(evidence: Evidence) -> str:
    """Show where evidence is found."""
    return evidence.event_id or " ".join(filter(None, [evidence.file, evidence.path]))


def show_place_of(evidence: Evidence, words: Catalogue) -> str:
    """Show where evidence is found; a statement of a policy in a file by its number, which begins at 1."""
    _, _, index = (evidence.path or "").partition("/Statement/")
    if evidence.file is None or not index.isdecimal():
        return show_evidence(evidence)
    return words.join_items([evidence.file, words.labels["statement"].format(index=int(index) + 1)])


def show_unknown_keys(keys: Sequence[str], words: Catalogue) -> str:
    """Show which condition keys would have to be known."""
    return words.head(words.labels["open_keys"], words.join_items(keys))


def show_change(change: Change, words: Catalogue) -> str:
    """Show a change as one line: what, by whom, and which statements differ."""
    who = change.caller.name or change.caller.arn or words.labels["unnamed"]
    what = f"{change.name} {change.resource}" if change.resource else change.name
    told = words.labels["done_by"].format(what=what, who=who)
    parts = [words.aside(told, change.error_code) if change.error_code else told]
    parts += [f"{show_statement(one.statement, words)} {words.labels[one.kind]}" for one in change.statements]
    parts += [words.reason(change.reason)] if change.reason else []
    return words.join_items(parts)


def show_step(step: NextStep, account: str | None, words: Catalogue, *, is_short: bool = False) -> str:
    """Show why a step is suggested, in which account it has to be taken, and where its output goes."""
    is_own = step.account in (None, account)
    if is_short and is_own and step.is_fact and step.option not in (None, "--org-id", "--key", "--events"):
        handling = [words.labels["give_short"].format(option=step.option)]
    else:
        handling = show_handling(step, account, words)
    return words.join_clauses([words.reason(step.reason), *handling])


def show_handling(step: NextStep, account: str | None, words: Catalogue) -> list[str]:
    """Show in which account a step has to be taken, if in another than the job's, and where its output goes."""
    parts = []
    if step.account and step.account != account:
        parts.append(words.labels["in_account"].format(account=step.account))
    if not step.is_fact:
        return parts
    if step.option in ("--org-id", "--key"):
        parts.append(words.labels["give_text"].format(option=step.option))
    elif step.option == "--events":
        parts.append(words.labels["give_folder"])
    else:
        option = step.option or "--events"
        file = f"{option.removeprefix('--')}.json"
        parts.append(words.labels["give_with"].format(option=option, file=file))
    return parts


def coverage_counts(coverage: Coverage, words: Catalogue) -> str:
    """Show how much was read, in one line; AWS itself has no files, and a list of jobs keeps no events."""
    counts = {"files": coverage.files_read, "records": coverage.records_read, "events": coverage.events_kept}
    always = {"records", "events"} if coverage.windows != Windows() else {"records"}
    read = {things: count for things, count in counts.items() if count or things in always}
    return words.join_items([words.count(things, count) for things, count in read.items()])


def skipped_by_reason(skipped: Sequence[Skipped]) -> dict[str, int]:
    """Add up what was skipped by reason, over all sources."""
    sums: dict[str, int] = {}
    for one in skipped:
        sums[one.reason] = sums.get(one.reason, 0) + one.count
    return sums
