"""From options to the values that the library takes; what cannot be read becomes a UsageError with a hint."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from trail_diff.errors import UsageError
from trail_diff.outfile import refuse_inputs

MOST_PROCESSES = 16
"""Each takes about 40 MB."""

if TYPE_CHECKING:
    from trail_diff.aws.live.options import AwsOptions
    from trail_diff.case.builder import Question
    from trail_diff.gather.key_facts import FactFiles
    from trail_diff.inputs import Inputs
    from trail_diff.model.learnt import Window
    from trail_diff.read.interface import Progress
    from trail_diff.redact.redactor import Redactor


def make_inputs(
    events: list[str] | None,
    job_files: list[str] | None,
    regions: list[str] | None,
    span: tuple[str | None, str | None],
    *,
    case: Path | None = None,
    facts: "FactFiles | None" = None,
    redactor: "Redactor | None" = None,
    progress: "Progress | None" = None,
    aws: "AwsOptions | None" = None,
    writes: tuple[Path | None, ...] = (),
) -> "Inputs":
    """Return what to read: exports or a case bundle, and without them AWS itself; `writes` are files to be written.

    Raises:
        UsageError: options contradict each other, the times cannot be used, or a file would be read and written.
    """
    for file in writes:
        refuse_inputs(file, (*(events or ()), case, *(job_files or ()), *_files_of(facts)))
    _refuse_two_ways_in(events, case, aws)
    if case is not None and (job_files or regions or any(span)):
        raise UsageError(
            "--region, --from, --to and --job have no effect with --case: it holds what was collected",
            hint="leave them out, or collect the case anew with them",
        )
    from trail_diff.aws.live.options import AwsOptions
    from trail_diff.cli.output import tell
    from trail_diff.gather.in_memory import ReadOptions
    from trail_diff.gather.key_facts import FactFiles
    from trail_diff.inputs import Inputs

    start, end = _parse_span(*span)
    return Inputs(
        events=tuple(events or ()),
        case=case,
        jobs=tuple(job_files or ()),
        options=ReadOptions(tuple(regions or ()), start, end, count_cores()),
        facts=facts or FactFiles(),
        redactor=redactor,
        progress=progress,
        stdin=sys.stdin.buffer if sys.stdin else None,
        aws=aws or AwsOptions(),
        note=tell if redactor is None else _redacted(tell, redactor, events, aws),
    )


def _redacted(
    tell: "Callable[[str], None]", redactor: "Redactor", events: list[str] | None, aws: "AwsOptions | None"
) -> "Callable[[str], None]":
    """Return what writes notes with their names replaced, those of the options included."""
    from msgspec import to_builtins

    engine = [name for name in to_builtins(aws.engine).values() if name] if aws is not None and aws.engine else []
    places = [path.removeprefix("s3://").split("/") for path in events or () if path.startswith("s3://")]
    names = [*(aws.profiles if aws is not None else ()), *engine, *places]
    redactor.learn({"resourceName": names})
    return lambda note: tell(redactor.text(note))


def _files_of(facts: "FactFiles | None") -> tuple[str | None, ...]:
    return (facts.key_policy, facts.key_state, facts.grants) if facts else ()


def _refuse_two_ways_in(events: list[str] | None, case: Path | None, aws: "AwsOptions | None") -> None:
    if events and case is not None:
        raise UsageError("--events and --case do not go together", hint="a case bundle holds its events; leave one out")
    if (events or case is not None) and aws is not None and aws.engine is not None:
        raise UsageError(
            f"{'--events' if events else '--case'} does not go with --athena-table, --log-group or --event-data-store",
            hint="events come from one place: leave one of them out",
        )
    is_offline = case is not None or (events and not any(path.startswith("s3://") for path in events))
    if is_offline and aws is not None and (aws.profiles or aws.endpoint_url):
        raise UsageError(
            "--profile and --endpoint-url have no effect with --events or --case: then AWS is not asked",
            hint="leave out one or the other",
        )


def _parse_span(first: str | None, last: str | None) -> tuple[datetime | None, datetime | None]:
    start = parse_moment_option(first, "--from") if first else None
    end = parse_moment_option(last, "--to") if last else None
    if start is not None and end is not None and start > end:
        raise UsageError(
            f"--from {first} is after --to {last}", hint="give the earlier time with --from, the later with --to"
        )
    return start, end


def aws_options(
    profiles: list[str] | None, endpoint_url: str | None, max_requests: int = 600, *, no_cache: bool = False
) -> "AwsOptions":
    """Return with whose credentials and how to ask AWS."""
    from trail_diff.aws.live.options import AwsOptions

    return AwsOptions(tuple(profiles or ()), endpoint_url, not no_cache, max_requests)


def with_engine(
    aws: "AwsOptions",
    athena: tuple[str | None, str | None, str | None],
    log_groups: list[str] | None,
    event_data_store: str | None,
    *,
    dry_run: bool = False,
) -> "AwsOptions":
    """Return which engine to ask instead of event history; `athena` is the table, the workgroup and the output.

    Raises:
        UsageError: more than one is named, or an option of one that is not.
    """
    from msgspec import structs

    from trail_diff.aws.engines.choices import AthenaTable, EngineChoice, EventDataStore, LogGroups

    chosen: list[EngineChoice] = []
    chosen += [AthenaTable(athena[0], athena[1], athena[2])] if athena[0] else []
    chosen += [LogGroups(tuple(log_groups))] if log_groups else []
    chosen += [EventDataStore(event_data_store)] if event_data_store else []
    if len(chosen) > 1:
        raise UsageError(
            "--athena-table, --log-group and --event-data-store do not go together", hint="name the one to ask"
        )
    if not athena[0] and (athena[1] or athena[2]):
        raise UsageError("--athena-workgroup and --athena-output go with --athena-table", hint="name the table as well")
    if dry_run and not chosen:
        raise UsageError("--dry-run shows what an engine would be asked", hint="name it: --athena-table, --log-group …")
    return structs.replace(aws, engine=chosen[0] if chosen else None, is_dry_run=dry_run)


@contextmanager
def redacting(map_file: Path | None, *, wanted: bool) -> "Iterator[Redactor | None]":
    """Return a redactor if one is wanted; the map is written before, so that it can be, and complete when all is done.

    Raises:
        UsageError: the map cannot be read or written, or is named without need.
    """
    if not wanted:
        if map_file is not None:
            raise UsageError("--map goes with --redact", hint="add --redact, or leave --map out")
        yield None
        return
    from trail_diff.redact.owner_map import make_pseudonyms, write_map
    from trail_diff.redact.redactor import Redactor

    pseudonyms = make_pseudonyms(map_file)
    if map_file is not None:
        write_map(pseudonyms, map_file)
    yield Redactor(pseudonyms)
    if map_file is not None:
        write_map(pseudonyms, map_file)


def make_question(
    job_id: str | None,
    baseline_job_id: str | None,
    keys: list[str] | None,
    account: str | None,
    place: tuple[list[str] | None, str],
    case: Path | None = None,
) -> "Question":
    """Return what is asked; with a case bundle, its job id stands in for one. `place` is the Regions and the padding.

    Raises:
        UsageError: no job is named, or a padding is given with a bundle.
    """
    from trail_diff.case.builder import DEFAULT_PAD, Question

    padding = parse_duration_option(place[1])
    if job_id is None and case is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs' lists those found")
    if case is not None and padding != DEFAULT_PAD:
        raise UsageError(
            "--pad has no effect with --case: it holds what was collected",
            hint="leave it out, or collect the case anew with it",
        )
    return Question(job_id or "", baseline_job_id, tuple(keys or ()), account, tuple(place[0] or ()), padding)


def count_cores() -> int:
    """Return how many cores this process may use, up to where more of them only cost memory."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)


