"""What a reader needs first, chosen from a report alike for the terminal and for a ticket."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Evidence, Finding, KeyPolicy, Remedy, Report
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.clean import clean
from trail_diff.render.phrases import caller_name, caller_type
from trail_diff.render.summary import DECISIVE

_MOST_ROWS = 8
_COLUMNS = 78
_OTHERS = ("denied-in-failed", "only-succeeded", "only-failed", "both")
_DOUBTS = frozenset({Reason.CHANGED_DURING_JOB, Reason.POLICY_IS_TODAYS, Reason.DENIAL_WOULD_BE_LOGGED})
"""Reasons why a finding is less than certain, shown beside the conditions that match."""


_CHANGES = frozenset({Reason.STATEMENT_ADDED, Reason.STATEMENT_ALTERED, Reason.POLICY_PUT_BETWEEN, Reason.RIVAL_OPEN})
"""What is told of a suspect beside its conditions: that it is new, and that it has a rival."""


class Shown(Struct, frozen=True):
    """The rows of the caller table to show, and how many are left out by their presence."""

    rows: tuple[CallerGroup, ...]
    left_out: Mapping[str, int]

    def by_caller(self) -> Mapping[Caller, Sequence[CallerGroup]]:
        """Return the rows of each caller, whatever its session, in the order of the table."""
        rows: dict[Caller, list[CallerGroup]] = {}
        for row in self.rows:
            rows.setdefault(row.caller.across_sessions(), []).append(row)
        return rows

    def say_left_out(self, words: Catalogue) -> str:
        """Return the sentence that counts the rows left out; nothing when there are none."""
        told = [words.count(presence, count) for presence, count in self.left_out.items() if count]
        return words.labels["and_also"].format(rows=words.grammar.join_items(told)) if told else ""


def choose_rows(report: Report) -> Shown:
    """Choose the rows that make the difference; without any, those that differ at all."""
    driving = [group for group in report.callers if group.driving]
    rows = driving or [group for group in report.callers if group.presence != "both"]
    shown = tuple(rows[:_MOST_ROWS])
    left_out = {
        presence: sum(1 for group in report.callers if group.presence == presence)
        - sum(1 for group in shown if group.presence == presence)
        for presence in _OTHERS
    }
    return Shown(shown, left_out)


def list_expected(report: Report, words: Catalogue, *, all_of_them: bool = False) -> Sequence[str]:
    """Return a line for each caller whose calls are expected and not recorded: its actions, and by what.

    Those to read first are what a refused caller has to do next and, where there is no answer, what a service does.
    """
    refused = {group.caller.role_arn for group in report.callers if group.failed.errors} - {None}
    is_open = report.verdict.outcome != "explained"
    missing: dict[tuple[Caller, Reason], list[str]] = {}
    for one in report.expected:
        is_first = one.caller.role_arn in refused or (is_open and one.key_role != "resource")
        if not one.seen and (all_of_them or is_first):
            missing.setdefault((one.caller, one.basis), []).append(one.action)
    return [
        f"{words.grammar.join_items(list(dict.fromkeys(actions)))}, "
        f"{caller_name(caller, words)} ({caller_type(caller, words)}): {words.reason(basis)}"
        for (caller, basis), actions in missing.items()
    ]


def list_attempts(report: Report, words: Catalogue) -> str:
    """Name what would not help; nothing when nothing was tried."""
    names = [words.attempts.get(remedy.id, remedy.id) for remedy in report.remedies if remedy.helps is False]
    return words.grammar.join_items(names)


def name_remedy(remedy: Remedy, words: Catalogue) -> str:
    """Return the name of a remedy, marked when it is not certain to help."""
    told = words.remedies.get(remedy.id, remedy.id)
    return words.labels["uncertain"].format(remedy=told) if remedy.helps == "undetermined" else told


def other_warnings(report: Report) -> Sequence[Reason]:
    """Return the warnings that the verdict's sentence does not include."""
    told = DECISIVE if report.verdict.outcome == "inconclusive" else ()
    return [warning for warning in report.coverage.warnings if warning not in told]


