"""Local times beside those of UTC."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from trail_diff.render.interface import RenderOptions
from trail_diff.render.local_time import add_local_times
from trail_diff.render.page import Page

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "zone", "shown"),
    [
        ("2026-03-02T09:31:00Z", TOKYO, "2026-03-02T09:31:00Z (18:31:00 JST)"),
        ("2026-03-02T18:05Z it was", TOKYO, "2026-03-02T18:05Z (03-03 03:05 JST) it was"),
        ("2026-03-02T18:05:00Z – 18:16:00Z", NEW_YORK, "2026-03-02T18:05:00Z – 18:16:00Z (13:05:00 – 13:16:00 EST)"),
        (
            "2026-03-01T14:00:00Z – 2026-03-02T18:00:00Z",
            TOKYO,
            "2026-03-01T14:00:00Z – 2026-03-02T18:00:00Z (03-01 23:00:00 – 03-03 03:00:00 JST)",
        ),
        ("2026-03-02T18:05:00Z", UTC, "2026-03-02T18:05:00Z"),
        ("2026-03-02T18:05:00Z", None, "2026-03-02T18:05:00Z"),
        ("2026-99-99T18:05:00Z and 0001-01-01T00:00:00Z", NEW_YORK, "2026-99-99T18:05:00Z and 0001-01-01T00:00:00Z"),
    ],
)
def test_local_time_stands_behind_utc(text: str, zone: tzinfo | None, shown: str) -> None:
    """Each time and span has the local one behind it, with the day where it is another; what is no time has none."""
    assert add_local_times(text, zone) == shown


def test_page_shows_local_times_wherever_it_shows_times() -> None:
    """Paragraphs, items, names of pairs and cells have local times; what is to be pasted has none."""
    page = Page(RenderOptions(width=80, zone=TOKYO))
    time = "2026-03-02T09:31:00Z"
    page.wrap(time)
    page.bullet(time)
    page.pair(time, "changed")
    page.table(["time", "id"], [[time, "a"]])
    page.command(f"trail-diff --from {time}")

    shown = page.text()

    assert shown.count("18:31:00 JST") == 4
    assert shown.endswith(f"trail-diff --from {time}\n")
