"""Chooses from a report what a reader needs first, the same for a terminal and for a ticket."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.arns import last_name
from trail_diff.model.decisions import ConditionOutcome
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Change, Evidence, Finding, KeyPolicy, Remedy, Report
from trail_diff.render import findings, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.changes import changes_of
from trail_diff.render.clean import clean
from trail_diff.render.json_lines import COLUMNS, Layout, to_json, to_lines
from trail_diff.render.phrases import caller_name, name_typed
from trail_diff.render.summary import DECISIVE

_MOST_ROWS = 8
_MOST_VALUES = 1
_OTHERS = ("denied-in-failed", "only-succeeded", "only-failed", "both")
_DOUBTS = frozenset(
    {
        Reason.CHANGED_DURING_JOB,
        Reason.POLICY_IS_TODAYS,
        Reason.DENIAL_WOULD_BE_LOGGED,
        Reason.EXPECTED_BY_PROFILE,
        Reason.EXPECTED_FROM_OTHER_JOB,
    }
)
"""Reasons why a finding is less than certain, shown beside the conditions that match."""


_CHANGES = frozenset(
    {
        Reason.STATEMENT_ADDED,
        Reason.STATEMENT_ALTERED,
        Reason.POLICY_PUT_BETWEEN,
        Reason.JOBS_FAIL_SINCE_CHANGE,
        Reason.JOBS_FAIL_WITHOUT_IT,
        Reason.SIBLING_KEY_LACKS_STATEMENT,
        Reason.RIVAL_OPEN,
    }
)
"""What is told of a suspect beside its conditions: that it is new, what others do, and that it has a rival."""


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
        rows = words.join_items(told)
        return words.labels["and_also"].format(rows=rows) if rows and self.rows else rows


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


def list_expected(
    report: Report, words: Catalogue, *, all_of_them: bool = False, is_short: bool = False
) -> Sequence[str]:
    """Return a line for each caller whose calls are expected and not recorded: its actions, and by what.

    Those to read first are what a refused caller has to do next and, where there is no answer, what a service does.
    """
    refused = {group.caller.role_arn for group in report.callers if group.failed.errors} - {None}
    is_open = report.verdict.outcome != "explained"
    missing: dict[tuple[Caller, Reason], list[str]] = {}
    for one in report.expected:
        is_first = (role := one.caller.role_arn) in refused or (is_open and (one.key_role != "resource" or not role))
        if not one.seen and (all_of_them or is_first):
            missing.setdefault((one.caller, one.basis), []).append(one.action)
    lines = []
    for (caller, basis), actions in missing.items():
        who = caller_name(caller, words) if is_short else name_typed(caller, words)
        told = words.join_items([*dict.fromkeys(actions), who])
        lines.append(told if is_short else words.head(told, words.reason(basis)))
    return lines


def list_consequences(report: Report, words: Catalogue) -> Sequence[str]:
    """Return a line for each call that is missing only because of the first finding, and why it is taken to be."""
    return [
        words.head(f"{caller_name(one.caller, words)} {one.action}", words.reason(one.reason))
        for one in report.consequences
    ]


def best_remedy(report: Report) -> Remedy | None:
    """Return the remedy to try first."""
    return next((remedy for remedy in report.remedies if remedy.id == report.best_remedy), None)


def list_attempts(report: Report, words: Catalogue) -> str:
    """Name what would not help; nothing when nothing was tried."""
    names = [words.attempts.get(remedy.id, remedy.id) for remedy in report.remedies if remedy.helps is False]
    return words.join_items(names)


def name_remedy(remedy: Remedy, words: Catalogue) -> str:
    """Return the name of a remedy in short, marked when it is not certain to help."""
    told = title_remedy(structs.replace(remedy, resource=last_name(remedy.resource)), words)
    return words.labels["uncertain"].format(remedy=told) if remedy.helps == "undetermined" else told


def title_remedy(remedy: Remedy, words: Catalogue) -> str:
    """Return the name of a remedy, with what is to be changed or named where it is known and not the key."""
    told = words.remedies.get(remedy.id, remedy.id)
    return words.head(told, remedy.resource or "")


def document_of(remedy: Remedy) -> Any:
    """Return what a remedy that changes no key policy puts elsewhere: the policy, or the context to send; else None."""
    return remedy.encryption_context or (remedy.policy if remedy.patch is None else None)


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
        parts.append(words.head(words.confidences[finding.confidence], findings.show_finding(finding, actions, words)))
    elif finding.statement is not None:
        parts.append(findings.show_place(finding, words))
    if finding.key is not None and finding.key != report.failed.key:
        parts.append(findings.name_key(finding.key, words))
    outcomes = findings.conditions_to_tell(report, finding)
    conditions = [_show_condition(one, finding, words) for one in outcomes]
    differs = findings.show_differences(report, finding, words, _MOST_VALUES)
    if not conditions:
        return [*parts, words.reasons_of(finding.reasons), *differs, *findings.show_clearing(finding, words)]
    doubts = tuple(reason for reason in finding.reasons if reason in _DOUBTS)
    is_certain = finding.confidence == "confirmed"
    doubts += () if is_certain else tuple(reason for reason in finding.reasons if reason in _CHANGES)
    told = [words.reasons_of(doubts)] if doubts else []
    told += [findings.say_mended(finding, words)] if finding.mended_since and report.best_remedy is None else []
    shown = {one.unless for one in outcomes}
    rest = tuple(one for one in finding.rests_on if one.unless not in shown)
    clearing = findings.show_clearing(structs.replace(finding, rests_on=rest), words)
    return [*parts, *conditions, *told, *differs, *clearing]


_OF_THE_TABLE = frozenset({Reason.CALLER_MISSING, Reason.CALLER_REFUSED, Reason.RIVAL_OPEN})
_OF_THE_CHANGE = frozenset({Reason.STATEMENT_REMOVED, Reason.STATEMENT_ADDED, Reason.STATEMENT_ALTERED})


def without_repeated(report: Report, finding: Finding) -> Finding:
    """Return a finding without what the page shows anyway: the caller's row, the rivals, the changed statements."""
    is_compared = any(change.statements for change in changes_of(report, finding))
    shown = _OF_THE_TABLE | (_OF_THE_CHANGE if is_compared else frozenset())
    kept = tuple(reason for reason in finding.reasons if reason not in shown)
    return structs.replace(finding, reasons=kept or finding.reasons)