def fact_files(key_policy: str | None, key_state: str | None, grants: str | None, org_id: str | None) -> "FactFiles":
    """Name the files that tell of the key."""
    from trail_diff.gather.key_facts import FactFiles

    return FactFiles(key_policy, key_state, grants, org_id)


def parse_moment_option(text: str, option: str) -> datetime:
    """Read a time: ISO 8601, or how long ago.

    Raises:
        UsageError: it is neither.
    """
    from trail_diff.times import parse_moment

    moment = parse_moment(text, datetime.now(UTC))
    if moment is None:
        raise UsageError(f"{option} {text!r} is not a time", hint='write it as 2026-03-01T18:00:00Z or "2h ago"')
    return moment


def parse_duration_option(text: str) -> timedelta:
    """Read a duration such as 15m.

    Raises:
        UsageError: it is none.
    """
    from trail_diff.times import parse_duration

    duration = parse_duration(text)
    if duration is None:
        raise UsageError(f"--pad {text!r} is not a duration", hint="write it as 15m, 90s or 2h")
    return duration


def parse_window_option(text: str | None, option: str) -> "Window | None":
    """Read two times with a slash between them.

    Raises:
        UsageError: they are not, or in the wrong order.
    """
    if text is None:
        return None
    from trail_diff.model.learnt import Window

    start, _, end = text.partition("/")
    window = Window(parse_moment_option(start, option), parse_moment_option(end, option))
    if window.start > window.end:
        raise UsageError(f"{option} {text!r} ends before it begins", hint="write it as FROM/TO, the earlier time first")
    return window
