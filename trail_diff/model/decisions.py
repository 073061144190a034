"""How policies decide: the field names are the JSON contract of reports."""

from typing import Literal

from msgspec import Struct

from trail_diff.model.codes import Decided, Grade, KeyPresence, Layer, Matched
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason


class StatementRef(Struct, frozen=True):
    """A statement of a policy; indexes start at 1."""

    index: int
    sid: str | None = None


class ConditionOutcome(Struct, frozen=True):
    """One operator and key of a Condition, against what the request can have for it.

    `grade` is the lowest that the outcome rests on. `unless` is the one clause under which the outcome would be another
    (`aws:SourceAccount is absent`): of an undecided one, and of one that rests on more than records.
    """

    operator: str
    key: str
    expected: tuple[str, ...]
    actual: str | tuple[str, ...] | None
    state: KeyPresence
    outcome: Matched
    reason: Reason
    grade: Grade = "recorded"
    unless: str | None = None


class StatementOutcome(Struct, frozen=True):
    """What became of one statement; `grade` is the lowest that its outcome rests on."""

    index: int
    sid: str | None
    effect: Literal["Allow", "Deny"]
    outcome: Matched
    conditions: tuple[ConditionOutcome, ...] = ()
    layer: Layer = "key-policy"
    reasons: tuple[Reason, ...] = ()
    grade: Grade = "recorded"


class CallerDecision(Struct, frozen=True):
    """How the policies decide one caller's action on a key: those in force at the failed job, or today's if others.

    `grade` is the lowest that the decision rests on.
    """

    caller: Caller
    action: str
    decision: Decided
    statements: tuple[StatementOutcome, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    layer: Layer | None = None
    reasons: tuple[Reason, ...] = ()
    as_of: Literal["failed-job", "today"] = "failed-job"
    grade: Grade = "recorded"
    key: str | None = None
