"""Turns what a program has at hand (paths, records, documents, times) into the values that the library takes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from trail_diff.errors import UsageError
from trail_diff.gather.job_files import check_job_documents
from trail_diff.gather.key_facts import Document, FactFiles
from trail_diff.inputs import Inputs
from trail_diff.moments import parse_duration, parse_moment, possible_days
from trail_diff.pasted.arguments import check_files, take_account, take_organization
from trail_diff.read.interface import ReadOptions

Item = str | Path | Mapping[str, Any]
"""A path, or a document that JSON could hold: a record, a job, or an answer of AWS with many of them."""
Material = Item | Iterable[Item]
Fact = str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""A file, or what it would hold."""
Moment = str | datetime
Names = str | Iterable[str]

_STDIN = "-"
_MISSING = {"NaTType", "NAType"}
"""What pandas has where a row lacks a field, by the names of its types."""


def make_inputs(
    events: Material | None,
    *,
    case: str | Path | None = None,
    jobs: Material | None = None,
    regions: Names | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    facts: FactFiles = FactFiles(),  # noqa: B008 - frozen
) -> Inputs:
    """Return where to read: documents in memory are read as a stream of JSON, as if they came in by stdin.

    Raises:
        UsageError: something is of a type that cannot be read, or nothing is given.
    """
    paths, documents = _take_apart(events, "events")
    files, described = _take_apart(jobs, "jobs")
    if described:
        check_job_documents(_stream(described, "jobs"), "jobs")
    bundle = _take_path(case, "case")
    if not (paths or documents or described) and bundle is None:
        raise UsageError(
            "no events were given",
            hint="give paths or records; to ask AWS itself: analyse(load_case(Inputs(aws=AwsOptions(…)), Question(…)))",
        )
    if bundle is not None and (paths or documents or files or described):
        raise UsageError("events and jobs do not go with case", hint="a case bundle holds its events; leave one out")
    span = take_moment(start, "start"), take_moment(end, "end", is_end=True)
    if span[0] is not None and span[1] is not None and span[0] > span[1]:
        raise UsageError(f"start={start!r} is after end={end!r}", hint="give the earlier time as start")
    return Inputs(
        events=(*paths, _STDIN) if documents or described else paths,
        case=bundle,
        jobs=files,
        options=ReadOptions(take_names(regions, "regions"), *span),
        facts=facts,
        stdin=_stream(documents + described, "events"),
    )


def _stream(documents: Iterable[Mapping[str, Any]], what: str) -> BytesIO:
    return BytesIO(b"".join(_encode(document, what) + b"\n" for document in documents))


def take_names(names: Names | None, what: str) -> tuple[str, ...]:
    """Return one name or several as a tuple.

    Raises:
        UsageError: it is something else.
    """
    if names is None or isinstance(names, str):
        return (names,) if names else ()
    if isinstance(names, Iterable):
        taken = tuple(names)
        if all(isinstance(name, str) for name in taken):
            return taken
    raise wrong_type(names, what, "a string or several")


def take_fact(fact: Fact | None, what: str) -> str | Document | None:
    """Return a file's path, or the document itself.

    Raises:
        UsageError: it is something else.
    """
    if fact is None or isinstance(fact, (str, Path)):
        _refuse_text(fact, what)
        check_files({_option(what): [fact]})
        return str(fact) if fact is not None else None
    if isinstance(fact, (Mapping, list, tuple)):
        return Document(what, json.loads(_encode(fact, what)))
    raise wrong_type(fact, what, "a path or the document as a dict")


def take_duration(duration: timedelta | str, what: str) -> timedelta:
    """Return a duration.

    Raises:
        UsageError: it is none.
    """
    taken = parse_duration(duration) if isinstance(duration, str) else duration
    if not isinstance(taken, timedelta) or taken < timedelta(0):
        raise UsageError(f"{what}={duration!r} is not a duration", hint='give a timedelta, or "15m"')
    return taken


