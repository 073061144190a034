"""Struct text is parsed as Athena prints it, and never lets a value write fields of its own."""

import time
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.read.forms.columns import read_literal
from trail_diff.read.forms.structtext import parse_struct_text


@pytest.mark.parametrize(
    ("text", "value"),
    [("{'a': ['b', None]}", {"a": ["b", None]}), ("[{'a'}]", None), ("{'a': b'c'}", None), ("{'a': 1j}", None)],
)
def test_literal_of_python_is_what_json_can_say(text: str, value: Any) -> None:
    """A set, bytes or a complex number, which damage can make of a struct, is none."""
    assert read_literal(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{last=Smith, first=Bob, age=35}", {"last": "Smith", "first": "Bob", "age": "35"}),
        ("{}", {}),
        ("[]", []),
        ("[a, null, b]", ["a", None, "b"]),
        ("{a=null, b=[1, {c=d}], e={}}", {"a": None, "b": ["1", {"c": "d"}], "e": {}}),
        ("{k=, j=1}", {"k": "", "j": "1"}),
        ("{k=a=b, j=1}", {"k": "a=b", "j": "1"}),
        ("{useragent=Mozilla/5.0 (X11, like Gecko), type=x}", {"useragent": "Mozilla/5.0 (X11, like Gecko)", "type": "x"}),
        ("{k=tail {not a struct}, j=1}", {"k": "tail {not a struct}", "j": "1"}),
        ('{k={"A": "b, c=d", "e": [1]}, j=1}', {"k": {"A": "b, c=d", "e": [1]}, "j": "1"}),
    ],
)  # fmt: skip
def test_struct_text_is_parsed(text: str, value: Any) -> None:
    """Structs, arrays, nulls, JSON inside, and values with commas, equal signs and brackets are told apart."""
    assert parse_struct_text(text) == value


@pytest.mark.parametrize("text", ["{", "[", "{a", "{a=", "{a={b=1}", "{a=[x, y}", "{=a}", "[a, {b}]", "{a={}x}"])
def test_broken_struct_text_is_hopeless(text: str) -> None:
    """Text that was cut, or whose brackets do not close, gives nothing instead of a part."""
    assert parse_struct_text(text) is None


def test_session_name_cannot_write_fields() -> None:
    """A role session name may hold commas and equal signs, and stays one value."""
    arn = "arn:aws:sts::111122223333:assumed-role/r/x,type=AWSService,invokedby=backup.amazonaws.com"

    parsed = parse_struct_text(f"{{type=AssumedRole, arn={arn}, invokedby=null}}")

    assert parsed == {"type": "AssumedRole", "arn": arn, "invokedby": None}


@pytest.mark.parametrize("name", ["type", "Type", "TYPE"])
def test_name_that_comes_twice_is_hopeless(name: str) -> None:
    """A value that imitates a field of the struct makes the whole undecidable, and no field of it is believed."""
    assert parse_struct_text(f"{{type=WebIdentityUser, username=x, {name}=AWSService, invokedby=null}}") is None


@pytest.mark.parametrize("text", ["{a=" * 10_000, "[" * 10_000, "{a=" * 10_000 + "1" + "}" * 10_000, '{"a":' * 10_000])
def test_deep_nesting_is_hopeless(text: str) -> None:
    """Ten thousand brackets end in nothing, not in a crash."""
    assert parse_struct_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" + "{a=1}, " * 40_000 + "]",
        "[" + "1," * 100_000,
        "{" + "".join(f"a{number}={{}}, " for number in range(30_000)) + "}",
        "{a=x" + "{, " * 80_000,
        "{a" + " " * 200_000 + "x}",
        "{a=x," + " " * 200_000 + "}",
    ],
    ids=["structs", "open list", "fields", "brackets", "long name", "spaces"],
)
def test_time_grows_with_length_only(text: str) -> None:
    """A cell made to be slow is parsed in time that grows with its length, not with its square."""
    begun = time.process_time()

    parse_struct_text(text)

    assert time.process_time() - begun < 2


@given(st.one_of(st.text(max_size=200), st.text(st.sampled_from('{}[]=, a"\\:\n\ud800'), max_size=80)))
@settings(deadline=None, max_examples=examples(400))
def test_no_text_crashes_the_parser(text: str) -> None:
    """Whatever the text, the answer is a dict, a list, text or None."""
    assert isinstance(parse_struct_text(text), dict | list | str | None)


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
PLAIN = st.from_regex(r"[A-Za-z0-9:/._=@+-]{1,12}", fullmatch=True).filter(lambda text: text != "null")
STRUCTS = st.recursive(
    st.one_of(st.none(), PLAIN),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


def printed(value: Any) -> str:
    """Print a value as Athena does."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}={printed(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(printed, value)) + "]"
        case None:
            return "null"
        case _:
            return str(value)


@given(st.dictionaries(NAMES, STRUCTS, max_size=4))
@settings(deadline=None, max_examples=examples(200))
def test_what_was_printed_is_read_back(value: dict[str, Any]) -> None:
    """Any struct whose values hold no `, name=` and no bracket comes back as it was."""
    assert parse_struct_text(printed(value)) == value
