"""What the text renderers share of findings: what each says, and what it rests on, not yet escaped for a medium."""

from collections.abc import Collection, Sequence

from msgspec import structs

from trail_diff.model.codes import Cause
from trail_diff.model.decisions import CallerDecision, ConditionOutcome
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Report, RequestDifference
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.escape import shorten
from trail_diff.render.layout import place_key, show_key, show_statement, show_time
from trail_diff.render.phrases import caller_name

_MOST_VALUES = 3
_LONGEST_ERROR = 240
_LONGEST_VALUE = 160
_IS_NOT = " is not "
_DENIES = frozenset(cause for cause in Cause if cause.endswith("-deny"))


def conditions_of(finding: Finding, decisions: Sequence[CallerDecision]) -> tuple[ConditionOutcome, ...]:
    """Return the conditions of the statement that a finding blames, as they came out for its caller."""
    if finding.statement is None or finding.caller is None:
        return ()
    for decision in decisions:
        is_of_key = finding.key is None or decision.key in (None, finding.key)
        if decision.as_of == "today" or decision.caller.across_sessions() != finding.caller.across_sessions():
            continue
        for statement in decision.statements if is_of_key else ():
            if (statement.index, statement.layer) == (finding.statement.index, finding.layer):
                return statement.conditions
    return ()


def conditions_to_tell(report: Report, finding: Finding) -> tuple[ConditionOutcome, ...]:
    """Return the same conditions without the values that what differs from the request that worked tells as well."""
    told = {one.name.lower() for one in report.request_differences if _is_about(finding, one)}
    return tuple(
        structs.replace(one, actual=None) if one.key.lower() in told else one
        for one in conditions_of(finding, report.decisions)
    )


def show_finding(finding: Finding, actions: str, words: Catalogue) -> str:
    """Show a finding as one line: the cause, who, what, where."""
    caller = finding.caller
    who = " ".join(filter(None, [caller.name if caller else None, actions]))
    where = words.join_items([part for part in (who, show_place(finding, words)) if part])
    return words.head(words.causes[finding.cause], where)


def show_place(finding: Finding, words: Catalogue) -> str:
    """Show where a finding lies: the policy layer, and the statement of it."""
    parts = [words.layers.get(finding.layer or "", ""), show_statement(finding.statement, words)]
    return words.join_items([part for part in parts if part])


def name_key(key: str, words: Catalogue) -> str:
    """Name a key that is not the one that the reader takes it for."""
    return f"{words.labels['key']} {show_key(key)}"


def show_condition(condition: ConditionOutcome, effect: str, words: Catalogue) -> str:
    """Show a condition of an Allow or Deny and why it came out as it did; an inferred outcome is said to be."""
    why = why_condition(condition, effect, words)
    if actual := _compared_value(condition, words):
        why = words.aside(why, words.labels["value_is"].format(value=actual))
    told = words.head(f"{condition.operator} {condition.key}", why)
    is_inferred = condition.grade == "inferred" and condition.outcome != "unknown"
    return words.aside(told, words.labels["inferred"]) if is_inferred else told


def _compared_value(condition: ConditionOutcome, words: Catalogue) -> str:
    """Return the value that the request had where it was compared with those of the condition, if it is one.

    That of a Bool is told by the condition.
    """
    is_told = condition.operator.startswith("Bool")
    if is_told or condition.reason not in (Reason.VALUE_DIFFERS, Reason.VALUE_EQUALS):
        return ""
    actual = condition.actual if isinstance(condition.actual, tuple) else (condition.actual or "",)
    return shorten(_some_of(actual, _MOST_VALUES, words), _LONGEST_VALUE)


def why_condition(condition: ConditionOutcome, effect: str, words: Catalogue) -> str:
    """Return why a condition came out as it did; of the Deny that hits a service for lack of an ARN, what it means."""
    is_met = (effect, condition.outcome, condition.reason) == ("Deny", "match", Reason.OPAQUE_VALUE_DIFFERS)
    is_arn = condition.key.casefold() == "aws:principalarn"
    return words.labels["never_your_arn"] if is_met and is_arn else words.reason(condition.reason)


