"""What a hypothesis is, and what proposes one: read this before writing one.

A proposer looks at the whole case and yields every hypothesis of its family: each cause that could explain what was
seen, with the call, key and statement that it is about. `standing` is what the family's own facts give it: `confirmed`
when a record says so, `likely` when it is decided on less than records, `possible` when it fits, `open` when nothing
speaks for it but that it could be, `refuted` when the facts contradict it. A proposer never weighs one hypothesis
against another: rules of evidence judge each, and `weighing` puts together what they say.
"""

from collections.abc import Callable, Iterator
from typing import Literal, get_args

from msgspec import Struct

from trail_diff.diagnosis.examined import Examined
from trail_diff.model.codes import Cause, Confidence, Layer
from trail_diff.model.decisions import StatementRef
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, RestsOn

Standing = Literal["confirmed", "likely", "possible", "open", "refuted"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
"""All standings, the most certain first."""


class Hypothesis(Struct, frozen=True):
    """One cause that could explain what was seen, for one call, key and statement as far as it names them.

    `at_most` is the most that evidence can make of it; `origin` the family that proposed it, set by the registry.
    """

    cause: Cause
    standing: Standing
    caller: Caller | None = None
    action: str | None = None
    key: str | None = None
    layer: Layer | None = None
    statement: StatementRef | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rests_on: tuple[RestsOn, ...] = ()
    at_most: Confidence = "confirmed"
    origin: str = ""

    def call(self) -> tuple[Caller | None, str | None]:
        """Return the call that it is about, whatever the session."""
        return self.caller.across_sessions() if self.caller else None, self.action


class CauseText(Struct, frozen=True):
    """What docs/causes.md says of a cause: what it means, what shows it, what helps, and the ids of the remedies."""

    means: str
    evidence: str
    helps: str
    remedies: tuple[str, ...] = ()


Proposer = Callable[[Examined], Iterator[Hypothesis]]


def refuted(
    cause: Cause,
    reasons: tuple[Reason, ...],
    *,
    key: str | None = None,
    statement: StatementRef | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Hypothesis:
    """Return a hypothesis that the family's own facts contradict."""
    return Hypothesis(cause, "refuted", key=key, statement=statement, reasons=reasons, evidence=evidence)
