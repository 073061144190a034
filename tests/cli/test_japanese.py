"""What the command line says in Japanese: every complaint of ours has a translation, and keeps what is filled in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from trail_diff import errors
from trail_diff.aws.client import _ANSWERS
from trail_diff.cli import run
from trail_diff.cli.app import app
from trail_diff.cli.japanese.doctor import DOCTOR
from trail_diff.cli.japanese.help import HELP
from trail_diff.cli.japanese.messages import CHECKUP, NOTES
from trail_diff.cli.language import Language, spoken_language
from trail_diff.cli.wording import translate
from trail_diff.pasted.wording import ADVICE, STEPS
from trail_diff.render.width import width_of

TWICE = "fixtures/original-incident/event_history.json"
PACKAGE = Path(errors.__file__).parent
ABSENT = "00000000-0000-4000-8000-000000000000"
INCIDENT_TRAIL = str(PACKAGE.parent / "fixtures" / "original-incident" / "trail")
FAILED = "2c47cafb-f2a8-4324-bc60-6017794526c5"
COMPLAINTS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")}
JAPANESE_LETTERS = re.compile(r"[。぀-ヿ一-鿿]")


def written(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the texts that an expression may be, `{}` for what is filled in; of a call only the call knows."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        case ast.IfExp():
            yield from (*written(node.body, constants), *written(node.orelse, constants))
        case ast.Name(id=name) if name in constants:
            yield from written(constants[name], {other: node for other, node in constants.items() if other != name})


def parsed(file: Path) -> tuple[ast.Module, dict[str, ast.expr]]:
    """Return the tree of a module, and what its names stand for."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    names = {target.id: node.value for node in assigned for target in node.targets if isinstance(target, ast.Name)}
    return tree, names


