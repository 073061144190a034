"""Where and when records were, told from their counts: worked out once, as every job of a night asks for it."""

import re
from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime, timedelta

from trail_diff.model.learnt import Window, merge_windows
from trail_diff.times import parse_time

Hour = tuple[str, str, str]
"""Region, account and hour (`2026-03-01T18`) of some records; the first two are empty where a record has none."""
Span = tuple[str, str, str, str]
"""Region, account, first and last second of what was searched."""

_REGION = re.compile(r"[^\s\"]+\Z")
_ACCOUNT = re.compile(r"(?![0-9.,]+E[+-]?[0-9]+\Z)[^\s\"]+\Z", re.IGNORECASE)
"""What can be a Region or an account, masked ones included; not one in two pieces, or rounded by a spreadsheet."""


class Places:
    """The Regions, accounts and hours of records and of what was searched."""

    def __init__(self, hours: Collection[Hour], searched: Collection[Span]) -> None:
        self._of = (hours, searched, len(hours), len(searched))
        named = [(region, account) for region, account, *_ in searched if account]
        regions, accounts = {region for region, _, _ in hours}, {account for _, account, _ in hours}
        self.regions = frozenset((*(region for region, _ in named), *filter(_REGION.match, regions)))
        self.accounts = frozenset((*(account for _, account in named), *filter(_ACCOUNT.match, accounts)))
        self._hours = hours
        self._starts: dict[tuple[str | None, str | None], list[datetime]] = {}
        self._unbroken: dict[tuple[str | None, str | None], tuple[Window, ...]] = {}

    def __eq__(self, other: object) -> bool:
        """Check whether both are of the same hours, and of the same that was searched."""
        return isinstance(other, Places) and self._of == other._of

    def __hash__(self) -> int:
        """Return a hash by how many there are."""
        return hash(self._of[2:])

    def are_of(self, hours: Collection[Hour], searched: Collection[Span]) -> bool:
        """Check whether these are the places of some counts, to which nothing was added since."""
        known_hours, known_searched, *counts = self._of
        return known_hours is hours and known_searched is searched and counts == [len(hours), len(searched)]

    def has_records(self, region: str | None, account: str | None, start: datetime, end: datetime) -> bool:
        """Check whether an hour of a span of time has a record of a Region and an account; None stands for any."""
        if (region, account) not in self._starts:
            self._starts[region, account] = self._find_starts(region, account)
        starts = self._starts[region, account]
        last = bisect_right(starts, end)
        return last > 0 and start < starts[last - 1] + timedelta(hours=1)

    def unbroken(self, region: str | None, account: str | None) -> tuple[Window, ...]:
        """Return the spans in which at most one hour at a time is without a record of a Region and an account."""
        place, hour = (region, account), timedelta(hours=1)
        if place not in self._unbroken:
            hours = [Window(start, start + 2 * hour) for start in self._find_starts(region, account)]
            self._unbroken[place] = tuple(Window(one.start, one.end - hour) for one in merge_windows(hours))
        return self._unbroken[place]

    def _find_starts(self, region: str | None, account: str | None) -> list[datetime]:
        found = {
            parse_time(f"{hour}:00:00")
            for own_region, own_account, hour in self._hours
            if (not region or own_region in ("", region)) and (not account or own_account in ("", account))
        }
        return sorted(start for start in found if start is not None)
