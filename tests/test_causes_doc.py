"""docs/causes.md has every cause, and shows what the tool prints."""

from causes_doc import PAGE, TEXTS, make_page

from trail_diff.model import Cause


def test_every_cause_is_described() -> None:
    """Each cause code that a report can hold has its section."""
    assert set(TEXTS) == set(Cause)


def test_page_is_up_to_date() -> None:
    """The page is what its texts and the incidents make; `make golden` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == make_page()