def complaints(file: Path) -> Iterator[str]:
    """Yield the messages and hints of the errors that a module makes."""
    tree, constants = parsed(file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in COMPLAINTS:
            for argument in (*node.args[:1], *(one.value for one in node.keywords if one.arg == "hint")):
                yield from written(argument, constants)


NOTING = {"note", "_note", "_tell", "write_note", "write_end", "_word"}
ASKING = {"ask", "pages", "_ask"}
"""What takes a note as its first argument, and what to do instead of asking AWS as its second."""


def notes(file: Path) -> Iterator[str]:
    """Yield the notes that a module writes."""
    tree, constants = parsed(file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            told = node.args[:1] if name in NOTING else node.args[1:2] if name in ASKING else []
            for argument in told:
                yield from written(argument, constants)


NOTED = {
    text
    for room in ("cli", "aws", ".")
    for file in (PACKAGE / room).glob("**/*.py" if room != "." else "*.py")
    for text in notes(file)
}


@pytest.mark.parametrize("text", sorted(text for text in NOTED if re.search("[a-z]{3}.* ", text)))
def test_every_note_is_said_in_japanese(text: str) -> None:
    """What is noted on the way, what to do instead of asking, and how a command ended are translated."""
    said = re.sub(r"\{\}", "VALUE", text)

    assert JAPANESE_LETTERS.search(translate(said, Language.JAPANESE, "notes"))


@pytest.mark.parametrize("text", sorted({one for answer in _ANSWERS for one in answer[2:]}))
def test_every_answer_of_aws_is_said_in_japanese(text: str) -> None:
    """What is made of AWS's error codes, and what to do, is translated."""
    said = text.format(action="kms:Decrypt", place=" in eu-west-1", said="Rate exceeded")

    assert JAPANESE_LETTERS.search(translate(said, Language.JAPANESE))


def test_notes_join_problems_and_what_else_to_do() -> None:
    """A note about a refused call says what was refused, how to allow it, and what to give instead, all in Japanese."""
    note = "kms:GetKeyPolicy was refused in eu-west-1: no; allow kms:GetKeyPolicy, or give it with --key-policy FILE"

    assert translate(note, Language.JAPANESE, "notes") == (
        "kms:GetKeyPolicy が拒否されました (eu-west-1): no。kms:GetKeyPolicy を許可してください。"
        "または、--key-policy FILE で指定してください"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["callers", "--events", "fixtures/original-incident/trail", "--key", "prod-vault"], "注: prod-vault に対する"),
        (["compare", TWICE, TWICE], "注: 2 つの実行の呼び出しは同じものです"),
    ],
)
def test_note_follows_the_language(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note is in the language of the report, and in English without one."""
    monkeypatch.chdir(PACKAGE.parent)

    run(arguments)
    assert capsys.readouterr().err.startswith("trail-diff: note: ")
    run([*arguments, "--lang", "ja"])
    assert capsys.readouterr().err.startswith(f"trail-diff: {told}")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["cache", "info"],
        ["cache", "clear"],
        ["redact", INCIDENT_TRAIL, "-o", "copy.zip"],
        ["collect", "--job-id", FAILED, "--events", INCIDENT_TRAIL, "-o", "case.zip", "--no-progress"],
    ],
    ids=["cache info", "cache clear", "redact", "collect"],
)
def test_how_a_command_without_a_report_ended_follows_the_language(
    arguments: list[str],
    lang: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What such a command says is in the language that --lang asks for, whatever the locale."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8" if lang == "ja" else "ja_JP.UTF-8")

    assert run([*arguments, "--lang", lang]) == 0

    told = "".join(capsys.readouterr())
    assert told
    assert (lang == "ja") is bool(JAPANESE_LETTERS.search(told))


@pytest.mark.parametrize(("lang", "told"), [("en", "nothing is missing"), ("ja", "不足しているものはありません")])
def test_checkup_follows_the_language(lang: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The checkup's words are of the language; names and versions are the same."""
    assert run(["doctor", "--offline", "--lang", lang]) == 0

    shown = capsys.readouterr().out
    assert told in shown
    assert "msgspec" in shown
    assert (lang == "ja") is bool(JAPANESE_LETTERS.search(shown))


@pytest.mark.parametrize("text", sorted({*DOCTOR}))
def test_checkup_says_each_of_its_words(text: str) -> None:
    """No word of the checkup is left over: each stands in what it writes."""
    source = "".join((PACKAGE / name).read_text("utf-8") for name in ("cli/doctor.py", "aws/doctor.py"))

    assert all(
        part in source or part in {"vault", "recovery point"}
        for part in re.split(r"\{\}| vault | recovery point ", text)
    )


SAID = sorted({text for file in PACKAGE.rglob("*.py") for text in complaints(file)})
FORMS_ONLY = {text for text in SAID if not re.search(r"[A-Za-z]{3}", text.replace("trail-diff", ""))}


@pytest.mark.parametrize("text", SAID)
def test_every_complaint_is_said_in_japanese(text: str) -> None:
    """What an error of ours says, and what to do about it, is translated with each value in its place."""
    values = iter(f"VALUE{number}" for number in range(text.count("{}")))
    said = re.sub(r"\{\}", lambda _: next(values), text)

    translated = translate(said, Language.JAPANESE)

    assert sorted(re.findall(r"VALUE\d", translated)) == sorted(
        set(re.findall(r"VALUE\d", said)) - DROPPED.get(text, set())
    )
    if text not in FORMS_ONLY:
        assert JAPANESE_LETTERS.search(translated) or text in NAMES


DROPPED = {"no job {} in what was read ({} other job{} found)": {"VALUE2"}}
"""What only English needs: the ending of a plural."""
NAMES = {"--output {}: {}", "--map {}: {}"}


def test_no_translation_is_left_over() -> None:
    """Each phrase has as many blanks as its translation, and is not English on both sides."""
    for english, japanese in {**NOTES, **CHECKUP, **HELP}.items():
        is_form = not re.search("[a-z]{3}", english)
        assert english == japanese or is_form or JAPANESE_LETTERS.search(japanese) or japanese == "ID", english
    for english, japanese in {**NOTES, **CHECKUP}.items():
        filled = japanese.format(*(f"<{number}>" for number in range(english.count("{}"))))
        assert "{" not in filled.replace("frame.to_dict", ""), english


@pytest.mark.parametrize(
    ("arguments", "locale", "language"),
    [
        ([], "ja_JP.UTF-8", "ja"),
        ([], "C.UTF-8", "en"),
        (["--lang", "ja"], "C", "ja"),
        (["jobs", "--lang=en"], "ja_JP", "en"),
        (["--lang"], "C", "en"),
        (["--lang", "fr"], "ja_JP", "ja"),
    ],
)
def test_language_is_the_one_asked_for(arguments: list[str], locale: str, language: str) -> None:
    """--lang decides wherever it stands, else the locale; what is no language of ours decides nothing."""
    assert spoken_language(arguments, {"LC_ALL": locale}) == language


TRAIL = "fixtures/original-incident/trail"


@pytest.mark.parametrize(
    ("wrong", "english", "japanese"),
    [
        (
            ["--job-id", "x", "--events", "nowhere"],
            "nowhere: no such file or folder; check the path; quote a pattern to have it expanded",
            "nowhere: このファイルまたはフォルダーはありません。パスを確認してください。パターンは引用符で",
        ),
        (
            ["--job-id", ABSENT, "--events", TRAIL],
            f"no job {ABSENT} in the 4 found, which are of 2026-03-01T18:04Z to 2026-03-02T18:05Z in eu-west-1; export the day",
            f"見つかった 4 件のジョブに {ABSENT} はありません。これらは eu-west-1 の 2026-03-01T18:04Z から 2026-03-02T18:05Z のものです。",
        ),
        (
            ["--job-id", "x", "--events", TRAIL, "--key-policy", "/nowhere"],
            "--key-policy /nowhere: No such file or directory; check the path",
            "--key-policy /nowhere: ファイルまたはフォルダーがありません。パスを確認してください",
        ),
        (
            ["triage", "--events", TRAIL, "more"],
            "Got unexpected extra argument(s) (more); exports go after --events",
            "余分な引数があります (more)。エクスポートは --events の後に指定してください",
        ),
    ],
)
def test_complaint_follows_the_language(
    wrong: list[str], english: str, japanese: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same mistake is one line in either language, with the same names in it and the same exit status."""
    monkeypatch.chdir(PACKAGE.parent)

    assert run(wrong) == run([*wrong, "--lang", "ja"]) == 2

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[0].startswith(f"trail-diff: {english}")
    assert told[1].startswith(f"trail-diff: {japanese}")


def test_many_skips_are_counted_in_japanese() -> None:
    """However many reasons are counted, none of them stays English."""
    read = "no job 'x' in what was read (0 other jobs found); 1 record(s) read in 423 file(s)"
    skips = (
        "47 skipped as invalid-json, 9 skipped as text-not-read, 3 skipped as unreadable-row, 2 skipped as empty-file"
    )

    told = translate(f"{read}, {skips}, 19 skipped otherwise", Language.JAPANESE)

    assert told.endswith("2 件を empty-file として、19 件をほかの理由でスキップ")


def test_long_and_hostile_text_is_left_as_it_is() -> None:
    """A text that no phrase fits, or that is too long to be looked at, comes back unchanged and at once."""
    for text in ("a: " * 100_000, "; ".join("ab" * 900), "?"):
        assert translate(text, Language.JAPANESE).replace("。", "; ") == text


def texts_of_help() -> Iterator[str]:
    """Yield every text that --help shows of a command: its paragraphs, its headings and what its options are for."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for command in (root, *root.commands.values()):
        yield from (" ".join(paragraph.split()) for paragraph in (command.help or "").split("\n\n"))
        for option in command.params:
            yield getattr(option, "help", None) or ""
            yield getattr(option, "rich_help_panel", None) or "Options"


@pytest.mark.parametrize("text", sorted(set(texts_of_help()) - {""}))
def test_every_text_of_help_is_said_in_japanese(text: str) -> None:
    """No text of --help is without a translation."""
    assert text in HELP


@pytest.mark.parametrize("command", [[], ["jobs"], ["what-if"], ["mcp"]])
def test_help_is_japanese_and_fits_the_terminal(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines are at most 80 columns wide, wide characters counted as two, and the options are those of English."""
    run([*command, "--help"])
    english = capsys.readouterr().out
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    run([*command, "--help"])
    japanese = capsys.readouterr().out

    assert max(map(width_of, japanese.splitlines())) <= 80
    english_options, japanese_options = (
        set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)) for text in (english, japanese)
    )
    assert english_options == japanese_options
    assert "使い方: trail-diff" in japanese
    assert not re.findall(r"^  +[A-Z][a-z]+ [a-z]+ [a-z]+", japanese, re.MULTILINE)


@pytest.mark.parametrize("text", sorted({text for pair in ADVICE.values() for text in pair} | set(STEPS.values())))
def test_what_was_pasted_is_told_in_japanese(text: str) -> None:
    """What was seen instead of a job, a key or a file, and what to do, is told in Japanese."""
    values = dict.fromkeys(re.findall(r"{(\w+)", text), "VALUE") | {"state": "failed ", "more": " and 2 more"}
    said = text.format(**values)

    if re.sub(r"VALUE|[\W_]", "", said) not in {"", "failed", "andmore"}:
        assert JAPANESE_LETTERS.search(translate(said, Language.JAPANESE))
