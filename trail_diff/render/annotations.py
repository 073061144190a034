"""What a gate objects to, one by one, as annotations of a file: GitHub's workflow commands and SARIF 2.1.0.

Source: GitHub, "Workflow commands for GitHub Actions"; OASIS, "Static Analysis Results Interchange Format 2.1.0".
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Literal, get_args
from urllib.parse import quote

from msgspec import Struct

from trail_diff.arns import last_name
from trail_diff.model.what_if import Location, WhatIf, WhatIfKey, WhatIfRow
from trail_diff.render import escape, what_if
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.phrases import caller_name

Rule = Literal[
    "policy-breaks-call",
    "policy-puts-call-at-risk",
    "policy-refuses-known-call",
    "policy-not-tried",
    "evidence-too-old",
]
Level = Literal["error", "warning", "note"]

RULES: Sequence[Rule] = get_args(Rule)
_RULE_OF: Mapping[str, tuple[Rule, Level]] = {
    "breaks": ("policy-breaks-call", "error"),
    "at-risk": ("policy-puts-call-at-risk", "warning"),
}
_UNOBSERVED: tuple[Rule, Level] = ("policy-refuses-known-call", "note")
_COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class Annotation(Struct, frozen=True):
    """One objection: the rule, how grave it is, a sentence, and the line it is about; `name` tells it from others."""

    rule: Rule
    level: Level
    message: str
    location: Location
    name: str


def annotate(report: WhatIf, file: str, words: Catalogue) -> Iterator[Annotation]:
    """Yield what is to be said of a replay: calls that break or are at risk, and keys that could not be tried.

    A call that decides nothing is a note.
    """
    start = Location(file, 1)
    for row in report.calls:
        if row.outcome in _RULE_OF:
            rule, level = _RULE_OF[row.outcome] if row.decides else _UNOBSERVED
            name = f"{row.address} {caller_name(row.caller, words)} {row.action} {row.outcome}"
            yield Annotation(rule, level, _explain(row, words), row.location or start, name)
    for key in report.keys:
        if key.is_open:
            yield Annotation("policy-not-tried", "error", _not_tried(key, words), key.location or start, key.address)
    if report.outcome == "evidence-too-old":
        yield Annotation("evidence-too-old", "error", what_if.show_gate(report, words), start, "")


def show_commands(annotations: Sequence[Annotation], words: Catalogue) -> str:
    """Show annotations as workflow commands, a line each."""
    lines = [
        f"::{_COMMANDS[one.level]} file={_property(_relative(one.location.file))},line={one.location.line},"
        f"title={_property(words.labels[f'rule {one.rule}'])}::{_data(one.message)}"
        for one in annotations
    ]
    return "".join(f"{line}\n" for line in lines)


def show_sarif(annotations: Sequence[Annotation], words: Catalogue, version: str) -> str:
    """Show annotations as a SARIF log."""
    rules = [{"id": rule, "shortDescription": {"text": words.labels[f"rule {rule}"]}} for rule in RULES]
    driver = {"name": "trail-diff", "semanticVersion": version, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(one) for one in annotations], "columnKind": "utf16CodeUnits"}
    return escape.json(json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)) + "\n"


def _result(one: Annotation) -> dict[str, object]:
    place = {"artifactLocation": {"uri": _uri(one.location.file)}, "region": {"startLine": one.location.line}}
    name = hashlib.blake2b(f"{one.rule} {one.name}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return {
        "ruleId": one.rule,
        "ruleIndex": RULES.index(one.rule),
        "level": one.level,
        "message": {"text": escape.terminal(one.message)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"trailDiff/v1": name},
    }


def _explain(row: WhatIfRow, words: Catalogue) -> str:
    address = "" if what_if.BESIDE & set(row.reasons) else row.address
    on = words.labels["on_key"].format(key=address or last_name(row.key) or words.labels["the_key"])
    what = f"{what_if.show_what_if(row, words)}: {caller_name(row.caller, words)} {row.action} {on}"
    told = [f"{what} ({what_if.show_observed(row, words)})", what_if.show_why(row, words)]
    return words.join_clauses([part for part in told if part])


def _not_tried(key: WhatIfKey, words: Catalogue) -> str:
    told = [words.reason(key.reason)] if key.reason is not None else []
    name = key.address or last_name(key.key) or words.labels["the_key"]
    return f"{name}: {words.join_clauses([*told, *([key.expression] if key.expression else [])])}"


def _relative(file: str) -> str:
    """Return a file as GitHub names it: with slashes, without a leading `./`."""
    path = PurePath(file).as_posix()
    return path.removeprefix("./")


def _uri(file: str) -> str:
    path = _relative(file)
    is_absolute = path.startswith("/") or re.match(r"[A-Za-z]:/", path) is not None
    return f"file:///{quote(path.lstrip('/'))}" if is_absolute else quote(path)


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return escape.terminal(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command, in which colons and commas separate."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
