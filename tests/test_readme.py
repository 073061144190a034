"""README shows what the commands print."""

import re

import pytest
from man_page import PAGE, commands_in, help_of, page
from readme_blocks import README, blocks, run_block


@pytest.mark.parametrize(("command", "shown"), blocks(), ids=[command for command, _ in blocks()])
def test_output_in_readme_is_real(command: str, shown: str) -> None:
    """Every command in README prints what README shows for it; `make golden` writes it anew."""
    assert run_block(command) == shown


def test_readme_opens_with_the_two_commands() -> None:
    """A newcomer finds make demo and make test before anything else."""
    head = README.read_text(encoding="utf-8")[:600]

    assert "make demo" in head
    assert "make test" in README.read_text(encoding="utf-8")


def test_manual_page_says_what_help_says() -> None:
    """The manual page holds the help of every command, however it is wrapped; `make golden` writes it anew."""
    assert PAGE.read_text(encoding="utf-8").split() == page().split()


@pytest.mark.parametrize("command", ["", *commands_in(help_of())])
def test_help_of_every_command_has_an_example(command: str) -> None:
    """`--help` shows how the command is used, by an example that names it."""
    shown = " ".join(help_of(*command.split()).split())

    assert re.search(rf"Example: trail-diff {command}", shown)
