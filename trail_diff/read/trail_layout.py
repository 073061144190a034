"""Where a trail puts its files in a bucket, and which of them may hold events of given spans. Pure.

    [prefix/]AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_….json.gz

Source: AWS CloudTrail user guide, "Finding your CloudTrail log files" and "CloudTrail log file examples".
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from trail_diff.model.learnt import Window
from trail_diff.read.spans import DELIVERY_MARGIN

_ACCOUNT = re.compile(r"(?:.*/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?\d{12}/\Z", re.DOTALL)
_ACCOUNTS = re.compile(r"(?:.*/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?\Z", re.DOTALL)
_TRAIL = re.compile(r"(?:.*/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?\d{12}/CloudTrail/\Z", re.DOTALL)
_REGION = re.compile(
    r"(.*/CloudTrail/)([a-z]{2}(?:-[a-z]+)+-\d{1,2})/(?:(\d{4})/(?:(\d{2})/(?:(\d{2})/)?)?)?\Z", re.DOTALL
)
_CHILD = re.compile(r"(?:AWSLogs|\d{12}|o-[a-z0-9]{10,32}|CloudTrail)/\Z")
_FILE_TIME = re.compile(r"_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4})Z_[^/]*\Z")
_NAMED_EARLY = timedelta(minutes=5)


class RegionFolder(Struct, frozen=True):
    """The folder of one Region of one account; `inside` is what of the date the address already names (`2026/03/`)."""

    prefix: str
    region: str
    inside: str = ""

    def list_prefixes(self, days: Sequence[date]) -> Iterator[str]:
        """Yield the prefix of every day, as far as it lies inside of what the address names."""
        for day in days:
            place = f"{day:%Y/%m/%d}/"
            if place.startswith(self.inside):
                yield self.prefix + place


def read_region_folder(prefix: str) -> RegionFolder | None:
    """Recognise the folder of a Region, or one of its years, months or days."""
    found = _REGION.match(prefix)
    if found is None:
        return None
    inside = "".join(f"{part}/" for part in found.groups()[2:] if part)
    return RegionFolder(f"{found[1]}{found[2]}/", found[2], inside)


def is_on_the_way(prefix: str) -> bool:
    """Check whether a prefix is a level of the layout above the Regions, whose children have to be listed."""
    return bool(_ACCOUNTS.match(prefix) or _TRAIL.match(prefix))


def trail_of_account(prefix: str) -> str | None:
    """Return the trail's folder in an account's, beside which lie digests and Insights that hold no records."""
    return f"{prefix}CloudTrail/" if _ACCOUNT.match(prefix) else None


def leads_on(parent: str, child: str) -> bool:
    """Check whether a child of a prefix is the next level of the layout."""
    is_layout = bool(_CHILD.match(child.removeprefix(parent)))
    return is_layout or read_region_folder(child) is not None


def may_hold(key: str, spans: Sequence[Window]) -> bool:
    """Check whether a file may hold events of the spans, by the time in its name: the events are from before it.

    A name without a time may be anything. CloudTrail names a file by the time of its delivery; one that was delivered
    more than the margin after its events is not found.
    """
    found = _FILE_TIME.search(key)
    if found is None or not spans:
        return True
    try:
        named = datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return True
    return any(span.start - _NAMED_EARLY <= named <= span.end + DELIVERY_MARGIN for span in spans)
