"""An answer fits one screen of a terminal: 24 lines at 80 columns, whatever it takes to say it."""

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from incidents import CASES, FOLDER, shipped
from msgspec import structs
from recording import as_trail_file
from render.canonical import CANONICAL
from scenes.stage import ALLOW_STORAGE, BAD, FIRST, Scene, deny

from trail_diff.cli import run
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep
from trail_diff.render.brief import SCREEN_LINES, render_brief
from trail_diff.render.interface import RenderOptions

EXPLAINED = [name for name, case in shipped().items() if case["expect"].get("outcome") == "explained"]


def show(folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the command line prints in a folder, 80 columns wide."""
    monkeypatch.chdir(folder)
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    with redirect_stdout(io.StringIO()) as shown, redirect_stderr(io.StringIO()):
        run(arguments)
    return shown.getvalue()


@pytest.mark.parametrize(("lang", "label"), [("en", "cause"), ("ja", "原因")])
@pytest.mark.parametrize("name", EXPLAINED)
def test_answer_to_an_incident_fits_one_screen(
    name: str, lang: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shipped incident is answered on one screen, with its cause and, where one helps, the fix."""
    text = show(FOLDER / name, [*shipped()[name]["argv"], "--lang", lang], monkeypatch)

    assert text.count("\n") <= SCREEN_LINES
    assert f"\n{label}" in text


def test_two_suspects_and_what_would_settle_it_fit_one_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both suspects with what would clear them, the fix for both, its proof and the next command are all there.

    Japanese, which is wider, has room for all of that as well where names are short.
    """
    scene = Scene(vault="lab")
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    ids = deny({"StringNotLike": {"aws:userId": ["AROAEXAMPLE00LAB*", "123456789012"]}}, "Ids")
    roles = ["arn:*:iam::*:role/lab-*", "*:role/service-role/*"]
    accounts = deny({"StringNotLike": {"aws:PrincipalArn": roles}}, "Accounts")
    scene.put_policy("2026-03-02T09:00:00Z", ALLOW_STORAGE, ids, accounts)
    (tmp_path / "export").write_text(as_trail_file(scene.finish().sorted()), encoding="utf-8")

    text = show(tmp_path, ["--job-id", BAD, "--events", "export"], monkeypatch)

    assert text.count("\n") <= SCREEN_LINES
    told = " ".join(text.split())
    for part in (
        "statement 3 (Ids)",
        "statement 4 (Accounts)",
        "not if",
        "PutKeyPolicy",
        "all allowed",
        "all services",
    ):
        assert part in told
    assert f"--key-id {scene.key} --region eu-west-1" in text
    japanese = show(tmp_path, ["--job-id", BAD, "--events", "export", "--lang", "ja"], monkeypatch)
    assert japanese.count("\n") <= SCREEN_LINES
    assert f"--key-id {scene.key} --region eu-west-1" in japanese


@pytest.mark.parametrize("name", ["organization-of-role", "principal-tag", "enabled-again", "fetched-too-early"])
def test_every_outcome_fits_one_screen(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A possible answer, a difference and what stays open do as well: of the next steps the first is shown at least."""
    incident, scene = CASES[name], Scene()
    incident.make(scene)
    (tmp_path / "export").write_text(as_trail_file(scene.finish().sorted()), encoding="utf-8")

    text = show(tmp_path, ["--job-id", BAD, "--events", "export"], monkeypatch)

    assert text.count("\n") <= SCREEN_LINES
    assert "\nnext" in text


def test_what_a_screen_cannot_hold_is_counted_or_said_once() -> None:
    """Warnings are counted, the cause is named without its sentence, a command is one line, a caller has one row."""
    step = NextStep(Reason.KEY_STATE_NOT_KNOWN, "aws kms describe-key --key-id " + "k" * 70, "--key-state", None)
    group = structs.replace(CANONICAL.callers[0], driving=True)
    report = structs.replace(
        CANONICAL,
        verdict=structs.replace(CANONICAL.verdict, confidence="possible"),
        callers=(group, structs.replace(group, action="kms:GenerateDataKey")),
        next_steps=(step,),
    )

    text = render_brief(report, RenderOptions(width=90))

    assert text.splitlines()[0].endswith("a statement of the key policy denies the call")
    assert "1 warning" in text
    assert step.command in text
    assert f"{group.action}, kms:GenerateDataKey" in text


def test_encoded_part_of_a_message_is_cut_and_not_what_it_says() -> None:
    """Of an encoded message only the beginning is shown, beside all that the message says in words."""
    said = "RunInstances (Client.UnauthorizedOperation): because no identity-based policy allows the ec2:RunInstances action."
    coded = f"{said} Encoded authorization failure message: " + "4Xy_" * 100
    report = structs.replace(CANONICAL, failed=structs.replace(CANONICAL.failed, message=coded))

    text = " ".join(render_brief(report, RenderOptions()).split())

    assert f'"{said} Encoded authorization failure message: 4Xy_4Xy_4Xy_4Xy_4Xy_4Xy_…"' in text
