"""The phrases of a language: one for each closed word of the model, labels, and a grammar that joins them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from trail_diff.model.report import Verdict

Counted = tuple[str, str]
"""The phrases for one thing and for several; {count} is replaced by the number."""


class Grammar(Protocol):
    """How a language joins phrases, and the sentences of the verdict, which no phrase can hold by itself.

    `noun` is what the language calls the two that are compared: jobs, or runs. Names are inserted as they are.
    """

    def number(self, count: int) -> int:
        """Return which of the two phrases of a count goes with a number."""

    def join_names(self, names: Sequence[str]) -> str:
        """Join names as in a sentence: a, b and c."""

    def say_absent(self, actions: Sequence[str], caller: str, noun: str) -> str:
        """Return the sentence that calls were seen in the succeeded one only; an absence is never called a denial."""

    def say_failing(
        self, actions: Sequence[str], caller: str, codes: Sequence[str], noun: str, *, ended_well: bool
    ) -> str:
        """Return the sentence that calls ended in these errors, whatever they are: not each is a refusal."""

    def say_value(self, clause: str) -> str:
        """Return a clause such as `KEY is not A or B`, or `KEY is absent`, which the evaluator makes."""


class Catalogue(Struct, frozen=True):
    """The phrases of one language, by the words of the model; `labels` by what they head or join.

    A phrase of a Reason or Cause is a clause without a full stop, so that it fits in a list and in a sentence.
    `cause_names` are short names of the causes, for a heading.
    `attempts` are short names of the remedies, for a list of what would not help.
    `comma`, `stop`, `colon`, `opening` and `closing` join and bracket texts, with the spaces that belong to them.
    """

    grammar: Grammar
    reasons: Mapping[str, str]
    causes: Mapping[str, str]
    cause_names: Mapping[str, str]
    outcomes: Mapping[str, str]
    confidences: Mapping[str, str]
    presences: Mapping[str, str]
    caller_kinds: Mapping[str, str]
    layers: Mapping[str, str]
    decisions: Mapping[str, str]
    matches: Mapping[str, str]
    readings: Mapping[str, str]
    statuses: Mapping[str, str]
    standings: Mapping[str, str]
    says: Mapping[str, str]
    helps: Mapping[str, str]
    remedies: Mapping[str, str]
    attempts: Mapping[str, str]
    job_kinds: Mapping[str, str]
    what_ifs: Mapping[str, str]
    counts: Mapping[str, Counted]
    labels: Mapping[str, str]
    comma: str = ", "
    stop: str = "; "
    colon: str = ": "
    opening: str = " ("
    closing: str = ")"

    def join_items(self, items: Sequence[str]) -> str:
        """Join short items of a list: a, b, c."""
        return self.comma.join(items)

    def join_clauses(self, clauses: Sequence[str]) -> str:
        """Join independent clauses."""
        return self.stop.join(clauses)

    def head(self, name: str, told: str) -> str:
        """Put a name before what is told of it; each alone without the other."""
        return self.colon.join(filter(None, (name, told)))

    def aside(self, text: str, note: str) -> str:
        """Put a note in brackets behind a text."""
        return f"{text}{self.opening}{note}{self.closing}"

    def reason(self, code: str) -> str:
        """Return the sentence of a reason code."""
        return self.reasons.get(code, code)

    def reasons_of(self, codes: Sequence[str]) -> str:
        """Return the sentences of several reason codes as one text."""
        return self.join_clauses([self.reason(code) for code in codes])

    def count(self, things: str, count: int) -> str:
        """Return how many there are of the things that `counts` names."""
        return self.counts[things][self.grammar.number(count)].format(count=count)

    def outcome(self, verdict: Verdict) -> str:
        """Return what a verdict comes to; an explanation that is not confirmed may have a word of its own."""
        is_estimated = verdict.outcome == "explained" and verdict.confidence != "confirmed"
        return self.labels["estimated"] if is_estimated else self.outcomes[verdict.outcome]
