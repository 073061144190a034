"""Calls that are saved, to be replayed where no log can be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import FOLDER, run_in, shipped
from recording import Recording, as_trail_file
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, deny, policy

from trail_diff.cli import run
from trail_diff.usage.saved_calls import VARIANTS_AT_MOST

MADE = Recording()
KEY = MADE.key_arn("a")
STORAGE = MADE.service("backup-storage.amazonaws.com")
OLD, NEW = policy(MADE, ALLOW_STORAGE), policy(MADE, deny(ADMIN_ONLY), ALLOW_STORAGE)
BY_SESSION = policy(MADE, deny({"StringLike": {"aws:userid": "*:nobody"}}), ALLOW_STORAGE)


def save(folder: Path, made: Recording, *more: str) -> Any:
    """Write an export, save its calls and the policies; return what was saved."""
    (folder / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")
    for name, document in (("old", OLD), ("new", NEW), ("by-session", BY_SESSION)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    run_in(folder, ["callers", "--events", "export.json", "--save", "calls.json", *more])
    return json.loads((folder / "calls.json").read_text(encoding="utf-8"))


def one_call() -> Recording:
    """Return a recording with one call of the storage service."""
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE)
    return made


@pytest.mark.parametrize("name", shipped())
def test_saved_calls_decide_as_their_events_do(name: str, tmp_path: Path) -> None:
    """Every incident's calls come out alike, whether they are replayed from its export or from the saved file."""
    argv = shipped()[name]["argv"]
    events = [str(FOLDER / name / argv[place + 1]) for place, option in enumerate(argv) if option == "--events"]
    given = [part for path in events for part in ("--events", path)]
    save(tmp_path, one_call())
    callers = run_in(tmp_path, ["callers", *given, "--save", "calls.json"])["callers"]
    tried = ["what-if", "--key-policy", "new.json", "--old", "old.json", "--key"]

    for key in sorted({row["key"] for row in callers if row["key"]}):
        read, replayed = (run_in(tmp_path, [*tried, key, *way]) for way in (given, ["--calls", "calls.json"]))
        assert [replayed["outcome"], replayed["calls"]] == [read["outcome"], read["calls"]]


def test_file_tells_what_it_covers(tmp_path: Path) -> None:
    """The file has its version, the time of the calls, accounts and Regions, and how often each call was made."""
    made = one_call()
    made.kms("2026-03-01T19:00:00Z", "Decrypt", KEY, STORAGE)

    saved = save(tmp_path, made)

    assert saved["schema"] == "trail-diff/calls/1"
    assert (saved["start"], saved["end"]) == ("2026-03-01T18:00:00Z", "2026-03-01T19:00:00Z")
    assert (saved["coverage"]["accounts"], saved["coverage"]["regions"]) == (["111122223333"], ["eu-west-1"])
    assert [(call["calls"], call["succeeded"]) for call in saved["calls"]] == [(2, 2)]


def test_span_that_was_asked_for_is_the_period(tmp_path: Path) -> None:
    """With --from and --to, quiet hours at either end count as covered."""
    saved = save(tmp_path, one_call(), "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z")

    assert (saved["start"], saved["end"]) == ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")


def test_file_can_be_made_without_names(tmp_path: Path) -> None:
    """With --redact, no account of the export is in the file."""
    made = one_call()
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, MADE.role("payroll-app", "s"))
    names_role = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/payroll-app"}}
    made.put_key_policy("2026-03-01T19:00:00Z", KEY, {"Statement": [names_role]}, MADE.user("admin"))

    saved = save(tmp_path, made, "--redact")

    text = (tmp_path / "calls.json").read_text(encoding="utf-8")
    assert "payroll" not in text
    assert "111122223333" not in text
    assert [one["put"] for one in saved["policies"].values()] == ["2026-03-01T19:00:00Z"]


def test_policies_are_those_of_the_keys_that_were_asked_for(tmp_path: Path) -> None:
    """Of each key the last policy is kept, and none of a key that the file is not about."""
    made = one_call()
    for hour, (key, policy_of) in enumerate([(KEY, OLD), (KEY, NEW), (MADE.key_arn("b"), OLD)]):
        made.put_key_policy(f"2026-03-01T1{hour}:00:00Z", key, policy_of, MADE.user("admin"))

    saved = save(tmp_path, made, "--key", KEY)

    assert {key: json.loads(one["policy"]) for key, one in saved["policies"].items()} == {KEY: NEW}
    assert sum(call["calls"] for call in saved["calls"] if call["event"]["event_name"] == "PutKeyPolicy") == 2


