"""The quick way of redaction gives, to the byte, what the plain way gives; and the map is there before the output."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trail_diff.cli import run
from trail_diff.read.files import FileSource
from trail_diff.read.interface import FoundRecord, ReadOptions, Tally, select_everything
from trail_diff.redact.fast_path import Doubtful, Members
from trail_diff.redact.files import _Map, _print_map, _values, rewrite, share, write_map
from trail_diff.redact.name_index import LearntIds, LearntNames
from trail_diff.redact.pseudonyms import Pseudonyms
from trail_diff.redact.redactor import _WORD, Redactor

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


def plain_way(paths: list[Path]) -> tuple[Redactor, list[str]]:
    """Redact files one after another, learning from every record and then from every value."""
    redactor = Redactor(Pseudonyms(SECRET))
    for found in FileSource(list(map(str, paths))).read(ReadOptions(), select_everything, Tally(), None):
        if isinstance(found, FoundRecord):
            redactor.learn(found.record)
    texts = [path.read_bytes().decode("utf-8", "replace") for path in paths]
    for text in texts:
        for value in _values(text):
            redactor.learn(value)
    return redactor, [rewrite(text, redactor) for text in texts]


@settings(deadline=None, max_examples=300)
@example(files=[([RECORD], "lines")], is_ascii=True)
@example(files=[([{**RECORD, "a": EDGE}], "lines"), ([{**RECORD, "a": EDGE}], "trail")], is_ascii=True)
@example(files=[([{**RECORD, "userIdentity": {"userName": "ab-c_"}}], "trail"), (["x"], "lines")], is_ascii=True)
@example(files=[([{**RECORD, "a": DEEP}, {**RECORD, "a": {"userName": "after-x"}}], "trail")], is_ascii=False)
@example(files=[([{**RECORD, "userIdentity": "{type=Role, username=dave-q}"}], "lines")], is_ascii=False)
@given(files=st.lists(st.tuples(LINES, st.sampled_from(FORMS)), min_size=2, max_size=3), is_ascii=st.booleans())
def test_the_quick_way_gives_what_the_plain_way_gives(
    files: list[tuple[list[Any], str]],
    is_ascii: bool,  # noqa: FBT001 - hypothesis gives it
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever the records hold and whatever form they come in, output and map are those of the plain way."""
    folder = tmp_path_factory.mktemp("quick")
    paths = [folder / f"{number}.json" for number, _ in enumerate(files)]
    for path, (values, form) in zip(paths, files, strict=True):
        path.write_bytes(write_form(values, form, is_ascii=is_ascii).encode("utf-8", "surrogatepass"))
    quick = Redactor(Pseudonyms(SECRET))
    quick_out = folder / "out"
    try:
        plain, texts = plain_way(paths)
    except RecursionError:
        return

    if any(f'"schema": "{name}"' in path.read_text(errors="replace") for path in paths for name in MAPS):
        return
    quick_out.mkdir()
    share(list(map(str, paths)), quick_out, quick)

    assert [(quick_out / path.name).read_bytes() for path in paths] == [
        text.encode("utf-8", "replace") for text in texts
    ]
    made = {name: text for name, text in quick.pseudonyms.made.items() if not name.endswith(".json")}
    assert made == plain.pseudonyms.made


MAPS = ("trail-diff/pseudonyms/1",)


@pytest.mark.parametrize(
    ("piece", "is_quick"),
    [
        (json.dumps(RECORD) + "\n", True),
        (json.dumps({"Records": [RECORD, RECORD]}), True),
        (json.dumps({"Records": [RECORD]}, indent=1), False),
        (json.dumps({**RECORD, "a": "x"})[:-3], False),
        (json.dumps({**RECORD, "field": "userName", "value": "x"}), False),
        ("eventName,eventSource\nDecrypt,kms.amazonaws.com\n", False),
    ],
)
def test_plain_records_take_the_quick_way(piece: str, is_quick: bool) -> None:  # noqa: FBT001
    """Records one a line and trail files take the quick way, so that the test above says something; others do not."""
    members = Members(Redactor(Pseudonyms(SECRET)))

    if is_quick:
        assert members.rewrite(piece) == rewrite(piece, Redactor(Pseudonyms(SECRET)))
    else:
        with pytest.raises(Doubtful):
            members.rewrite(piece)


@pytest.mark.parametrize(
    "record",
    [
        {**RECORD, "userIdentity": "{type=Role, username=dave-q}"},
        {**RECORD, "userIdentity.arn": "x"},
        {**RECORD, "schema": "trail-diff/pseudonyms/1"},
        {**RECORD, "Records": []},
        {**RECORD, "eventName": 1},
        {**RECORD, "note": "\ufffd"},
        {**RECORD, "note": chr(0xD800)},
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["lines", "trail"])
def test_what_is_read_in_two_ways_is_learnt_the_plain_way(record: dict[str, Any], form: str) -> None:
    """A record that the sources restore, pass over or repair is not learnt by the quick way."""
    if form == "trail" and "Records" in record:
        record = {**record, "eventSource": "aws:s3"}

    with pytest.raises(Doubtful):
        Members(Redactor(Pseudonyms(SECRET))).learn(
            write_form([record], form, is_ascii=True).replace("\\ufffd", "\ufffd")
        )


def test_an_export_stays_the_same_to_the_byte(tmp_path: Path) -> None:
    """With one secret, the output and the map of the shipped incident never change."""
    pseudonyms = Pseudonyms(SECRET)
    share([str(INCIDENT / "trail"), str(INCIDENT / "key-policy.json")], tmp_path / "out", Redactor(pseudonyms))
    write_map(pseudonyms, tmp_path / "map.json")

    content = b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in sorted((tmp_path / "out").iterdir()))
    digest = hashlib.sha256(content + (tmp_path / "map.json").read_bytes()).hexdigest()
    assert digest == "dc56a1d7eeb1d01957fcf0fdfdcb22cca3c8c1c3b2f623e27144eda229905ab4"


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


@settings(deadline=None, max_examples=300)
@given(st.text("aZ09_-.éΣ*", max_size=12) | st.uuids().map(str), st.lists(st.sampled_from(["Z", "a0"]), max_size=2))
def test_a_word_is_hashed_on_as_if_anew(name: str, fragments: list[str]) -> None:
    """Hashing on from prefix to prefix gives the pseudonym that hashing each prefix anew gives."""
    quick, plain = Pseudonyms(SECRET), Pseudonyms(SECRET)
    plain._make_ascii_word = plain._make_any_word  # type: ignore[method-assign]
    for each in (quick, plain):
        each.learn_fragments(fragments)

    assert quick.name(name) == plain.name(name)


def test_a_map_is_printed_as_json_is() -> None:
    """The map, which is written name by name, is what `json.dumps` with an indent of two prints."""
    for names in ({}, {"b": "ä\ud800", "a": '"x"'}):
        pseudonyms = Pseudonyms(SECRET)
        pseudonyms.made.update(names)
        told = {"secret": SECRET.hex(), "names": names, "fragments": [], "schema": _Map.__struct_defaults__[-1]}

        assert "".join(_print_map(pseudonyms)) == json.dumps({**told, "names": dict(sorted(names.items()))}, indent=2)


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