def join_rows(rows: Sequence[CallerGroup]) -> list[list[CallerGroup]]:
    """Put the rows of a caller together that only differ in their action and how often it was called."""
    joined: dict[object, list[CallerGroup]] = {}
    for row in rows:
        joined.setdefault((row.presence, row.key, row.failed.calls > 0, row.failed.errors > 0), []).append(row)
    return list(joined.values())


def _show_condition(condition: ConditionOutcome, finding: Finding, words: Catalogue) -> str:
    """Show a condition; of an uncertain finding with what would clear it, unless AWS documents that it never holds."""
    told = findings.show_condition(condition, findings.effect_of(finding), words)
    is_open = condition.grade == "inferred" or condition.outcome == "unknown"
    if finding.confidence == "confirmed" or condition.unless is None or not is_open:
        return told
    unless = findings.show_unless(finding, condition.unless, words, is_open=condition.outcome == "unknown")
    return words.join_clauses([told, unless])


def show_evidence(report: Report, evidence: Evidence, words: Catalogue) -> str:
    """Show what a finding rests on by what happened and when; by its id or place when no more is known."""
    change = next((change for change in report.changes if change.event_id == evidence.event_id), None)
    if change is not None:
        return show_dated_change(report, change, words)
    event = next((event for event in report.events if event.event_id == evidence.event_id), None)
    if event is not None:
        told = words.aside(event.event_name, event.error_code) if event.error_code else event.event_name
        return f"{layout.show_time(event.event_time)} {told}"
    return layout.show_place_of(evidence, words)


def guilty_statement(report: Report, finding: Finding) -> Any:
    """Return the statement of the key policy that a finding blames, as JSON has it; None when there is none to show."""
    policy = _policy_of(report, finding)
    if policy is None or finding.statement is None or finding.layer != "key-policy":
        return None
    statements = policy.document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    index = finding.statement.index - 1
    return clean(listed[index]) if 0 <= index < len(listed) else None


def show_dated_change(report: Report, change: Change, words: Catalogue) -> str:
    """Show when what was changed by whom, and which statements: with its key where it is another than the job's."""
    other = [layout.short_key(change.key)] if change.key and change.key != report.failed.key else []
    return f"{layout.show_time(change.time)} {words.join_items([layout.show_change(change, words), *other])}"


def is_rival(other: Finding, finding: Finding) -> bool:
    """Check whether a finding explains otherwise than the first one, and not just one more call in the same way."""
    return (other.cause, other.caller, other.statement, other.layer, other.key) != (
        finding.cause,
        finding.caller,
        finding.statement,
        finding.layer,
        finding.key,
    )


def name_rival(report: Report, finding: Finding, rival: Finding, actions: str, words: Catalogue) -> str:
    """Name another explanation: in full, or only its statement when the cause and the calls are the same."""
    confidence = words.confidences[rival.confidence]
    is_alike = (rival.cause, rival.caller, rival.key) == (finding.cause, finding.caller, finding.key)
    if not is_alike or rival.statement is None:
        told = words.head(confidence, findings.show_finding(rival, actions, words))
        other = [findings.name_key(rival.key, words)] if rival.key and rival.key != finding.key else []
        return words.join_clauses([told, *other])
    place = layout.show_statement(rival.statement, words)
    keys = [one.key for one in findings.conditions_of(rival, report.decisions)]
    tested = words.grammar.join_names(list(dict.fromkeys(keys)))
    clearing = findings.show_clearing(rival, words)
    shown = words.labels["tests_keys"].format(place=place, keys=tested) if tested and not clearing else place
    return words.join_clauses([words.head(confidence, shown), *clearing])


