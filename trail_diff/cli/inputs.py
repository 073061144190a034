"""Turns options into the values that the library takes; what cannot be read becomes a UsageError with a hint."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from trail_diff.cli.options import Asked, History, Known, Narrowed, Run, Source
from trail_diff.cli.output import progress_shown, shown_zone, write_note
from trail_diff.errors import UsageError
from trail_diff.outfile import refuse_inputs

if TYPE_CHECKING:
    from trail_diff.aws.engines.choices import AthenaTable, EventDataStore, LogGroups
    from trail_diff.aws.live.options import AwsOptions
    from trail_diff.case.question import Question
    from trail_diff.inputs import Inputs
    from trail_diff.model.learnt import Window
    from trail_diff.redaction.redactor import Redactor
    from trail_diff.triaging.select import TriageFilter

MOST_PROCESSES = 16
"""Each takes about 40 MB."""

_ANY_HISTORY, _NOTHING_KNOWN = History(), Known()


@contextmanager
def reading(
    source: Source,
    run: Run,
    *,
    history: History = _ANY_HISTORY,
    known: Known = _NOTHING_KNOWN,
    jobs: Sequence[str] | None = None,
    writes: Path | None = None,
    also_writes: Path | None = None,
) -> "Iterator[Inputs]":
    """Yield what to read: exports or a case bundle, and without them AWS itself; `writes` are files to be written.

    Progress is shown and pseudonyms are kept while the block runs.

    Raises:
        UsageError: options contradict each other, the times cannot be used, or a file would be read and written.
    """
    from trail_diff.gather.key_facts import FactFiles
    from trail_diff.inputs import Inputs
    from trail_diff.pasted.arguments import check_files, take_organization
    from trail_diff.read.interface import ReadOptions

    files = {"--key-policy": [known.key_policy], "--key-state": [known.key_state], "--grants": [known.grants]}
    check_files({"--events": source.events or (), "--case": [source.case], "--job": jobs or (), **files})
    read = (*(source.events or ()), source.case, *(jobs or ()), known.key_policy, known.key_state, known.grants)
    for file in (writes, also_writes, run.map_file):
        refuse_inputs(file, read)
    organization = take_organization(known.org_id) if known.org_id is not None else None
    aws = _aws_options(source, history)
    _refuse_two_ways_in(source, jobs, aws)
    start, end = _parse_span(source)
    with progress_shown(shown=not run.no_progress) as progress, _redacting(run) as redactor:
        yield Inputs(
            events=tuple(source.events or ()),
            case=Path(source.case) if source.case is not None else None,
            jobs=tuple(jobs or ()),
            options=ReadOptions(tuple(source.region or ()), start, end, count_cores()),
            facts=FactFiles(known.key_policy, known.key_state, known.grants, organization),
            redactor=redactor,
            progress=progress,
            stdin=sys.stdin.buffer if sys.stdin else None,
            aws=aws,
            note=write_note if redactor is None else _redacted(redactor, source, aws),
        )


def _redacted(redactor: "Redactor", source: Source, aws: "AwsOptions") -> Callable[[str], None]:
    """Return what writes notes with their names replaced, those of the options included."""
    from msgspec import to_builtins

    engine = [name for name in to_builtins(aws.engine).values() if name] if aws.engine else []
    places = [path.removeprefix("s3://").split("/") for path in source.events or () if path.startswith("s3://")]
    redactor.learn({"resourceName": [*aws.profiles, *engine, *places]})
    return lambda note: write_note(redactor.text(note))


def _refuse_two_ways_in(source: Source, jobs: Sequence[str] | None, aws: "AwsOptions") -> None:
    events, is_case = source.events, source.case is not None
    if events and is_case:
        raise UsageError("--events and --case do not go together", hint="a case bundle holds its events; leave one out")
    if (events or is_case) and aws.engine is not None:
        raise UsageError(
            f"{'--events' if events else '--case'} does not go with --athena-table, --log-group or --event-data-store",
            hint="events come from one place: leave one of them out",
        )
    is_offline = is_case or (events and not any(path.startswith("s3://") for path in events))
    if is_offline and (aws.profiles or aws.endpoint_url):
        raise UsageError(
            "--profile and --endpoint-url have no effect with --events or --case: then AWS is not asked",
            hint="leave out one or the other",
        )
    if is_case and (jobs or source.region or source.start or source.end):
        raise UsageError(
            "--region, --from, --to and --job have no effect with --case: it holds what was collected",
            hint="leave them out, or collect the case again with them",
        )


def _parse_span(source: Source) -> tuple[datetime | None, datetime | None]:
    start = parse_moment_option(source.start, "--from") if source.start else None
    end = parse_moment_option(source.end, "--to", is_end=True) if source.end else None
    if start is not None and end is not None and start > end:
        raise UsageError(
            f"--from {source.start} is after --to {source.end}",
            hint="put the earlier time in --from, the later in --to",
        )
    return start, end


def _aws_options(source: Source, history: History) -> "AwsOptions":
    """Return with whose credentials and how to ask AWS."""
    from trail_diff.aws.live.options import AwsOptions

    return AwsOptions(
        tuple(source.profile or ()),
        source.endpoint_url,
        not history.no_cache,
        history.max_requests,
        engine=_engine(source),
        is_dry_run=source.dry_run,
    )


def _engine(source: Source) -> "AthenaTable | LogGroups | EventDataStore | None":
    """Return which engine to ask instead of event history, if one is named.

    Raises:
        UsageError: more than one is named, or an option of one that is not.
    """
    from trail_diff.aws.engines.choices import AthenaTable, EventDataStore, LogGroups

    workgroup, output = source.athena_workgroup, source.athena_output
    chosen: list[AthenaTable | LogGroups | EventDataStore] = []
    chosen += [AthenaTable(source.athena_table, workgroup, output)] if source.athena_table else []
    chosen += [LogGroups(tuple(source.log_group))] if source.log_group else []
    chosen += [EventDataStore(source.event_data_store)] if source.event_data_store else []
    if len(chosen) > 1:
        raise UsageError(
            "--athena-table, --log-group and --event-data-store do not go together", hint="name the one to ask"
        )
    if not source.athena_table and (workgroup or output):
        raise UsageError("--athena-workgroup and --athena-output go with --athena-table", hint="name the table as well")
    if source.dry_run and not chosen:
        raise UsageError("--dry-run shows what an engine would be asked", hint="name it: --athena-table, --log-group …")
    return chosen[0] if chosen else None


@contextmanager
def _redacting(run: Run) -> "Iterator[Redactor | None]":
    """Yield a redactor if one is wanted; the map is written before, so that it can be, and complete when all is done.

    Raises:
        UsageError: the map cannot be read or written, or is named without need.
    """
    if not run.redact:
        if run.map_file is not None:
            raise UsageError("--map goes with --redact", hint="add --redact, or leave --map out")
        yield None
        return
    from trail_diff.redaction.owner_map import make_pseudonyms, write_map
    from trail_diff.redaction.redactor import Redactor

    pseudonyms = make_pseudonyms(run.map_file)
    if run.map_file is not None:
        write_map(pseudonyms, run.map_file)
    yield Redactor(pseudonyms)
    if run.map_file is not None:
        write_map(pseudonyms, run.map_file)


def make_question(asked: Asked, source: Source, jobs: Sequence[str] | None) -> "Question":
    """Return what is asked; a case bundle holds a job id, so that --job-id is optional.

    Raises:
        UsageError: no job is named, or a padding is set together with a bundle.
    """
    from trail_diff.case.question import DEFAULT_PAD, Question
    from trail_diff.pasted.arguments import check_files, take_account, take_keys
    from trail_diff.pasted.forms import find_job_id

    padding, is_case = parse_duration_option(asked.pad), source.case is not None
    if asked.job_id is None and not is_case:
        check_files({"--events": source.events or (), "--job": jobs or ()})  # an id that went astray is named
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs' lists those found")
    if is_case and padding != DEFAULT_PAD:
        raise UsageError(
            "--pad has no effect with --case: it holds what was collected",
            hint="leave it out, or collect the case again with it",
        )
    keys, regions = take_keys(asked.key), tuple(source.region or ())
    account = take_account(asked.account) if asked.account is not None else None
    job_id, baseline = (find_job_id(one) if one else one for one in (asked.job_id, asked.baseline_job_id))
    return Question(job_id or "", baseline, keys, account, regions, padding)


def make_filter(narrowed: Narrowed) -> "TriageFilter":
    """Return which jobs are asked about.

    Raises:
        UsageError: the time cannot be read, or a cause is none.
    """
    from trail_diff.model.codes import Cause
    from trail_diff.pasted.arguments import take_account
    from trail_diff.triaging.select import TriageFilter

    causes = []
    for name in narrowed.cause or ():
        if name not in set(Cause):
            raise UsageError(f"--cause {name!r} is no cause", hint=f"choose one of {', '.join(Cause)}")
        causes.append(Cause(name))
    return TriageFilter(
        start=parse_moment_option(narrowed.since, "--since") if narrowed.since else None,
        vaults=tuple(narrowed.vault or ()),
        resource_types=tuple(narrowed.resource_type or ()),
        accounts=tuple(map(take_account, narrowed.account or ())),
        causes=tuple(causes),
    )


def count_cores() -> int:
    """Return how many cores this process may use, up to where more of them only cost memory."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)