def explain_finding(report: Report, finding: Finding, actions: str, words: Catalogue) -> list[str]:
    """Return which statement is to blame, by which conditions and with what doubt, else why the cause holds.

    The cause itself is named only where the verdict does not name it.
    """
    parts = []
    if report.verdict.outcome != "explained":
        parts.append(f"{words.confidences[finding.confidence]}: {layout.show_finding(finding, actions, words)}")
    elif finding.statement is not None:
        parts.append(layout.show_place(finding, words))
    if finding.key is not None and finding.key != report.failed.key:
        parts.append(f"{words.labels['key']} {layout.show_key(finding.key)}")
    conditions = [
        layout.show_condition(condition, words) for condition in layout.conditions_of(finding, report.decisions)
    ]
    if not conditions:
        differs = layout.show_differences(report, finding, words)
        return [*parts, words.reasons_of(finding.reasons), *differs, *layout.show_clearing(finding, words)]
    doubts = tuple(reason for reason in finding.reasons if reason in _DOUBTS)
    told = [words.reasons_of(doubts)] if doubts else []
    if finding.confidence != "confirmed":
        told += [words.reason(reason) for reason in finding.reasons if reason in _CHANGES]
    told += [words.labels["fixed_since"]] if report.is_fixed_since(finding) else []
    told += [*layout.show_differences(report, finding, words), *layout.show_clearing(finding, words)]
    return parts + conditions + told


def show_evidence(report: Report, evidence: Evidence, words: Catalogue) -> str:
    """Show what a finding rests on by what happened and when; by its id or place when no more is known.

    A change of another key than the one named at the top is shown with that key, which is the one to fix.
    """
    change = next((change for change in report.changes if change.event_id == evidence.event_id), None)
    if change is not None:
        other = [layout.short_key(change.key)] if change.key and change.key != report.failed.key else []
        return words.grammar.join_items([layout.show_change(change, words), *other, layout.show_time(change.time)])
    event = next((event for event in report.events if event.event_id == evidence.event_id), None)
    if event is not None:
        told = event.event_name + (f" ({event.error_code})" if event.error_code else "")
        return words.grammar.join_items([told, layout.show_time(event.event_time)])
    return layout.show_evidence(evidence)


def guilty_statement(report: Report, finding: Finding) -> Any:
    """Return the statement of the key policy that a finding blames, as JSON has it; None when there is none to show."""
    policy = _policy_of(report, finding)
    if policy is None or finding.statement is None or finding.layer != "key-policy":
        return None
    statements = policy.document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    index = finding.statement.index - 1
    return clean(listed[index]) if 0 <= index < len(listed) else None


def show_step(step: Mapping[str, Any], words: Catalogue, columns: int = _COLUMNS) -> tuple[str, list[str]]:
    """Show one step of a patch: where something is added, changed or removed, and what as lines of JSON."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in str(step["path"]).split("/")[1:]]
    *place, last = parts
    is_statement = last == "-" or last.isdigit()
    told = words.labels[f"patch_{step['op']}"].format(place=_show_place(place, words))
    if step["op"] == "remove":
        return told, [_to_json(last)]
    name = "" if is_statement else f"{_to_json(last)}: "
    first, *rest = to_lines(clean(step["value"]), columns - len(name))
    return told, [name + first, *rest]


def to_lines(value: Any, columns: int = _COLUMNS) -> list[str]:
    """Return JSON as lines, each object or list in one where it fits the columns."""
    text = _to_json(value)
    if len(text) <= columns or not isinstance(value, dict | list) or not value:
        return [text]
    if isinstance(value, dict):
        first, last, items = "{", "}", [(f"{_to_json(key)}: ", item) for key, item in value.items()]
    else:
        first, last, items = "[", "]", [("", item) for item in value]
    lines = [first]
    for place, (name, item) in enumerate(items, 1):
        head, *rest = to_lines(item, columns - 2 - len(name))
        own = [f"  {name}{head}", *(f"  {line}" for line in rest)]
        own[-1] += "," if place < len(items) else ""
        lines += own
    return [*lines, last]


def coverage_line(report: Report, words: Catalogue) -> str:
    """Return in one line what was read, where from, and how much was skipped."""
    coverage = report.coverage
    skipped = sum(one.count for one in coverage.skipped)
    told = [layout.coverage_counts(coverage, words)] + ([words.count("skipped", skipped)] if skipped else [])
    places = [*coverage.regions, *(coverage.accounts if len(coverage.accounts) > 1 else ())]
    return words.grammar.join_items([*told, *places])


def _policy_of(report: Report, finding: Finding) -> KeyPolicy | None:
    if finding.caller is None:
        return None
    caller = finding.caller.across_sessions()
    keys = {
        group.key
        for group in report.callers
        if group.caller.across_sessions() == caller and finding.action in (None, group.action)
    }
    return next((policy for policy in report.policies if policy.key in keys), None)


def _show_place(parts: Sequence[str], words: Catalogue) -> str:
    """Show the place of a patch: statements are counted from 1, as everywhere else."""
    if len(parts) > 1 and parts[0] == "Statement" and parts[1].isdigit():
        statement = words.labels["statement"].format(index=int(parts[1]) + 1)
        return words.grammar.join_items([statement, *parts[2:]])
    return words.grammar.join_items([words.labels["policy"], *parts])


def _to_json(value: Any) -> str:
    return escape.json(json.dumps(value, ensure_ascii=False))