def test_file_without_names_is_replayed_with_its_map(tmp_path: Path) -> None:
    """With the same map, the policy gets the pseudonyms that the calls have; without it, no call is on the key."""
    save(tmp_path, one_call(), "--redact", "--map", "map.json")
    tried = ["what-if", "--key-policy", "new.json", "--old", "old.json", "--calls", "calls.json", "--key", KEY]

    with_map, without = (run_in(tmp_path, [*tried, *more]) for more in (["--redact", "--map", "map.json"], []))

    assert (with_map["outcome"], without["outcome"]) == ("breaks", "nothing-replayed")


@pytest.mark.parametrize(
    ("new", "age", "status"),
    [("old.json", "20000d", 0), ("old.json", "1d", 3), ("new.json", "1d", 1)],
    ids=["young enough", "too old", "breaks all the same"],
)
def test_age_is_demanded(tmp_path: Path, new: str, age: str, status: int) -> None:
    """Calls that end longer ago than --max-age pass nothing, and what they show to break still breaks."""
    save(tmp_path, one_call())
    given = ["--old", str(tmp_path / "old.json"), "--calls", str(tmp_path / "calls.json"), "--max-age", age]

    assert run(["what-if", "--key-policy", str(tmp_path / new), *given, "--key", KEY, "--no-progress"]) == status


def test_too_many_variants_are_counted(tmp_path: Path) -> None:
    """Of a caller with a context for every call, only so many are kept, and the report says how many are missing."""
    made = Recording()
    for number in range(VARIANTS_AT_MOST + 7):
        record = made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE)
        record["requestParameters"] = {"encryptionContext": {"file": str(number)}}

    saved = save(tmp_path, made)
    report = run_in(tmp_path, ["what-if", "--key-policy", "new.json", "--calls", "calls.json", "--key", KEY])

    assert (len(saved["calls"]), saved["left_out"]) == (VARIANTS_AT_MOST, 7)
    assert report["evidence"]["left_out"] == 7


def test_policy_that_tests_sessions_is_doubted(tmp_path: Path) -> None:
    """Saved calls do not tell sessions apart, so a policy that tests them gets a warning."""
    save(tmp_path, one_call())
    given = ["--old", "old.json", "--calls", "calls.json", "--key", KEY]

    doubted, plain = (
        run_in(tmp_path, ["what-if", "--key-policy", f"{name}.json", *given]) for name in ("by-session", "new")
    )

    assert doubted["coverage"]["warnings"] == ["calls-not-told-apart"]
    assert plain["coverage"]["warnings"] == []


def test_key_asked_by_alias_is_found_among_saved_calls(tmp_path: Path) -> None:
    """The file knows which key an alias stood for."""
    made = one_call()
    made.records[-1]["requestParameters"] = {"keyId": "alias/vault"}
    save(tmp_path, made)

    report = run_in(tmp_path, ["what-if", "--key-policy", "new.json", "--calls", "calls.json", "--key", "alias/vault"])

    assert [row["outcome"] for row in report["calls"] if row["observed"]] == ["breaks"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"schema": "trail-diff/calls/2", "calls": []}', '{"schema": "trail-diff/calls/1"}', "no"]
)
def test_other_files_are_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no file of saved calls, or one of another version, is named, with what to give."""
    save(tmp_path, one_call())
    (tmp_path / "calls.json").write_text(text, encoding="utf-8")

    status = run(["what-if", "--key-policy", str(tmp_path / "new.json"), "--calls", str(tmp_path / "calls.json")])

    assert status == 2
    assert "callers --save" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [["--max-age", "30d"], ["--calls", "c.json", "--events", "e.json"], ["--calls", "c.json", "--profile", "p"]]
)
def test_options_that_contradict_each_other(tmp_path: Path, more: list[str]) -> None:
    """An age without saved calls, and calls from two places, are refused."""
    save(tmp_path, one_call())

    assert run(["what-if", "--key-policy", str(tmp_path / "new.json"), *more]) == 2
