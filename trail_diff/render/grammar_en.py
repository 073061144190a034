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

    def say_absent(self, actions: Sequence[str], caller: str, noun: str) -> str:
        """Return the sentence that calls were seen in the succeeded one only; an absence is never called a denial."""
        was, is_ = ("was", "is") if len(actions) == 1 else ("were", "are")
        where = f"{was} seen in the succeeded {noun} and {is_} absent from the failed one"
        return f"{self.join_names(actions)} by {caller} {where}"

    def say_failing(
        self, actions: Sequence[str], caller: str, codes: Sequence[str], noun: str, *, ended_well: bool
    ) -> str:
        """Return the sentence that calls ended in these errors, whatever they are: not each is a refusal."""
        named = f" with {self.join_names(codes)}" if codes else ""
        which = "the" if ended_well else "the failed"
        return f"{self.join_names(actions)} by {caller} failed{named} in {which} {noun}"

    def say_value(self, clause: str) -> str:
        """Return a clause such as `KEY is not A or B`, or `KEY is absent`, as it is."""
        return clause