def take_parameters(parameters: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Return the parameters of a template.

    Raises:
        UsageError: they are no names with texts.
    """
    if parameters is None or isinstance(parameters, Mapping):
        return parameters
    raise wrong_type(parameters, "parameters", "a dict of names and values")


def _take_path(path: str | Path | None, what: str) -> Path | None:
    if path is None or isinstance(path, (str, Path)):
        return Path(path) if path is not None else None
    raise wrong_type(path, what, "a path")


def take_text(text: str | None, what: str) -> str | None:
    """Return a text.

    Raises:
        UsageError: it is something else.
    """
    if text is None or isinstance(text, str):
        return text
    raise wrong_type(text, what, "a string")


def take_accounts(accounts: Names | None, what: str) -> tuple[str, ...]:
    """Return accounts, each without the dashes that the console shows.

    Raises:
        UsageError: they are something else.
    """
    return tuple(take_account(one, what) for one in take_names(accounts, what))


def take_organization_id(text: str | None) -> str | None:
    """Return the id of an organization.

    Raises:
        UsageError: it is none.
    """
    given = take_text(text, "organization_id")
    return take_organization(given, "organization_id") if given is not None else None


def _take_apart(material: Material | None, what: str) -> tuple[tuple[str, ...], list[Mapping[str, Any]]]:
    """Return the paths and the documents."""
    if material is None:
        return (), []
    if isinstance(material, (str, Path, Mapping)):
        items: list[Item] = [material]
    elif isinstance(material, Iterable) and not isinstance(material, (bytes, bytearray)) and not is_frame(material):
        items = list(material)
    else:
        raise wrong_type(material, what, "a path, a record as a dict, or several")
    for item in items:
        if not isinstance(item, (str, Path, Mapping)):
            raise wrong_type(item, what, "paths or dicts")
        _refuse_text(item, what)
    check_files({_option(what): [item for item in items if isinstance(item, str)]})
    paths = tuple(str(item) for item in items if not isinstance(item, Mapping))
    return paths, [item for item in items if isinstance(item, Mapping)]


def _option(what: str) -> str:
    """Return the option that an argument stands for."""
    return {"events": "--events", "jobs": "--job"}.get(what, f"--{what.replace('_', '-')}")


def is_frame(value: object) -> bool:
    """Check whether a value is a table of pandas, whose iteration gives names of columns."""
    return hasattr(value, "to_dict") and hasattr(value, "columns")


def _refuse_text(item: object, what: str) -> None:
    if isinstance(item, str) and item.lstrip()[:1] in {"{", "["}:
        raise UsageError(f"{what}: this string is JSON, not a path", hint=f"give it parsed: {what}=json.loads(text)")


def wrong_type(value: object, what: str, wanted: str) -> UsageError:
    """Return the error that an argument is of another type, with what to give."""
    kind = type(value).__name__
    hint = f"give {wanted}" if not is_frame(value) else f'give its rows: {what}=frame.to_dict("records")'
    return UsageError(f"{what} cannot be of type {kind}", hint=hint)


def _encode(document: object, what: str) -> bytes:
    """Return a document as JSON; times, as boto3 has them, as ISO 8601, and what a table lacks (NaN, NaT) as null."""
    try:
        try:
            return json.dumps(document, default=_plain, allow_nan=False).encode()
        except ValueError:
            return json.dumps(_without_nan(document), default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what}: {error}", hint="give only what JSON can hold, and times") from error


def _without_nan(value: object) -> object:
    """Return a document with null for each number that is none, as a table of pandas has where a row lacks a field."""
    match value:
        case float() if value != value:  # noqa: PLR0124 - only NaN differs from itself
            return None
        case dict():
            return {name: _without_nan(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_without_nan(inner) for inner in value]
        case _:
            return value


def _plain(value: object) -> object:
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def take_moment(moment: Moment | None, what: str, *, is_end: bool = False) -> datetime | None:
    """Return a time as an aware one; a text without a zone is UTC, whatever TZ says, so that a program has one answer.

    Raises:
        UsageError: it is none, or has no time zone.
    """
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise UsageError(f"{what} has no time zone", hint="give an aware time: datetime(…, tzinfo=UTC)")
        return moment.astimezone(UTC)
    if moment is None:
        return None
    parsed = parse_moment(moment, datetime.now(UTC), is_end=is_end) if isinstance(moment, str) else None
    if parsed is None:
        days = possible_days(moment) if isinstance(moment, str) else ()
        forms = " or ".join(days) or 'an aware datetime, "2026-03-01T18:00:00Z" or "2h ago"'
        raise UsageError(f"{what}={moment!r} is not a time", hint=f"give {forms}")
    return parsed
