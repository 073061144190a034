"""README shows what the commands print."""

import pytest
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
