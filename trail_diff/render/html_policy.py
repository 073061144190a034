"""Policies laid out for reading: lines, the statement that decides, and what a change does to them."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from trail_diff.model.decisions import CallerDecision, StatementOutcome
from trail_diff.model.report import Evidence, Finding, KeyPolicy, Report

MOST_LINES = 2_000
"""The most lines of a policy that are shown; KMS accepts 32 kB, a record may hold more."""

MOST_VIEWS = 3


class Line(Struct, frozen=True):
    """A line of a policy; `mark` says that it is added, removed or pointed at."""

    text: str
    mark: Literal["", "added", "removed", "gap", "pointed"] = ""


class Block(Struct, frozen=True):
    """Lines of a policy, those of one statement (its index starts at 1) or those around them (0)."""

    lines: tuple[Line, ...]
    index: int = 0
    outcome: StatementOutcome | None = None
    is_guilty: bool = False


class PolicyView(Struct, frozen=True):
    """A policy as it decides a caller: `decision` and `finding` where there are any."""

    policy: KeyPolicy
    blocks: tuple[Block, ...]
    left_out: int = 0
    decision: CallerDecision | None = None
    finding: Finding | None = None


def show_policies(report: Report) -> tuple[PolicyView, ...]:
    """Show the policies that findings blame; without any, those by which the first callers were decided."""
    views: dict[object, PolicyView] = {}
    for finding in report.findings:
        policy = policy_of(finding, report)
        if policy is not None and finding.layer in ("key-policy", None):
            place = (policy.key, finding.statement, finding.caller)
            views.setdefault(place, _view(policy, _decision_of(finding, report), finding))
    if not views:
        for policy in report.policies:
            views.setdefault(policy.key, _view(policy, _first_decision(policy, report), None))
    return tuple(views.values())[:MOST_VIEWS]


def policy_of(finding: Finding, report: Report) -> KeyPolicy | None:
    """Return the policy that decided the caller of a finding: that of its group, or the one its evidence names."""
    keys = [
        group.key
        for group in report.callers
        if finding.caller is not None
        and group.caller.across_sessions() == finding.caller.across_sessions()
        and group.action == finding.action
    ]
    by_key = [policy for key in keys for policy in report.policies if policy.key == key]
    by_evidence = [policy for policy in report.policies if _is_evidence(policy, finding.evidence)]
    return next(iter([*[one for one in by_key if one in by_evidence], *by_key, *by_evidence]), None)


def policy_lines(document: Mapping[str, Any] | None) -> list[str]:
    """Return the lines of a policy; no more than are shown."""
    return json.dumps(document, indent=2, ensure_ascii=False).split("\n")[:MOST_LINES] if document else []


def diff_policies(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[Line, ...]:
    """Return the lines that a change takes away and adds, with a few around them."""
    return tuple(_diff(policy_lines(old), policy_lines(new)))


def _diff(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Yield the changed lines with ten around them; a comma that comes or goes at a line's end is no change."""
    bare_old, bare_new = [line.rstrip(",") for line in old], [line.rstrip(",") for line in new]
    for number, group in enumerate(difflib.SequenceMatcher(None, bare_old, bare_new).get_grouped_opcodes(10)):
        if number or group[0][1]:
            yield Line("…", "gap")
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from (Line(f"  {line}") for line in new[new_start:new_end])
                continue
            yield from (Line(f"- {line}", "removed") for line in old[old_start:old_end])
            yield from (Line(f"+ {line}", "added") for line in new[new_start:new_end])


def _view(policy: KeyPolicy, decision: CallerDecision | None, finding: Finding | None) -> PolicyView:
    outcomes = {one.index: one for one in decision.statements if one.layer == "key-policy"} if decision else {}
    guilty = finding.statement.index if finding and finding.statement else 0
    blocks, room = [], MOST_LINES
    left_out = 0
    for index, texts in _blocks(policy.document):
        outcome = outcomes.get(index)
        pointed = _pointed(outcome) if index and index == guilty else ()
        kept = texts[: max(room, 0)]
        lines = tuple(Line(text, "pointed" if text.strip().startswith(pointed) else "") for text in kept)
        room -= len(texts)
        left_out += len(texts) - len(kept)
        if lines:
            blocks.append(Block(lines, index, outcome, is_guilty=bool(index) and index == guilty))
    return PolicyView(policy, tuple(blocks), left_out, decision, finding)


def _blocks(document: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a policy, those of each statement apart."""
    around = ["{"]
    entries = list(document.items())
    for place, (name, value) in enumerate(entries):
        end = "," if place < len(entries) - 1 else ""
        if name != "Statement" or not isinstance(value, list) or not value:
            around += _indent(value, 2, f"{json.dumps(name, ensure_ascii=False)}: ", end)
            continue
        yield 0, [*around, '  "Statement": [']
        for index, statement in enumerate(value, 1):
            yield index, _indent(statement, 4, "", "," if index < len(value) else "")
        around = [f"  ]{end}"]
    yield 0, [*around, "}"]


def _indent(value: Any, by: int, before: str, after: str) -> list[str]:
    text = before + json.dumps(value, indent=2, ensure_ascii=False) + after
    return [" " * by + line for line in text.split("\n")]


def _pointed(outcome: StatementOutcome | None) -> tuple[str, ...]:
    """Return how the lines begin that hold the conditions."""
    names = [name for one in outcome.conditions for name in (one.operator, one.key)] if outcome else []
    return tuple(f"{json.dumps(name, ensure_ascii=False)}:" for name in names)


def _decision_of(finding: Finding, report: Report) -> CallerDecision | None:
    return next(
        (
            decision
            for decision in report.decisions
            if decision.as_of == "failed-job"
            and finding.caller is not None
            and decision.caller.across_sessions() == finding.caller.across_sessions()
            and decision.action == finding.action
        ),
        None,
    )


def _first_decision(policy: KeyPolicy, report: Report) -> CallerDecision | None:
    """Return the decision on the first caller of the key: the table begins with those that matter."""
    for group in report.callers:
        for decision in report.decisions:
            is_of = decision.caller.across_sessions() == group.caller.across_sessions()
            if group.key == policy.key and is_of and decision.action == group.action:
                return decision
    return None


def _is_evidence(policy: KeyPolicy, evidence: Sequence[Evidence]) -> bool:
    one = policy.evidence
    return any(
        (one.event_id is not None and other.event_id == one.event_id)
        or (one.file is not None and other.file == one.file)
        for other in evidence
    )
