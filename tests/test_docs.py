"""The documentation shows what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from doc_blocks import JAPANESE, PAGES, README, ROOT, renew
from man_page import PAGE, commands_in, examples_in, help_of, page

_FENCED = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: str(shown.relative_to(ROOT)))
def test_output_in_page_is_real(shown: Path) -> None:
    """Every command in a page prints what the page shows for it; `make golden` writes it anew."""
    assert renew(shown) == shown.read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: str(shown.relative_to(ROOT)))
def test_links_of_page_lead_somewhere(shown: Path) -> None:
    """Every link to a file of the project, and to a heading in one, has its target."""
    for link, anchor in _LINK.findall(_FENCED.sub("", shown.read_text(encoding="utf-8"))):
        target = shown.parent / link if link else shown

        assert target.exists()
        assert not anchor or anchor in anchors_of(target)


def anchors_of(target: Path) -> set[str]:
    """Return the anchors that headings have on a page."""
    titles = re.findall(r"^#+ (.+)$", _FENCED.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_readme_opens_with_the_two_commands() -> None:
    """A newcomer finds make demo and make test before anything else."""
    head = README.read_text(encoding="utf-8")[:600]

    assert "make demo" in head
    assert "make test" in README.read_text(encoding="utf-8")


def test_readme_is_the_same_in_japanese() -> None:
    """Both pages have the same sections, commands, links and pictures, in the same order."""
    english, japanese = (page.read_text(encoding="utf-8") for page in (README, JAPANESE))

    for what in (r"^(#+) ", r"^\$ (.*?)(?: \||$)", r"\]\((docs/[^)]*)\)"):
        found, mirrored = (re.findall(what, _joined(text), re.MULTILINE) for text in (english, japanese))
        assert found == [part.replace(" --lang ja", "") for part in mirrored]


def _joined(text: str) -> str:
    return text.replace(" \\\n   ", "")


def test_manual_page_says_what_help_says() -> None:
    """The manual page holds the help of every command, however it is wrapped; `make golden` writes it anew."""
    assert PAGE.read_text(encoding="utf-8").split() == page().split()


@pytest.mark.parametrize("command", ["", *commands_in(help_of())])
def test_help_of_every_command_has_examples(command: str) -> None:
    """`--help` shows how the command is used, by lines of at most 80 columns with options that it has."""
    shown = help_of(*command.split())

    examples = examples_in(shown)

    assert examples
    for example in examples:
        words = shlex.split(example)
        assert words[: len(command.split()) + 1] == ["trail-diff", *command.split()]
        assert len(example) <= 78
        assert {word for word in words if word.startswith("-")} <= set(re.findall(r"(?<!\S)-[\w-]+", shown))


def test_summaries_of_commands_are_whole() -> None:
    """The list of commands says what each is for in whole sentences, the daily commands first."""
    commands = help_of().partition("Commands:")[2].partition("Examples:")[0]

    assert "..." not in commands
    assert commands_in(help_of())[:3] == ["triage", "compare", "jobs"]


@pytest.mark.parametrize(
    "heading", ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "ENVIRONMENT", "FILES", "EXIT STATUS"]
)
def test_manual_page_has_its_sections(heading: str) -> None:
    """The manual page has the sections that a reader of manual pages looks for."""
    assert f"\n.SH {heading}\n" in page()


def test_manual_page_names_every_variable() -> None:
    """Each variable of the environment that the command line reads is in the manual page."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "trail_diff").rglob("*.py"))
    read = set(re.findall(r'environment(?:\.get\(|\[)"([A-Z_]+)"', sources))

    assert {"TZ", "NO_COLOR", "FORCE_COLOR", "TERM"} <= read
    assert not {name for name in (*read, "TRAIL_DIFF_PAGER", "PAGER", "LC_ALL") if f".B {name}\n" not in page()}


def test_manual_page_is_well_formed() -> None:
    """The manual page has no request that roff does not know, and no line of text that it would take for one."""
    requests = {line.split()[0] for line in page().splitlines() if line.startswith((".", "'"))}

    assert requests <= {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi"}
