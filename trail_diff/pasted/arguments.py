"""Recognizes an argument that is something else than is wanted there, before anything is read."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from trail_diff.arns import last_name
from trail_diff.pasted.forms import Pasted, find_account, find_key, find_organization, recognize
from trail_diff.pasted.wording import EXPORT_EVENTS, KINDS, refuse, step
from trail_diff.read.walk import place_in_wsl

_SOURCE_OPTIONS = {"--events", "FAILED", "SUCCEEDED"}
_OF_KEY = {"--key-policy": "get-policy", "--old": "get-policy", "--key-state": "get-state", "--grants": "get-grants"}
_OF_JOB = {"--job": "describe-job", "FAILED": "give-both-ids", "SUCCEEDED": "give-both-ids"}
_SOURCES = {
    "event-data-store": "give-store",
    "log-group": "give-log-group",
    "bucket": "give-bucket",
    "trail": "give-trail",
    "region": "give-region",
    "page": "export-events",
    "event": "export-events",
}
_OTHER_FILES = {"--case": "give-case", "--calls": "give-calls"}
_LISTS = {
    "key": "key-callers",
    "recovery-point": "point",
    "resource": "jobs-of-resource",
    "vault": "jobs-of-vault",
    "account": "jobs-of-account",
    "file": "events",
}
"""The step for what was given, where it stands."""

_PRINCIPAL = re.compile(r"arn:[a-z-]+:(?:iam::\d{12}:(?:role|user)|sts::\d{12}:assumed-role)/[\w+=,.@/-]+")
_SAVED_CALLS, _FIRST_BYTES = b'"trail-diff/calls/', 64


def check_files(files: Mapping[str, Iterable[str | Path | None]]) -> None:
    """Check that nothing else was given as a file, by option; whether a file is there is for its reader to say.

    Raises:
        UsageError: an id, an ARN or a document was.
    """
    for option, given in files.items():
        for text in given:
            if isinstance(text, str) and not _may_be_path(text):
                _refuse_file(text, option)
            if option in _SOURCE_OPTIONS and text is not None and _holds_saved_calls(text):
                raise refuse("saved-calls", option=option, value=text)


def _may_be_path(text: str) -> bool:
    if not text.strip() or text == "-" or text.startswith("s3://"):
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # longer than a name can be, as a document is
        return False


def _holds_saved_calls(text: str | Path) -> bool:
    """Check by its first bytes whether a file is what `callers --save` wrote."""
    try:
        if not Path(text).is_file():
            return False
        with Path(text).open("rb") as file:
            return _SAVED_CALLS in file.read(_FIRST_BYTES)
    except (OSError, ValueError):
        return False


def _refuse_file(text: str, option: str) -> None:
    seen = recognize(text)
    place = place_in_wsl(text)
    if place:
        raise refuse("windows-path", option=option, value=text, place=place)
    if seen.kind in {"file", "message", "other"}:
        return
    shown = text if seen.kind != "json" else f"{' '.join(text.split())[:20]}…"
    what = KINDS["job" if seen.kind == "id" and option not in _OF_KEY else seen.kind]
    raise refuse("not-a-file", option=option, value=shown.strip(), what=what, advice=_where(seen, option))


def _where(seen: Pasted, option: str) -> str:
    """Return where what was given in place of a file belongs."""
    match seen.kind:
        case "job" | "id" if option not in _OF_KEY:
            name = _OF_JOB.get(option, "give-job-id")
        case "key" | "id":
            name = _OF_KEY.get(option, "give-key")
        case "json":
            name = "save-json" if option == "--events" else "save-document"
        case _ if option in _OF_KEY:
            return step(_OF_KEY[option], value="KEY")
        case kind if option in _SOURCE_OPTIONS:
            name = _SOURCES.get(kind, "give-file")
        case _:
            name = _OTHER_FILES.get(option, "give-file")
    return step(name, option=option, value=seen.value, command=EXPORT_EVENTS)


def take_keys(keys: Iterable[str] | None, option: str = "--key", *, or_encrypted: bool = False) -> tuple[str, ...]:
    """Return the keys in what was given, each without what stood around it; `or_encrypted`: or what a key is for.

    Raises:
        UsageError: something else than a key was given.
    """
    return tuple(_take_key(text, option, or_encrypted=or_encrypted) for text in keys or ())


def _take_key(text: str, option: str, *, or_encrypted: bool = False) -> str:
    address, names, arn = text.partition("=arn:")  # as what-if takes it, with the key's address in a plan
    if names:
        return f"{address.strip()}={_take_key(f'arn:{arn}', option)}"
    seen = recognize(text)
    if or_encrypted and seen.kind in {"vault", "resource"}:
        return seen.value
    if seen.kind == "job":
        raise refuse("job-as-key", option=option, value=seen.value, advice=step("explain-job", value=seen.value))
    if seen.kind not in {"id", "key", "other", "file"} or (seen.kind == "file" and Path(seen.value).exists()):
        advice = step("key-of-vault" if seen.kind == "vault" else "list-keys", vault=last_name(seen.value))
        raise refuse("not-a-key", option=option, value=seen.value, what=KINDS[seen.kind], advice=advice)
    return find_key(text)


def take_account(text: str, option: str = "--account") -> str:
    """Return the account in what was given.

    Raises:
        UsageError: it is no account.
    """
    return _need(find_account(text), "not-an-account", option, text)


def take_role(text: str) -> str:
    """Return the ARN of the role or user in what was given; a session's is that of its caller.

    Raises:
        UsageError: it is none.
    """
    found = _PRINCIPAL.search(text)
    return _need(found and found[0], "not-a-role", "--role", text)


def take_organization(text: str, option: str = "--org-id") -> str:
    """Return the id of the organization in what was given.

    Raises:
        UsageError: there is none.
    """
    return _need(find_organization(text), "not-an-organization", option, text)


def _need(found: str | None, case: str, option: str, text: str) -> str:
    if found is None:
        raise refuse(case, option=option, value=repr(text))
    return found


def where_to_put(text: str, command: str) -> str | None:
    """Return where a word belongs that a command does not take by itself; None for other words."""
    seen = recognize(text)
    events = "events" if command == "trail-diff" else "events-of"
    match seen.kind:
        case "id" | "job":
            return step("give-job-id", value=seen.value)
        case "key":
            return step("give-key")
        case "file":
            return step(events, value=seen.value, command=command)
        case "other" if Path(seen.value).exists():
            return step(events, value=seen.value, command=command)
        case _:
            return None


def list_command(seen: Pasted) -> str:
    """Return the command that lists the jobs of what was given in place of a job."""
    return step(_LISTS.get(seen.kind, "list-jobs"), value=seen.value, vault=last_name(seen.value))
