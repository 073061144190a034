"""Documents are rewritten part by part, what cannot be read is left out, and the map is there before the output."""

import gzip
import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trail_diff.cli import run
from trail_diff.errors import TrailDiffError, UsageError
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileSource
from trail_diff.read.interface import ReadOptions, Tally, select_everything
from trail_diff.redaction.files import share
from trail_diff.redaction.name_index import LearntIds, LearntNames
from trail_diff.redaction.owner_map import MAP_SCHEMA, print_map, write_map
from trail_diff.redaction.pseudonyms import Pseudonyms
from trail_diff.redaction.redactor import _WORD, Redactor

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
SECRET = b"a secret of the tests"
ID = "0000c0de-0000-4000-8000-00000000000"
RECORD = {
    "eventTime": "2026-03-01T18:00:00Z",
    "eventSource": "kms.amazonaws.com",
    "eventName": "Decrypt",
    "eventID": f"{ID}1",
}
EDGE = json.loads("[" * 58 + '"edge-w"' + "]" * 58)
"""Deep enough to be cut off in a trail file, and not on a line of its own."""
DEEP = json.loads("[" * 70 + '{"userName": "deep-er"}' + "]" * 70)
NAMES = st.sampled_from(
    [
        *(
            "userIdentity",
            "requestParameters",
            "resources",
            "userName",
            "errorMessage",
            "userAgent",
            "encryptionContext",
        ),
        *("Condition", "Tags", "field", "value", "Records", "Events", "schema", "userIdentity.arn", "a.b", "i-ab", "é"),
        *("sourceIPAddress", "accountId", "policyDocument", "eventID", "requestID", "data", "Key", "Value", ""),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *("alice-w", "ALICE-W", "alice-w and Bob-x", "i-0abc1234", "i-0abc1235", "_ab-c", "ab-c_ _ab-c_", "backup"),
            *("arn:aws:iam::111122223333:role/app/Zork", "*Admin*", "NetworkAdmin", "10.1.2.3", "10.1.2.0/24", "::1"),
            *('{"userName": "inner-n"}', "{type=Role, username=dave-q}", "%7B%22a%22%3A%22alice-w%22%7D", f"{ID}1"),
            *("bkt-1.s3.amazonaws.com", "aws-cli/2 host#box.corp", "\ud800", "\ufffd", "trail-diff/pseudonyms/1"),
        ]
    ),
)
NUMBERS = st.sampled_from([0, -0.0, 1e400, 1.5, 10**25, 111122223333, True, None])
VALUES = st.recursive(
    TEXTS | NUMBERS | st.just(DEEP),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.builds(lambda more: {**RECORD, **more}, st.dictionaries(NAMES, VALUES, max_size=4))
LINES = st.lists(st.one_of(RECORDS, RECORDS, RECORDS, VALUES), max_size=4)
FORMS = ("lines", "trail", "trail with line breaks", "cut", "doubled", "list")


def write_form(values: list[Any], form: str, *, is_ascii: bool) -> str:
    """Write values as one of the forms of exports."""
    texts = [json.dumps(value, ensure_ascii=is_ascii) for value in values]
    trail = f'{{"Records": [{", ".join(texts)}]}}'
    match form:
        case "lines":
            return "\n".join(texts) + "\n"
        case "trail":
            return trail
        case "trail with line breaks":
            return trail.replace("[", "[\n", 1) + "\n"
        case "cut":
            return "\n".join(texts)[:-3]
        case "doubled":
            return trail[:-1] + ", " + trail[1:]
        case _:
            return f"[{','.join(texts)}]"


@settings(deadline=None, max_examples=examples(200))
@example(values=[RECORD], form="lines", is_ascii=True)
@example(values=[{**RECORD, "a": EDGE}, {**RECORD, "a": DEEP}], form="trail", is_ascii=True)
@example(values=[{**RECORD, "userIdentity": "{type=Role, username=dave-q}"}], form="lines", is_ascii=False)
@given(values=LINES, form=st.sampled_from(FORMS), is_ascii=st.booleans())
def test_what_is_written_says_the_same_or_nothing_is(
    values: list[Any],
    form: str,
    is_ascii: bool,  # noqa: FBT001 - hypothesis gives it
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever records hold and whatever form they come in, as many are in the copy, or there is none."""
    folder = tmp_path_factory.mktemp("shared")
    export, out = folder / "in.json", folder / "out.json"
    export.write_bytes(write_form(values, form, is_ascii=is_ascii).encode("utf-8", "surrogatepass"))

    try:
        share([str(export)], out, Redactor(Pseudonyms(SECRET)))
    except TrailDiffError:
        assert not out.exists()
        return

    assert count_records(out) == count_records(export)


def count_records(file: Path) -> int:
    """Return how many records reading finds in a file."""
    tally = Tally()
    list(FileSource([str(file)]).read(ReadOptions(), select_everything, tally, None))
    return tally.records


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("2026-03-01T18:00:00Z no record of alice-w\n" + json.dumps(RECORD) + "\n", Reason.NOT_CLOUDTRAIL),
        (json.dumps(RECORD) + "\n" + json.dumps({**RECORD, "userName": "alice-w"})[:-1] + "\n", Reason.TRUNCATED_JSON),
        (f'{{"Records": [{json.dumps(RECORD)}, {{"userName": "alice-w", ]}}', Reason.TRUNCATED_JSON),
        ('eventName,eventSource,note\nDecrypt,kms.amazonaws.com,"alice-w', Reason.UNREADABLE_ROW),
    ],
)
def test_what_cannot_be_parsed_is_left_out_and_counted(text: str, left_out: Reason, tmp_path: Path) -> None:
    """No byte of what reading passes over is in the copy, and it is counted by its reason."""
    (tmp_path / "in").write_text(text, encoding="utf-8")

    shared = share([str(tmp_path / "in")], tmp_path / "out", Redactor(Pseudonyms(SECRET)))

    assert "alice" not in (tmp_path / "out").read_text(encoding="utf-8")
    assert left_out in {one.reason for one in shared.left_out}


def test_an_export_stays_the_same_to_the_byte(tmp_path: Path) -> None:
    """With one secret, the output and the map of the shipped incident never change."""
    pseudonyms = Pseudonyms(SECRET)
    share([str(INCIDENT / "trail"), str(INCIDENT / "key-policy.json")], tmp_path / "out", Redactor(pseudonyms))
    write_map(pseudonyms, tmp_path / "map.json")

    content = b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in sorted((tmp_path / "out").iterdir()))
    digest = hashlib.sha256(content + (tmp_path / "map.json").read_bytes()).hexdigest()
    assert digest == "b2a750e53079a0f558832b7764194bdfc61f1ebbd99cf4c1a2890c7d3e54dcad"


@settings(deadline=None)
@example(names=["-ab", "ab-"], text="a-ab-", begin=2)
@given(
    names=st.lists(st.text("ab-_ .", min_size=3, max_size=6), unique=True, max_size=12),
    text=st.text("ab-_ .", max_size=20),
    begin=st.integers(0, 6),
)
def test_learnt_names_come_longest_first(names: list[str], text: str, begin: int) -> None:
    """At each word of a text the names that stand there come in the order of a list sorted by length."""
    learnt = LearntNames()
    words = [(_WORD.findall(name)[0], name) for name in names if _WORD.search(name)]
    for first, name in words:
        learnt.add(first, name)

    for word in _WORD.finditer(text):
        expected = []
        for first, name in sorted(words, key=lambda one: len(one[1]), reverse=True):
            start = word.start() - (len(name) - len(name.lstrip("_-./+=,@")))
            if first == word[0] and start >= begin and text[start : start + len(name)] == name:
                expected.append((start, name))
        assert list(learnt.at(word, text, begin)) == expected


@settings(deadline=None)
@given(ids=st.lists(st.uuids().map(str), max_size=30), others=st.lists(st.uuids().map(str), max_size=5))
def test_learnt_ids_are_known_in_any_case(ids: list[str], others: list[str]) -> None:
    """A UUID that was taken in is known whatever its letter case; another one is not."""
    learnt = LearntIds()
    for one in [*ids, "no-uuid", ""]:
        learnt.add(one.upper())

    assert all(one in learnt for one in ids)
    assert [one in learnt for one in others] == [one in ids for one in others]


def test_a_map_is_printed_as_json_is() -> None:
    """The map, which is written name by name, is what `json.dumps` with an indent of two prints."""
    for names in ({}, {"b": "ä\ud800", "a": '"x"'}):
        pseudonyms = Pseudonyms(SECRET)
        pseudonyms.made.update(names)
        told = {"secret": SECRET.hex(), "names": names, "fragments": [], "schema": MAP_SCHEMA}

        assert "".join(print_map(pseudonyms)) == json.dumps({**told, "names": dict(sorted(names.items()))}, indent=2)


@pytest.mark.parametrize("target", ["out.json", "out.zip"])
def test_an_interruption_never_leaves_an_output_without_its_map(target: str, tmp_path: Path) -> None:
    """The map is written when the output is whole but not yet in place; Ctrl-C there leaves no output."""
    export, out = tmp_path / "in.json", tmp_path / target
    export.write_text(json.dumps({**RECORD, "userName": "alice-w"}) + "\n")
    pseudonyms = Pseudonyms(SECRET)

    def interrupt() -> None:
        write_map(pseudonyms, tmp_path / "map.json")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share([str(export)], out, Redactor(pseudonyms), interrupt)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.json", "map.json"]
    assert "alice-w" in json.loads((tmp_path / "map.json").read_text())["names"].values()


def test_no_output_appears_when_its_map_cannot_be_written(tmp_path: Path) -> None:
    """Where the map cannot be written, there is no output either."""
    (tmp_path / "in.json").write_text(json.dumps(RECORD))

    status = run(
        [
            "redact",
            str(tmp_path / "in.json"),
            "-o",
            str(tmp_path / "out.json"),
            "--map",
            str(tmp_path / "no" / "map.json"),
        ]
    )

    assert status == 2
    assert [file.name for file in tmp_path.iterdir()] == ["in.json"]


def test_what_can_be_read_of_a_cut_trail_file_is_shared(tmp_path: Path) -> None:
    """Of a gzip file that was cut off, names are replaced in what can be read, and the damage is told."""
    lines = "".join(json.dumps({**RECORD, "userName": f"alice-{place}-w"}) + "\n" for place in range(5000))
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(lines.encode())[:-2000])

    shared = share([str(tmp_path / "a.json.gz")], tmp_path / "out.json", Redactor(Pseudonyms(SECRET)))

    text = (tmp_path / "out.json").read_text()
    assert len(shared.left_out) == 1
    assert text.count("\n") > 100
    assert "alice" not in text


def test_several_processes_write_what_one_does(tmp_path: Path) -> None:
    """However many processes rewrite the files, the copies and the map are the same."""
    (tmp_path / "in").mkdir()
    for number in range(9):
        record = {**RECORD, "userName": f"alice-{number}-w", "errorMessage": f"of alice-{8 - number}-w"}
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps(record) + "\n", encoding="utf-8")

    made = []
    for processes in (1, 2):
        pseudonyms, out = Pseudonyms(SECRET), tmp_path / f"out-{processes}"
        share([str(tmp_path / "in")], out, Redactor(pseudonyms), processes=processes)
        made.append(([file.read_bytes() for file in sorted(out.iterdir())], pseudonyms.made))

    assert made[0] == made[1]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_map_among_many_files_is_refused(processes: int, tmp_path: Path) -> None:
    """Whichever process comes upon a map of pseudonyms, it is refused in the same words, and nothing is written."""
    (tmp_path / "in").mkdir()
    for number in range(9):
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    write_map(Pseudonyms(SECRET), tmp_path / "in" / "5.json")

    with pytest.raises(UsageError, match="a map of pseudonyms is among the inputs"):
        share([str(tmp_path / "in")], tmp_path / "out", Redactor(Pseudonyms(SECRET)), processes=processes)

    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_a_redactor_can_be_given_to_a_new_process() -> None:
    """Where processes are not forked but started afresh, they know the same names, ids and patterns."""
    uuid = "0000c0de-0000-4000-8000-000000000001"
    redactor = Redactor(Pseudonyms(SECRET, keep=["kept-name"]))
    redactor.learn({"backupJobId": uuid, "userName": "alice-w", "Resource": "arn:aws:iam::111122223333:role/*Admin"})
    text = f"alice-w, kept-name: webAdmin {uuid} {uuid[:-1]}2"

    assert pickle.loads(pickle.dumps(redactor)).message(text) == redactor.message(text)  # noqa: S301 - our own bytes
