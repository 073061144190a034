"""The original incident in every wording of its Deny: the statement is named where it can deny, cleared where not."""

import json
from pathlib import Path

import pytest
from incidents import run_in
from recording import as_trail_file
from scenes.stage import BAD, Scene
from scenes.variants import VARIANTS, play_variant

EXPECTED: dict[str, str] = json.loads((Path(__file__).parent / "cases" / "variants.json").read_text(encoding="utf-8"))
GUARD = 3


def test_every_variant_has_an_expectation() -> None:
    """The table says of every generated variant, and of no other, what has to be said of it."""
    assert EXPECTED.keys() == VARIANTS.keys()


@pytest.mark.parametrize("name", VARIANTS)
def test_the_added_statement_is_named_or_cleared(name: str, tmp_path: Path) -> None:
    """The statement that was added is named with the confidence that its domain allows, or not blamed at all."""
    scene = Scene()
    play_variant(VARIANTS[name])(scene)
    (tmp_path / "export").write_text(as_trail_file(scene.finish().sorted()), encoding="utf-8")

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export"])

    blamed = {finding["statement"]["index"] for finding in report["findings"] if finding["statement"]}
    if EXPECTED[name] == "cleared":
        assert (report["verdict"]["outcome"], blamed) == ("difference", set())
    else:
        assert (report["verdict"]["confidence"], blamed) == (EXPECTED[name], {GUARD})
        assert report["verdict"]["cause"] == "key-policy-explicit-deny"