def show_clearing(finding: Finding, words: Catalogue) -> list[str]:
    """Show in short what an uncertain finding rests on: for a condition that is told already, what would clear it."""
    if finding.confidence == "confirmed":
        return []
    told = [one for one in finding.rests_on if one.kind == "principal" or one.reason not in finding.reasons]
    told = [one for one in told if one.kind != "context-key"]
    unless = dict.fromkeys(one.unless for one in finding.rests_on if one.unless)
    lines = [show_unless(finding, one, words) for one in unless]
    return [*show_rests_on(structs.replace(finding, rests_on=tuple(told)), words), *lines]


def show_unless(finding: Finding, clause: str, words: Catalogue, *, is_open: bool = True) -> str:
    """Show what would clear a finding; an open condition of an Allow that would not hold confirms that none allows."""
    if is_open and finding.cause is Cause.KEY_POLICY_NO_ALLOW:
        label = "holds_if"
    elif _IS_NOT in clause:
        label, clause = "only_if", clause.replace(_IS_NOT, " is ")
    else:
        label = "unless"
    return words.labels[label].format(unless=words.grammar.say_value(clause))


def show_rests_on(finding: Finding, words: Catalogue, told: Collection[Reason] = ()) -> list[str]:
    """Show what a finding rests on beside records, one line each: the key, why, and what would clear it.

    Why is left out beside a key where it is told already, or is one of the finding's own reasons.
    """
    lines = []
    for one in finding.rests_on:
        is_told = one.key is not None and one.reason in {*told, *finding.reasons}
        what = words.head(one.key or "", "" if is_told else words.reason(one.reason))
        unless = [show_unless(finding, one.unless, words)] if one.unless else []
        label, clauses = words.labels["rests_on"], words.join_clauses([what, *unless])
        lines.append(f"{label} {clauses}" if one.key else words.head(label, clauses))
    return lines


def effect_of(finding: Finding) -> str:
    """Return the effect of the statement that a finding blames."""
    return "Deny" if finding.cause in _DENIES else "Allow"


def say_mended(finding: Finding, words: Catalogue) -> str:
    """Return the sentence that what a finding blames has been mended since."""
    return words.labels["mended_state" if finding.layer == "key-state" else "mended"]


def show_differences(report: Report, finding: Finding, words: Catalogue, most: int = _MOST_VALUES) -> list[str]:
    """Show in what the refused requests of a finding's caller differ from those that worked, one line each."""
    own = (one for one in report.request_differences if _is_about(finding, one))
    return list(dict.fromkeys(_show_difference(one, report, words, most) for one in own))


def show_open_differences(report: Report, words: Catalogue, most: int = _MOST_VALUES) -> list[str]:
    """Show the errors that no finding explains, and in what such requests differ from those that worked."""
    return _show_open_errors(report) + [
        words.head(f"{caller_name(one.caller, words)} {one.action}", _show_difference(one, report, words, most))
        for one in report.request_differences
        if not any(_is_about(finding, one) for finding in report.findings)
    ]


def _show_open_errors(report: Report) -> list[str]:
    """Show the first error of each code, with what its record says, one line each; none where a cause is found."""
    driving = {place for place, group in enumerate(report.callers) if group.driving}
    errors: dict[str | None, str] = {}
    for event in () if report.findings else report.events:
        if event.side == "failed" and event.error_message and not driving.isdisjoint(event.callers):
            told = f"{show_time(event.event_time)} {event.event_name} ({event.error_code})"
            errors.setdefault(event.error_code, f'{told}: "{shorten(event.error_message, _LONGEST_ERROR)}"')
    return list(errors.values())


def _is_about(finding: Finding, one: RequestDifference) -> bool:
    caller = finding.caller.across_sessions() if finding.caller else None
    return one.caller.across_sessions() == caller and finding.action in (None, one.action)


def _show_difference(one: RequestDifference, report: Report, words: Catalogue, most: int) -> str:
    now, then = (
        _some_of([_key_or_text(value, report, words) for value in values], most, words) or words.labels["no_value"]
        for values in (one.failed, one.succeeded)
    )
    return words.labels["request_differs"].format(name=one.name, failed=now, succeeded=then)


def _key_or_text(value: str, report: Report, words: Catalogue) -> str:
    """Return the id of a key that is named by its ARN, with its place where another looks the same; else the text."""
    return place_key(value, report.key_places, words) if value.startswith("arn:") and ":key/" in value else value


def _some_of(values: Sequence[str], most: int, words: Catalogue) -> str:
    return words.join_items([*values[:most], *(["…"] if len(values) > most else [])])
