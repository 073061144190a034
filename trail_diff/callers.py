"""Who uses a key: calls counted by caller, action, key and outcome, one event at a time."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from trail_diff.arns import is_alias, is_same_alias, plain_key
from trail_diff.model import Caller, CallerUse, Event


class KeyChoice:
    """Tells whether a call is on one of the keys in question, given by ARN, id or alias; without any, every call is.

    Which key an alias stands for is learnt from calls that name both, and can be known only when all were seen.
    """

    def __init__(self, keys: Collection[str]) -> None:
        plain = [plain_key(key) for key in keys]
        self._keys = set(plain)
        self._ids = tuple(f":key/{key}" for key in plain if ":" not in key and not key.startswith("alias/"))
        self._aliases = tuple(key for key in plain if is_alias(key))

    def learn(self, event: Event) -> None:
        """Take note of the key that an alias in question stands for."""
        if not self._aliases:
            return
        named = event.request_parameters.get("aliasName" if event.event_name.endswith("Alias") else "keyId")
        if isinstance(named, str) and any(is_same_alias(named, alias) for alias in self._aliases):
            self._keys.update(access.key for access in event.accesses if access.key)

    def may_hold(self, key: str | None) -> bool:
        """Tell whether a key is in question, or could yet turn out to be."""
        return bool(self._aliases) or self.holds(key)

    def holds(self, key: str | None) -> bool:
        """Tell whether a key is in question, by all that was learnt."""
        if not self._keys:
            return True
        return key is not None and (key in self._keys or (bool(self._ids) and key.endswith(self._ids)))


class CallerCount:
    """Counts events as they stream by; memory grows with the number of different callers, not of events."""

    def __init__(self, keys: Collection[str] = ()) -> None:
        self._choice = KeyChoice(keys)
        self._uses: dict[tuple[Caller, str, str | None], _Use] = {}

    def add(self, event: Event) -> None:
        """Count one event; all but KMS calls on the keys in question are passed over."""
        self._choice.learn(event)
        for access in event.accesses:
            if not self._choice.may_hold(access.key):
                continue
            place = (event.caller.across_sessions(), access.action, access.key)
            use = self._uses.get(place)
            if use is None:
                use = self._uses[place] = _Use(event.event_time)
            use.add(event)

    def rows(self) -> tuple[CallerUse, ...]:
        """Give one row for each caller, action and key; most calls first, then by name, action and key."""
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
            if self._choice.holds(key)
        ]
        return tuple(sorted(rows, key=lambda row: (-row.calls, row.caller.name or "", row.action, row.key or "")))


class _Use:
    __slots__ = ("calls", "codes", "first", "last")

    def __init__(self, moment: datetime) -> None:
        self.calls = 0
        self.codes: Counter[str] = Counter()
        self.first = self.last = moment

    def add(self, event: Event) -> None:
        self.calls += 1
        if event.error_code:
            self.codes[event.error_code] += 1
        self.first = min(self.first, event.event_time)
        self.last = max(self.last, event.event_time)
