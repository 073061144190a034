"""Reading broken text: what is whole in it as it is, and changed by each repair that fits; the best counts.

More records are better; with as many, fewer bytes of unread text that mention a call. Repairs are tried one after
another, each on what the last one left, because text goes through several hands: quoted in a mail, wrapped by it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct, structs

from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.forms.rows import is_header
from trail_diff.read.interface import Found, FoundJob, FoundSlim, Selection, Tally
from trail_diff.read.ledger import Ledger, mentions, size_of
from trail_diff.read.repair.elisions import is_mark
from trail_diff.read.repair.registry import ALWAYS, REPAIRS
from trail_diff.read.repair.resync import find_whole_values, gaps

_FRAME = re.compile(r"[\s,]*+(?:[\]}][\s,]*+)*+(?:(?:\"[\w -]{1,60}\"\s*+:)?\s*+[\[{]\s*+)*+")
"""What stands around values and says nothing itself: brackets, commas, the name of a list."""


_FRAME_CHARACTERS = 4096
"""How long a frame is at most, white space at its ends aside; more brackets are a part of something."""
_PART = re.compile(r'["\]}]\s*+[,\]}]\s*+[,"{}\[\]]|"[\w.:@/-]{1,80}"\s*+:')
"""How the end of a value of JSON looks, or a member of an object, whatever it was about."""
_QUOTES = re.compile("[\"'\u201c\u201d]")
"""What text has that may be a part of a record; without any, it is words, or marks of a chat around records."""
_RECORD = "eventVersion"
"""What is in every record once: of unread text it tells how many records it was."""


class Mended(Struct, frozen=True):
    """What was read of broken text, what was not, and the repairs that it took.

    It `is_cut` where its end was not read, `is_elided` where somebody left out values between others. Of what was not
    read, `lost_bytes` were of records, `quoted_bytes` may have been; `lost_weight` is the former without white space,
    which a repair may change without gaining anything.
    """

    items: list[Found]
    tally: Tally
    ledger: Ledger
    lost: int
    lost_bytes: int
    lost_weight: int
    quoted_bytes: int
    unread_bytes: int
    is_cut: bool = False
    is_elided: bool = False
    repairs: tuple[Reason, ...] = ()

    @property
    def is_fruitful(self) -> bool:
        """Check whether there was a record or a job."""
        return bool(self.tally.records) or any(isinstance(item, FoundJob) for item in self.items)

    @property
    def rank(self) -> tuple[int, int]:
        """Return what the better of two readings has more of."""
        jobs = sum(isinstance(item, FoundJob) for item in self.items)
        return self.tally.records + jobs, -self.lost_weight


class Look(Struct, frozen=True):
    """What is needed to look at a text: the name of its document, what is wanted of it, and what work it may make."""

    source: str
    selection: Selection
    budget: Budget | None = None

    @property
    def is_spent(self) -> bool:
        """Check whether no more may be tried."""
        return self.budget is not None and self.budget.is_spent

    def spend(self, size: int) -> None:
        """Count work that is about to be done.

        Raises:
            Damaged: it would be more than the input may make.
        """
        if self.budget is not None:
            self.budget.spend(size)

    def read(self, text: str) -> Mended:
        """Read what is whole in a text.

        Raises:
            Damaged: that makes more work than the input may.
        """
        from trail_diff.read.gate import Gate

        tally = Tally()
        gate = Gate(self.source, self.selection, tally, self.budget, may_repair=False)
        self.spend(len(text))
        table = _find_table(text)
        if table is not None:
            items = list(gate.read_table(iter(text[table:].splitlines(keepends=True))))
            return _weigh(items, tally, gate.ledger, [text[:table]])
        values = find_whole_values(text)
        items = [item for one in values for item in gate.read_value(one.value, one.end - one.start)]
        tally.next_token = gate.has_next_page
        return _weigh(items, tally, gate.ledger, gaps(text, values))


class Reader(Protocol):
    """Reads what is whole in a text."""

    @property
    def is_spent(self) -> bool:
        """Check whether no more may be tried."""

    def spend(self, size: int) -> None:
        """Count work that is about to be done."""

    def read(self, text: str) -> Mended:
        """Return what was read, and how much was not."""


def mend(text: str, look: Reader, *, is_repaired: bool = True) -> Mended:
    """Read broken text as well as can be; where it `is_repaired`, by repairs as well."""
    text, always = _apply_always(text) if is_repaired else (text, ())
    best = _with_repairs(look.read(text), always)
    if not is_repaired or not (best.lost_bytes or not best.is_fruitful) or not (best.lost or mentions(text)):
        return best
    improved = _repair(text, look, best, keeps_ties=False)
    if not improved.lost_bytes and improved.is_fruitful:
        return improved
    other = _repair(text, look, best, keeps_ties=True)
    return other if other.rank > improved.rank else improved


def _repair(text: str, look: Reader, best: Mended, *, keeps_ties: bool) -> Mended:
    """Apply every repair that fits and makes it better, in order; if it `keeps_ties`, also those that make it no worse.

    One repair alone may show no gain where another is needed as well.
    """
    current, done, last = text, list(best.repairs), best
    for repair in REPAIRS:
        if (not last.lost_bytes and last.is_fruitful) or look.is_spent:
            break
        try:
            look.spend(len(current) * repair.work // 8)
            changed = repair.apply(current)
            if changed is None or changed == current:
                continue
            found = look.read(changed)
        except Damaged:
            break
        if found.rank > last.rank or (keeps_ties and found.rank[0] == last.rank[0]):
            current, last = changed, found
            done.append(repair.reason)
    if last.rank > best.rank and last.is_fruitful:
        return _with_repairs(last, tuple(dict.fromkeys(done)))
    return best


def _apply_always(text: str) -> tuple[str, tuple[Reason, ...]]:
    """Undo what a text says of itself that was done to it."""
    done = []
    for repair in ALWAYS:
        changed = repair.apply(text)
        if changed is not None:
            text = changed
            done.append(repair.reason)
    return text, tuple(done)


def _with_repairs(found: Mended, repairs: tuple[Reason, ...]) -> Mended:
    return structs.replace(found, repairs=repairs)


def _weigh(items: Sequence[Found | FoundSlim], tally: Tally, ledger: Ledger, between: Iterable[str]) -> Mended:
    lost = lost_bytes = weight = quoted = unread = 0
    rest, is_elided = "", False
    for gap in between:
        rest = gap.strip()
        rest = "" if len(rest) <= _FRAME_CHARACTERS and _FRAME.fullmatch(rest) else rest
        is_elided = is_elided or is_mark(rest)
        is_lost = mentions(rest) or _PART.search(rest) is not None
        unread += size_of(rest)
        quoted += size_of(rest) if is_lost or _QUOTES.search(rest) else 0
        lost += max(rest.count(_RECORD), bool(rest))
        lost_bytes += size_of(rest) if is_lost else 0
        weight += size_of("".join(rest.split())) if is_lost else 0
    plain = [item for item in items if not isinstance(item, FoundSlim)]
    return Mended(plain, tally, ledger, lost, lost_bytes, weight, quoted, unread, bool(rest), is_elided)


def _find_table(text: str) -> int | None:
    """Return where the header of a table begins, when the first lines have one."""
    at = 0
    for line in text[:20_000].splitlines(keepends=True)[:20]:
        if line.strip() and is_header(line):
            return at
        at += len(line)
    return None
