"""Runs the table of decided texts: which names and ids stay in what is shared, and which are gone."""

from pathlib import Path

import pytest
from tables import Entry, case_id, read_table

from trail_diff.redaction.pseudonyms import Pseudonyms
from trail_diff.redaction.redactor import Redactor

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", read_table(CASES / "names.json"), ids=case_id)
def test_text_keeps_and_loses_what_the_table_says(case: Entry) -> None:
    """A text keeps the stated words and loses the stated names, once the documents of the case are learnt."""
    redactor = Redactor(Pseudonyms(b"a secret of the tests"))
    for document in case["learn"]:
        redactor.learn(document)

    made = redactor.text(case["text"]).lower()

    assert [kept for kept in case["kept"] if kept.lower() not in made] == []
    assert [gone for gone in case["gone"] if gone.lower() in made] == []