def parse_moment_option(text: str, option: str, *, is_end: bool = False) -> datetime:
    """Read a time: ISO 8601, how long ago, or a day; of the zone that TZ says where it has none of its own.

    Raises:
        UsageError: it is none of them.
    """
    from trail_diff.moments import parse_moment, possible_days

    moment = parse_moment(text, datetime.now(UTC), shown_zone(os.environ, None) or UTC, is_end=is_end)
    if moment is not None:
        return moment
    days = possible_days(text)
    if days:
        raise UsageError(f"{option} {text!r}: a date begins with its year", hint=f"write {' or '.join(days)}")
    raise UsageError(
        f"{option} {text!r} is not a time",
        hint='write it as 2026-03-01T18:00:00Z, "2026-03-01 18:00 +09:00", "yesterday" or "2h ago"',
    )


def parse_duration_option(text: str, option: str = "--pad") -> timedelta:
    """Read a duration such as 15m.

    Raises:
        UsageError: it is none.
    """
    from trail_diff.moments import parse_duration

    duration = parse_duration(text)
    if duration is None:
        raise UsageError(f"{option} {text!r} is not a duration", hint="write it as 15m, 90s or 2h")
    return duration


def parse_window_option(text: str | None, option: str) -> "Window | None":
    """Read two times with a slash between them, or a time and how long it was from there (ISO 8601, "4.4.4").

    Each may have slashes of its own, as 2026/03/02 and Asia/Tokyo do.

    Raises:
        UsageError: they are not, or in the wrong order.
    """
    if text is None:
        return None
    from trail_diff.model.learnt import Window
    from trail_diff.moments import parse_duration

    start, end = _divide(text)
    if not start.strip() or not end.strip():
        raise UsageError(f"{option} {text!r} is one time, not two", hint="write it as FROM/TO, the earlier time first")
    begun, length = parse_moment_option(start, option), parse_duration(end)
    window = Window(begun, begun + length if length else parse_moment_option(end, option, is_end=True))
    if window.start > window.end:
        raise UsageError(f"{option} {text!r} ends before it begins", hint="write it as FROM/TO, the earlier time first")
    return window


def _divide(text: str) -> tuple[str, str]:
    from trail_diff.moments import parse_moment

    parts, now = text.split("/"), datetime.now(UTC)
    halves = [("/".join(parts[:place]), "/".join(parts[place:])) for place in range(1, len(parts))]
    readable = (half for half in halves if all(parse_moment(one, now) is not None for one in half))
    return next(readable, (parts[0], "/".join(parts[1:])))
