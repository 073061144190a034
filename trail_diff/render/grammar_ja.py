"""How Japanese joins phrases, and the sentences of its verdict."""

from collections.abc import Sequence


class Japanese:
    """The grammar of Japanese, as AWS's documentation writes it: half-width words stand between spaces."""

    def number(self, count: int) -> int:
        """Return which phrase goes with a number: some counters, such as つ, go up to nine."""
        return int(count > 9)

    def join_names(self, names: Sequence[str]) -> str:
        """Join names as in a sentence: a と b; of more than two, a、b、c."""
        return " と ".join(names) if len(names) < 3 else "、".join(names)

    def say_absent(self, actions: Sequence[str], caller: str, noun: str) -> str:
        """Return the sentence that calls were seen in the succeeded one only; an absence is never called a denial."""
        return f"{caller} による {self.join_names(actions)} は、成功した{noun}にのみ記録されています"

    def say_failing(
        self, actions: Sequence[str], caller: str, codes: Sequence[str], noun: str, *, ended_well: bool
    ) -> str:
        """Return the sentence that calls ended in these errors, whatever they are: not each is a refusal."""
        which = "この" if ended_well else "失敗した"
        error = f" {self.join_names(codes)} " if codes else ""
        return f"{caller} による {self.join_names(actions)} は、{which}{noun}で{error}エラーになりました"

    def say_value(self, clause: str) -> str:
        """Return a clause such as `KEY is not A or B`, or `KEY is absent`, which the evaluator makes in English."""
        key, is_, value = clause.partition(" is ")
        if not is_ or value in ("absent", "present"):
            return f"{key} が {'ない' if value == 'absent' else 'ある'}" if is_ else clause
        has_not, values = value.startswith("not "), value.removeprefix("not ").replace(" or ", " または ")
        return f"{key} が {values} {'以外の' if has_not else 'の'}"
