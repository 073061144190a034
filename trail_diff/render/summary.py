"""The one sentence that sums a verdict up, in any language."""

from collections.abc import Sequence

from msgspec import structs

from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Report
from trail_diff.render import layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.escape import shorten
from trail_diff.render.interface import Lang
from trail_diff.render.phrases import caller_name, caller_type, catalogue

DECISIVE = (
    Reason.NO_BASELINE,
    Reason.KMS_EVENTS_EXCLUDED,
    Reason.READ_ONLY_EVENTS_MISSING,
    Reason.WINDOW_NOT_COVERED,
    Reason.REGION_NOT_COVERED,
    Reason.ACCOUNT_NOT_COVERED,
    Reason.DELIVERY_DELAY_POSSIBLE,
    Reason.CALLER_TYPE_NOT_IN_EXPORT,
    Reason.FETCH_TRUNCATED,
    Reason.JOB_TIME_NOT_KNOWN,
    Reason.JOB_STILL_RUNNING,
    Reason.CALLS_NAME_NO_RESOURCE,
    Reason.KEY_NOT_KNOWN,
    Reason.KEY_NOT_IN_EVENTS,
    Reason.INPUT_PARTLY_READ,
    Reason.CONCURRENT_JOB_ON_VAULT,
)
"""The warnings that can be why a question has no answer, the weightiest first."""

_MOST_CALLERS = 3
_LONGEST_MESSAGE = 300
_LONGEST_NAME = 100


def word_verdict(report: Report, lang: Lang) -> Report:
    """Return the report with its verdict summed up in a language."""
    summary = summarize(report, catalogue(lang))
    return structs.replace(report, verdict=structs.replace(report.verdict, summary=summary))


def summarize(report: Report, words: Catalogue) -> str:
    """Sum the verdict up in one sentence without a full stop; callers that do not make the difference are left out.

    Names and messages are as in the log; the caller has to escape the sentence.
    """
    verdict, noun = report.verdict, _noun(report, words)
    if verdict.outcome == "inconclusive":
        reasons = [reason for reason in DECISIVE if reason in report.coverage.warnings]
        return words.reasons_of(reasons) or words.labels["nothing_to_compare"]
    if verdict.outcome == "no-difference":
        return words.labels["same"].format(noun=noun)
    if verdict.cause is Cause.NOT_KMS:
        message = shorten(report.failed.message or "", _LONGEST_MESSAGE)
        told = words.labels["says" if message else "says_nothing"].format(noun=noun, message=message)
        return words.join_clauses([words.causes[verdict.cause], told])
    told = words.join_clauses(_say_difference(report, words)) or _say_best(report, words)
    named = name_cause(report, words)
    if named is not None:
        return words.head(named, told)
    return told or words.labels["different"].format(noun=noun)


def _noun(report: Report, words: Catalogue) -> str:
    return words.labels["run" if report.failed.kind == "window" else "job"]


def name_cause(report: Report, words: Catalogue) -> str | None:
    """Return the cause in a few words, marked where it is only possible; None where KMS is none or none is known."""
    verdict = report.verdict
    if verdict.cause is None or verdict.cause is Cause.NOT_KMS:
        return None
    cause = words.causes[verdict.cause]
    return words.labels["possibly"].format(cause=cause) if verdict.confidence == "possible" else cause


def _say_difference(report: Report, words: Catalogue) -> list[str]:
    """Return for each caller what was refused, then what is absent; actions of one caller share a clause."""
    failing: dict[str, list[CallerGroup]] = {}
    absent: dict[str, list[CallerGroup]] = {}
    for group in _groups_of_verdict(report):
        if group.failed.errors:
            failing.setdefault(_label(group.caller, words), []).append(group)
        elif group.presence == "only-succeeded":
            absent.setdefault(_label(group.caller, words), []).append(group)
    grammar, noun, ended_well = words.grammar, _noun(report, words), report.failed.state == "COMPLETED"
    clauses = [
        grammar.say_failing(_actions(own), label, _codes(own), noun, ended_well=ended_well)
        for label, own in failing.items()
    ]
    clauses += [grammar.say_absent(_actions(own), label, noun) for label, own in absent.items()]
    more = len(clauses) - _MOST_CALLERS
    return clauses[:_MOST_CALLERS] + ([words.count("more_differ", more)] if more > 1 else clauses[_MOST_CALLERS:])


def _groups_of_verdict(report: Report) -> list[CallerGroup]:
    """Return the rows that make the difference; of an explained one those that share key, cause and statement."""
    driving = [group for group in report.callers if group.driving]
    if report.verdict.outcome != "explained" or not report.findings:
        return driving
    best = report.findings[0]
    same = [
        (finding.caller.across_sessions(), finding.action)
        for finding in report.findings
        if (finding.cause, finding.statement, finding.key) == (best.cause, best.statement, best.key)
        and finding.caller is not None
    ]
    own = [group for group in driving if (group.caller.across_sessions(), group.action) in same]
    if (best.layer in ("key-state", None) and best.key is not None) or not same:
        own = [group for group in driving if best.key in (None, group.key)]
    return own


def _say_best(report: Report, words: Catalogue) -> str:
    """Return the call of the best finding, where no row of the table is about it."""
    best = report.findings[0] if report.findings else None
    if best is None or best.caller is None:
        return ""
    same = [one for one in report.findings if (one.cause, one.caller, one.key) == (best.cause, best.caller, best.key)]
    actions = list(dict.fromkeys(one.action for one in same if one.action))
    caller, named = _label(best.caller, words), words.grammar.join_names(actions)
    told = words.labels["call"].format(actions=named, caller=caller) if actions else caller
    key = [f"{words.labels['key']} {layout.place_key(best.key, report.key_places, words)}"] if best.key else []
    return words.join_items([told, *key])


def _codes(groups: Sequence[CallerGroup]) -> list[str]:
    codes = sorted({code for group in groups for code in group.failed.error_codes})
    return [shorten(code, _LONGEST_NAME) for code in codes[:3]]


def _actions(groups: Sequence[CallerGroup]) -> list[str]:
    return [shorten(action, _LONGEST_NAME) for action in dict.fromkeys(group.action for group in groups)]


def _label(caller: Caller, words: Catalogue) -> str:
    name, kind = caller_name(caller, words), caller_type(caller, words)
    return words.aside(shorten(name, _LONGEST_NAME), shorten(kind, _LONGEST_NAME))
