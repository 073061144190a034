"""Text is measured, cut and broken by the columns it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail_diff.render import escape
from trail_diff.render.interface import RenderOptions
from trail_diff.render.page import Page
from trail_diff.render.width import shorten, width_of, wrap

TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("キーポリシー拒否しています、。「」… abc:/-")), max_size=80
).map(escape.terminal)


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("キー", 4), ("キー a", 6), ("ｱ", 1), ("が", 2)])
def test_wide_characters_take_two_columns(text: str, columns: int) -> None:
    """A full-width character takes two columns, a half-width one takes one."""
    assert width_of(text) == columns


@given(TEXT, st.integers(8, 60))
def test_no_line_is_wider_than_the_page(text: str, columns: int) -> None:
    """Whatever the text, its lines fit, and only spaces are lost."""
    lines = wrap(text, columns)

    assert all(width_of(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(TEXT, st.integers(3, 40))
def test_cut_text_fits(text: str, columns: int) -> None:
    """A text is cut to its columns, and only if it needs to be."""
    shown = shorten(text, columns)

    assert width_of(shown) <= columns
    assert shown == text or width_of(text) > columns or len(text) > columns


def test_japanese_is_broken_between_phrases() -> None:
    """A line ends after a particle or a comma; no katakana word is broken, and no line begins with a comma."""
    text = "キーポリシーのステートメントが、呼び出しを拒否しています。kms:Decrypt には「許可」が必要です"

    assert wrap(text, 30) == [
        "キーポリシーの",
        "ステートメントが、呼び出しを",
        "拒否しています。kms:Decrypt",
        "には「許可」が必要です",
    ]


def test_columns_of_a_table_line_up() -> None:
    """A cell of wide characters takes as much room as it shows."""
    page = Page(RenderOptions(width=40))
    page.table(["呼び出し元", "失敗"], [["記録なし", "–"], ["abc", "2"]])

    assert page.text().splitlines() == ["呼び出し元  失敗", "記録なし    –", "abc         2"]


def test_names_of_wide_characters_keep_their_column() -> None:
    """A text begins in the same column beside a Japanese name as beside an English one."""
    page = Page(RenderOptions(width=40))
    page.field("原因", "x")
    page.field("cause", "x")

    assert page.text().splitlines() == ["原因       x", "cause      x"]


def test_command_can_be_pasted() -> None:
    """A command that takes several lines ends all but its last with a backslash, and no word of it is broken."""
    page = Page(RenderOptions(width=40))
    page.command("aws kms describe-key --key-id " + "k" * 50 + " --region eu-west-1")

    lines = page.text().splitlines()
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert " ".join(line.removesuffix("\\").strip() for line in lines).split(" ")[4] == "k" * 50


@pytest.mark.parametrize("links", [True, False])
def test_links_are_written_only_when_asked_for(links: bool) -> None:  # noqa: FBT001
    """A link changes nothing of what is read, and is not there for a file or a pipe."""
    page = Page(RenderOptions(links=links))
    page.field("evidence", "PutKeyPolicy", "https://eu-west-1.console.aws.amazon.com/#/events/1")

    assert ("\x1b]8;;https://eu-west-1.console" in page.text()) is links
    assert "PutKeyPolicy" in page.text()
