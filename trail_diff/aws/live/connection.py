"""From options to the accounts and Regions that are asked, each account once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct

from trail_diff.aws.client import Aws
from trail_diff.aws.event_history.lookup_events import HistoryOptions, LookupEvents
from trail_diff.aws.event_history.slices import cache_folder
from trail_diff.aws.live.asking import Asker
from trail_diff.aws.live.jobs import Place
from trail_diff.aws.live.options import AwsOptions
from trail_diff.errors import UsageError
from trail_diff.read.interface import Progress


class Connection(Struct, frozen=True):
    """The accounts and Regions to ask, and the notes on what was refused."""

    accounts: tuple[Aws, ...]
    regions: tuple[str, ...]
    asker: Asker
    history_options: HistoryOptions
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    progress: Progress | None = None

    def places(self) -> list[Place]:
        """Return every account in every Region, the first account's Regions first."""
        return [Place(aws, region) for aws in self.accounts for region in self.regions]

    def history(self) -> LookupEvents:
        """Return their event history as a source."""
        return LookupEvents(self.accounts, self.regions, self.history_options, self.asker.note, self.clock)


def connect(options: AwsOptions, regions: Sequence[str], pass_on: Callable[[str], None]) -> Connection:
    """Find out which accounts the profiles are of. Without `regions`, those that the profiles name.

    Raises:
        AwsError: there are no credentials, or AWS cannot be reached.
        UsageError: no Region is named anywhere.
    """
    asker = Asker(pass_on)
    accounts: dict[str, Aws] = {}
    for profile in options.profiles or (None,):
        aws = Aws(profile, next(iter(regions), None), options.endpoint_url)
        if aws.region is None:
            raise UsageError("no Region chosen", hint="name it with --region, or give an export with --events")
        known = accounts.setdefault(aws.account_id(), aws)
        if known is not aws:
            asker.note(
                f"profile {profile} is of the same account as {known.profile or 'the default'}, so it is not used"
            )
    named = tuple(dict.fromkeys(regions or [aws.region for aws in accounts.values() if aws.region]))
    # What answers at another address is not AWS: its events are kept apart.
    where = quote(options.endpoint_url or "aws", safe="")
    cache = cache_folder() / where if options.uses_cache else None
    return Connection(tuple(accounts.values()), named, asker, HistoryOptions(cache, options.max_requests))