def support_remedy(report: Report) -> Remedy | None:
    """Return the remedy that AWS Support gives for a Deny that hits a service, where it helps and is not the best."""
    return next(
        (
            remedy
            for remedy in report.remedies
            if remedy.id == "exempt-service-principals" and remedy.helps is True and remedy.id != report.best_remedy
        ),
        None,
    )


def show_support_remedy(remedy: Remedy, words: Catalogue) -> str:
    """Show in one clause in what AWS Support's remedy differs, which exempts every service, and what it adds."""
    return words.head(words.labels["support_differs"], support_patch(remedy))


def support_patch(remedy: Remedy) -> str:
    """Return what AWS Support's remedy adds to the conditions of Denies, and else, as JSON; what is alike once."""
    texts = []
    for step in remedy.patch or ():
        added: Any = step["value"]
        for part in reversed(str(step["path"]).partition("/Condition")[2].split("/")):
            added = {part: added} if part else added
        text = to_json(clean(added))
        texts.append(text[1:-1] if "/Condition" in str(step["path"]) else text)
    return "; ".join(dict.fromkeys(texts))


def show_proof(remedy: Remedy, words: Catalogue) -> list[str]:
    """Show what the replay came to and what then allows the calls, then the other risks."""
    told = [layout.show_replay(remedy.replay, words)] if remedy.replay else []
    if remedy.allowed_by is not None:
        told.append(words.labels["allowed_by"].format(statement=layout.show_statement(remedy.allowed_by, words)))
    hidden = Reason.KEY_POLICY_ALLOWS if remedy.allowed_by is not None else None
    return [*told, *(words.reason(risk) for risk in remedy.risks if risk != hidden)]


def show_steps(
    patch: Sequence[Mapping[str, Any]], words: Catalogue, columns: int = COLUMNS, lay_out: Layout = to_lines
) -> list[tuple[str, list[str]]]:
    """Show the steps of a patch; those that write the same in several places share one text."""
    merged: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for step in patch:
        merged.setdefault((step["op"], *show_step(step, words, columns, lay_out)[1]), []).append(step)
    return [(_show_places(steps, words), lines) for (_, *lines), steps in merged.items()]


def _show_places(steps: Sequence[Mapping[str, Any]], words: Catalogue) -> str:
    """Show what steps of one kind do where: statements are counted from 1, as everywhere else."""
    places = [_show_place(_parts_of(step)[:-1], words) for step in steps]
    return words.labels[f"patch_{steps[0]['op']}"].format(place=words.grammar.join_names(places))


def _parts_of(step: Mapping[str, Any]) -> Sequence[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in str(step["path"]).split("/")[1:]]


def show_step(
    step: Mapping[str, Any], words: Catalogue, columns: int = COLUMNS, lay_out: Layout = to_lines
) -> tuple[str, list[str]]:
    """Show one step of a patch: where something is added, changed or removed, and what as lines of JSON."""
    last, told = _parts_of(step)[-1], _show_places([step], words)
    is_statement = last == "-" or last.isdigit()
    if step["op"] == "remove":
        return told, [to_json(last)]
    name = "" if is_statement else f"{to_json(last)}:"
    value = clean(step["value"])
    text = to_json(value)
    if name and len(name) + 1 + len(text) > columns >= len(text) + 2:
        return told, [name, f"  {text}"]
    first, *rest = lay_out(value, columns - len(name) - 1)
    return told, [f"{name} {first}" if name else first, *rest]


def coverage_line(report: Report, words: Catalogue, *, has_places: bool = True) -> str:
    """Return in one line what was read, from which Regions and accounts if wanted, and how much was skipped."""
    coverage = report.coverage
    skipped = sum(one.count for one in coverage.skipped)
    told = [layout.coverage_counts(coverage, words)] + ([words.count("skipped", skipped)] if skipped else [])
    places = [*coverage.regions, *(coverage.accounts if len(coverage.accounts) > 1 else ())]
    kept = [f"{words.labels['cached_at']} {layout.show_time(coverage.cached_at)}"] if coverage.cached_at else []
    return words.join_items([*told, *(places if has_places else ()), *kept])


def _policy_of(report: Report, finding: Finding) -> KeyPolicy | None:
    if finding.caller is None:
        return None
    caller = finding.caller.across_sessions()
    keys = {
        group.key
        for group in report.callers
        if group.caller.across_sessions() == caller
        and finding.action in (None, group.action)
        and (finding.key is None or finding.key == group.key)
    }
    return next((policy for policy in report.policies if policy.key in keys), None)


def _show_place(parts: Sequence[str], words: Catalogue) -> str:
    if len(parts) > 1 and parts[0] == "Statement" and parts[1].isdigit():
        statement = words.labels["statement"].format(index=int(parts[1]) + 1)
        return words.join_items([statement, *parts[2:]])
    return words.join_items([words.labels["policy"], *parts])
