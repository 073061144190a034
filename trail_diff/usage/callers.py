"""Who uses a key: calls counted by caller, action, key and outcome."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from trail_diff.arns import is_alias, is_same_alias, plain_key
from trail_diff.errors import SourceError
from trail_diff.gather.fold import Add, Bunch
from trail_diff.model.learnt import Caller, Event, KeyAccess
from trail_diff.model.lists import CallerUse
from trail_diff.read.records import SlimRecord

ROW_LIMIT = 500_000
"""How many different callers, actions and keys are told apart at most; each takes about 3 KB."""

if TYPE_CHECKING:
    from datetime import datetime


class KeyChoice:
    """Tells whether a call is on one of the keys in question, given by ARN, id or alias; without any, every call is.

    Which key an alias stands for is learnt from calls that name both, and can be known only when all were seen.
    """

    def __init__(self, keys: Collection[str]) -> None:
        plain = [plain_key(key) for key in keys]
        self._keys = set(plain)
        self._ids = tuple(f":key/{key}" for key in plain if ":" not in key and not key.startswith("alias/"))
        self._aliases = tuple(key for key in plain if is_alias(key))

    @property
    def has_aliases(self) -> bool:
        """Check whether an alias is in question."""
        return bool(self._aliases)

    @property
    def is_of_some(self) -> bool:
        """Check whether any key is in question, so that calls on others are none of it."""
        return bool(self._keys)

    def learn(self, event: Event) -> None:
        """Take note of the key that an alias in question stands for."""
        named = named_key(event) if self._aliases else None
        if named is not None:
            self.learn_alias(named, [access.key for access in event.accesses if access.key])

    def learn_alias(self, named: str, keys: Collection[str]) -> None:
        """Take note of what an alias stands for, if it is in question."""
        if any(is_same_alias(named, alias) for alias in self._aliases):
            self._keys.update(keys)

    def may_hold(self, key: str | None) -> bool:
        """Check whether a key is in question, or could yet turn out to be."""
        return bool(self._aliases) or self.holds(key)

    def holds(self, key: str | None) -> bool:
        """Check whether a key is in question, by all that was learnt."""
        if not self._keys:
            return True
        return key is not None and (key in self._keys or (bool(self._ids) and key.endswith(self._ids)))


def named_key(event: Event) -> str | None:
    """Return the key that a request names, as it is written there: an alias, an id or an ARN."""
    named = event.request_parameters.get("aliasName" if event.event_name.endswith("Alias") else "keyId")
    return named if isinstance(named, str) else None


Kind = tuple[Caller, tuple[KeyAccess, ...], str | None]


class CallerKinds(Struct, frozen=True):
    """Two calls are alike when the same caller, whatever the session, did the same to the same key.

    Where an alias is asked about, also by the name of the key in the request, from which the alias is learnt.
    """

    keeps_event: bool = False
    keeps: None = None

    def kind(self, event: Event) -> Kind:
        """Return the kind of a call."""
        return event.caller.across_sessions(), event.accesses, named_key(event) if self.keeps_event else None

    def shortcut(self, record: SlimRecord) -> bytes | None:
        """Return what determines the kind beside caller, name and `resources`, undecoded."""
        return bytes(record.request_parameters) if self.keeps_event else None


class CallerCount:
    """Counts calls as they stream by; memory grows with the number of different callers, not of calls."""

    def __init__(self, keys: Collection[str] = ()) -> None:
        self._choice = KeyChoice(keys)
        self.kinds = CallerKinds(self._choice.has_aliases)
        self._uses: dict[tuple[Caller, str, str | None], _Use] = {}

    def open(self, kind: Kind, event: Event | None) -> Add:
        """Begin a kind, or go on with it; return what adds calls to it.

        Raises:
            SourceError: there are more different ones than can be held.
        """
        if event is not None:
            self._choice.learn(event)
        caller, accesses, _ = kind
        places = [(caller, access.action, access.key) for access in accesses if self._choice.may_hold(access.key)]
        uses = [self._uses.setdefault(place, _Use()) for place in places]
        if len(self._uses) > ROW_LIMIT:
            raise SourceError(
                f"more than {ROW_LIMIT:,} different callers, actions and keys",
                hint="ask for less at a time, with --key, --region, --from and --to",
            )
        if len(uses) == 1:
            return uses[0].add

        def add(bunch: Bunch) -> None:
            for use in uses:
                use.add(bunch)

        return add

    def rows(self) -> tuple[CallerUse, ...]:
        """Return one row for each caller, action and key; most calls first, then by name, action and key."""
        rows = [
            CallerUse(
                caller=caller,
                action=action,
                key=key,
                calls=use.calls,
                errors=sum(use.codes.values()),
                error_codes=dict(sorted(use.codes.items())),
                first=use.first,
                last=use.last,
            )
            for (caller, action, key), use in self._uses.items()
            if use.first is not None and use.last is not None and self._choice.holds(key)
        ]
        return tuple(_in_order(rows))


class _Use:
    __slots__ = ("calls", "codes", "first", "last")

    def __init__(self) -> None:
        self.calls = 0
        self.codes: Counter[str] = Counter()
        self.first: datetime | None = None
        self.last: datetime | None = None

    def add(self, bunch: Bunch) -> None:
        self.calls += bunch.calls
        if bunch.code:
            self.codes[bunch.code] += bunch.calls
        self.first = bunch.first if self.first is None else min(self.first, bunch.first)
        self.last = bunch.last if self.last is None else max(self.last, bunch.last)


def _in_order(rows: Iterable[CallerUse]) -> Iterator[CallerUse]:
    """Yield rows in order; the text of a whole one, which takes long to make, decides only between rows alike."""
    for _, group in groupby(sorted(rows, key=_sort_key), _sort_key):
        alike = list(group)
        yield from alike if len(alike) == 1 else sorted(alike, key=repr)


def _sort_key(row: CallerUse) -> tuple[int, str, str, str]:
    return -row.calls, row.caller.name or "", row.action, row.key or ""
