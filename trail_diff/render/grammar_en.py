"""How English joins phrases, and the sentences of its verdict."""

from collections.abc import Sequence


class English:
    """The grammar of English."""

    def number(self, count: int) -> int:
        """Return which phrase goes with a number: that of one, or that of many."""
        return int(count != 1)

    def join_names(self, names: Sequence[str]) -> str:
        """Join names as in a sentence: a, b and c."""
        return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)

    def join_items(self, items: Sequence[str]) -> str:
        """Join short items that stand in a row: a, b, c."""
        return ", ".join(items)

    def join_clauses(self, clauses: Sequence[str]) -> str:
        """Join clauses that could each stand alone."""
        return "; ".join(clauses)

    def say_same(self, *, is_run: bool) -> str:
        """Return the sentence that no caller is missing or newly failing."""
        return f"no KMS caller of the succeeded {_noun(is_run=is_run)} is missing or newly failing in the failed one"

    def say_different(self, *, is_run: bool) -> str:
        """Return the sentence that the two differ, when no caller can be named."""
        return f"the KMS calls of the two {_noun(is_run=is_run)}s differ"

    def say_nothing_to_compare(self) -> str:
        """Return the sentence that there is nothing to compare, when no warning says why."""
        return "no recorded calls can be compared"

    def say_message(self, message: str | None, *, is_run: bool) -> str:
        """Quote what the job says of itself, if it says anything."""
        noun = _noun(is_run=is_run)
        return f'the {noun} says: "{message}"' if message else f"the {noun} has no message of its own"

    def say_absent(self, actions: Sequence[str], caller: str, *, is_run: bool) -> str:
        """Return the sentence that calls were seen in the succeeded one only; an absence is never called a denial."""
        was, is_ = ("was", "is") if len(actions) == 1 else ("were", "are")
        where = f"{was} seen in the succeeded {_noun(is_run=is_run)} and {is_} absent from the failed one"
        return f"{self.join_names(actions)} by {caller} {where}"

    def say_failing(
        self, actions: Sequence[str], caller: str, codes: Sequence[str], *, is_run: bool, ended_well: bool
    ) -> str:
        """Return the sentence that calls ended in these errors, whatever they are: not each is a refusal."""
        named = f" with {self.join_names(codes)}" if codes else ""
        which = "the" if ended_well else "the failed"
        return f"{self.join_names(actions)} by {caller} failed{named} in {which} {_noun(is_run=is_run)}"

    def say_call(self, actions: Sequence[str], caller: str) -> str:
        """Name the calls of a caller."""
        return f"{self.join_names(actions)} by {caller}" if actions else caller

    def say_value(self, clause: str) -> str:
        """Return a clause such as `KEY is not A or B`, or `KEY is absent`, as it is."""
        return clause

    def say_more(self, count: int) -> str:
        """Return how many more callers there are to tell of."""
        return f"{count} more differ"


def _noun(*, is_run: bool) -> str:
    return "run" if is_run else "job"
