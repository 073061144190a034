"""Wording: the catalogue of each language, and the one sentence that sums a verdict up."""

from collections.abc import Mapping, Sequence

from trail_diff.model import Caller, CallerGroup, Cause, Job, Outcome, Reason
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import Lang
from trail_diff.render.phrases_en import ENGLISH

CATALOGUES: Mapping[Lang, Catalogue] = {"en": ENGLISH}

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
    Reason.JOB_STILL_RUNNING,
    Reason.KEY_NOT_KNOWN,
    Reason.INPUT_PARTLY_READ,
)
"""The warnings that can be why a question has no answer, the weightiest first."""

_MOST_CALLERS = 3
_LONGEST_MESSAGE = 300
_LONGEST_NAME = 100


def catalogue(lang: Lang) -> Catalogue:
    """Give the phrases of a language."""
    return CATALOGUES[lang]


def verdict_summary(
    outcome: Outcome,
    cause: Cause | None,
    groups: Sequence[CallerGroup],
    failed: Job,
    warnings: Sequence[Reason],
) -> str:
    """Sum a verdict up in one English sentence without a full stop.

    `groups` are those that make the difference; others are passed over. Names and messages are given as they are in the
    log, whoever shows the sentence has to escape it. An absence is never called a denial.
    """
    if outcome == "inconclusive":
        return _say_why_open(warnings)
    if outcome == "no-difference":
        return f"no KMS caller of the succeeded {_noun(failed)} is missing or newly failing in the failed one"
    if cause is Cause.NOT_KMS:
        return ENGLISH.causes[cause] + _say_message(failed)
    clauses = _say_difference(groups, failed)
    if cause is not None:
        clauses = [ENGLISH.causes[cause] + (": " + "; ".join(clauses) if clauses else "")]
    return "; ".join(clauses) or f"the KMS calls of the two {_noun(failed)}s differ"


def caller_name(caller: Caller) -> str:
    """Give what best names a caller: its name, else its ARN, else its account."""
    return caller.name or caller.arn or caller.account or ENGLISH.labels["unnamed"]


def _say_why_open(warnings: Sequence[Reason]) -> str:
    reasons = [ENGLISH.reason(reason) for reason in DECISIVE if reason in warnings]
    return "; ".join(reasons) or "no recorded calls can be compared"


def _say_message(failed: Job) -> str:
    if not failed.message:
        return f"; the {_noun(failed)} has no message of its own"
    return f'; the {_noun(failed)} says: "{_cut(failed.message, _LONGEST_MESSAGE)}"'


def _say_difference(groups: Sequence[CallerGroup], failed: Job) -> list[str]:
    """Say for each caller what was refused, then what is absent; actions of one caller share a clause."""
    failing: dict[str, list[CallerGroup]] = {}
    absent: dict[str, list[CallerGroup]] = {}
    for group in groups:
        if group.failed.errors:
            failing.setdefault(_label(group.caller), []).append(group)
        elif group.presence == "only-succeeded":
            absent.setdefault(_label(group.caller), []).append(group)
    noun = _noun(failed)
    clauses = [_say_failing(label, own, failed) for label, own in failing.items()]
    for label, own in absent.items():
        actions, verbs = _actions(own)
        clauses.append(
            f"{actions} by {label} {verbs[0]} seen in the succeeded {noun} and {verbs[1]} absent from the failed one"
        )
    more = len(clauses) - _MOST_CALLERS
    return clauses[:_MOST_CALLERS] + ([f"{more} more differ"] if more > 1 else clauses[_MOST_CALLERS:])


def _say_failing(label: str, groups: Sequence[CallerGroup], failed: Job) -> str:
    """Name the errors that were recorded, whatever they are: not each is a refusal."""
    codes = sorted({code for group in groups for code in group.failed.error_codes})
    named = f" with {_join([_cut(code, _LONGEST_NAME) for code in codes[:3]])}" if codes else ""
    which = f"the failed {_noun(failed)}" if failed.state != "COMPLETED" else f"the {_noun(failed)}"
    return f"{_actions(groups)[0]} by {label} failed{named} in {which}"


def _actions(groups: Sequence[CallerGroup]) -> tuple[str, tuple[str, str]]:
    """Give the actions as a list, and the verbs that agree with it."""
    actions = list(dict.fromkeys(group.action for group in groups))
    verbs = ("was", "is") if len(actions) == 1 else ("were", "are")
    return _join([_cut(action, _LONGEST_NAME) for action in actions]), verbs


def _label(caller: Caller) -> str:
    kind = caller.type or ENGLISH.caller_kinds[caller.kind]
    return f"{_cut(caller_name(caller), _LONGEST_NAME)} ({_cut(kind, _LONGEST_NAME)})"


def _noun(job: Job) -> str:
    return "run" if job.kind == "window" else "job"


def _join(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)


def _cut(text: str, limit: int) -> str:
    from trail_diff.render.escape import shorten

    return shorten(text, limit)
