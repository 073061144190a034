"""Files for somebody else to read: written whole or not at all, never over what is read, in bounded memory."""

import base64
import fnmatch
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redaction.rewriting import rewrite

from trail_diff.case.coverage import is_damage
from trail_diff.cli import run
from trail_diff.errors import UsageError
from trail_diff.model.learnt import Skipped
from trail_diff.outfile import refuse_inputs, replacing
from trail_diff.read.files import FileSource
from trail_diff.read.interface import ReadOptions, Tally, select_everything
from trail_diff.redaction.pseudonyms import Pseudonyms
from trail_diff.redaction.redactor import Redactor

SECRET = b"a secret of the tests"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
WORDS = st.lists(st.sampled_from(["app", "Admin", "network", "Ops", "x1"]), min_size=1, max_size=4)


def shared(document: Any) -> str:
    """Redact a document of its own, and give its text."""
    redactor = Redactor(Pseudonyms(SECRET))
    redactor.learn(document)
    return rewrite(json.dumps(document, ensure_ascii=False), redactor)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"userAgent": "aws-cli/2.1 md/host#alicebox.corp.example"}, ["alicebox", "corp"]),
        ({"responseElements": {"issuer": "https://idp.acme.example/saml", "subject": "bob.s"}}, ["acme", "bob"]),
        ({"webIdFederationData": {"attributes": {"sub": "system:serviceaccount:payments:mover"}}}, ["payments"]),
        ({"RecoveryPointTags": {"TeamSecret": "Falcon"}}, ["TeamSecret", "Falcon"]),
        ({"Tags": [{"Key": "TeamSecret", "Value": "Falcon"}]}, ["TeamSecret", "Falcon"]),
        ({"encryptionContext": {"顧客名": "山田太郎", "Größe": "Müller"}}, ["顧客", "山田", "Größe", "Müller"]),
        ({"resources": [{"ARN": "arn:aws:s3:::bkt-one/a folder/payroll 2026.xlsx"}]}, ["bkt", "folder", "payroll"]),
        ({"sourceIPAddress": "fe80::1", "errorMessage": "from fe80::1: denied, ::1a2b:3c4d"}, ["fe80", "1a2b"]),
        ({"KeyMetadata": {"Description": "Key of project Bluebird", "CloudHsmClusterId": "cluster-z9"}}, ["Bluebird"]),
        ({"Grants": [{"Name": "granty-name", "IssuingAccount": f"{ROLE}/quux"}]}, ["granty", "quux", ACCOUNT]),
        ({"accountId": 111122223333, "other": {"recipientAccountId": 111122223333.0}}, [ACCOUNT]),
        ({"accountId": ACCOUNT, "errorMessage": "account 1111-2222-3333"}, ["1111-2222"]),
        ({"userName": "Alice-W", "errorMessage": "ALICE-W, alice-w"}, ["ALICE", "alice", "Alice"]),
        ({"policyDocument": "%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fzork%22%7D"}, ["zork"]),
        ({"Host": "acme-bkt.s3.eu-west-1.amazonaws.com"}, ["acme"]),
        ({"userName": "keyname1", "byUser": {"keyname1": {"n": 1}}}, ["keyname1"]),
        ({"errorMessage": "Invalid keyId 1234abcd-12ab-34cd-56ef-1234567890ab"}, ["1234abcd"]),
        ({"userIdentity": "{type=AssumedRole, principalid=AROAEXAMPLE1234567:dave-q, username=null}"}, ["dave"]),
        ({"a": json.dumps({"b": json.dumps({"c": json.dumps({"roleName": "deepest"})})})}, ["deepest"]),
        ({"Statement": {"Condition": {"StringLike": {"aws:PrincipalTag/TeamX": "Falcon"}}}}, ["TeamX", "Falcon"]),
        ({"Statement": {"Condition": {"StringEquals": {"saml:sub": "bobby", "x:y": "vip"}}}}, ["bobby", "vip"]),
        ({"Statement": {"Condition": {"IpAddress": {"aws:VpcSourceIp": "10.1.2.0/24"}}}}, ["10.1.2"]),
        ({"Condition": {"StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-wxyz/*"}}}, ["abcdefghij", "wxyz"]),
        ({"principalId": "repo:acme/secretrepo:ref:refs/heads/main"}, ["acme", "secretrepo"]),
    ],
    ids=str,
)
def test_names_hide_nowhere(document: Any, names: list[str]) -> None:
    """A name is replaced in every field that is not known to hold words of AWS, however deep and in whatever script."""
    text = shared(document)

    assert not [name for name in names if name in text]


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_names_in_packed_logs_are_replaced(pack: Any) -> None:
    """What lies in base64, as Logs subscriptions and Firehose have it, is unpacked, redacted, and packed again."""
    inner = {"userIdentity": {"userName": "packed-user", "accountId": ACCOUNT}}
    data = base64.b64encode(pack(json.dumps(inner).encode())).decode()

    made = json.loads(shared({"awslogs": {"data": data}}))["awslogs"]["data"]

    packed = base64.b64decode(made)
    text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    assert set(json.loads(text)["userIdentity"]) == {"userName", "accountId"}
    assert b"packed" not in text
    assert ACCOUNT.encode() not in text


@pytest.mark.parametrize(
    "document",
    [
        {"Event time": "March 01, 2026, 18:07:00 (UTC+01:00)", "eventtime": "2026-03-01 18:07:00.000"},
        {"Action": ["kms:*"], "Effect": "Deny", "Resource": "*", "Version": "2012-10-17"},
        {"Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}, "Bool": {"a:b": "true"}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/team}"}}},
        {"backupJobId": "0000c0de-0000-4000-8000-000000000001", "errorMessage": "0000c0de-0000-4000-8000-000000000001"},
        {"statusMessage": "denied (Service: Kms, Request ID: 0000c0de-0000-4000-8000-000000000001)"},
        {"userAgent": "Boto3/1.35.10", "keyState": "PendingDeletion", "type": "AssumedRole"},
        {"eventSource": "KMS.amazonaws.com", "eventName": "Decrypt"},
        {"userName": "the", "errorMessage": "because the resource-based policy denied access"},
    ],
    ids=str,
)
def test_what_the_answer_rests_on_stays(document: Any) -> None:
    """Times, actions, services, variables, event ids and AWS's words come out as they were."""
    made = json.loads(shared(document))

    assert {**made, "userName": None} == {**document, "userName": None}


@settings(deadline=None, max_examples=examples(200))
@example(words=["app", "app", "Admin"], start=3)
@given(words=WORDS, start=st.integers(0, 12))
def test_a_pattern_fits_from_the_middle_of_a_word(words: list[str], start: int) -> None:
    """A pattern such as `*Admin*` fits the same names after as before, wherever in them its text stands."""
    name = "".join(words)
    pattern = f"*{name[start : start + 4]}*"
    redactor = Redactor(Pseudonyms(SECRET))
    redactor.learn({"Resource": f"{ROLE}/{pattern}"})

    made = fnmatch.fnmatchcase(redactor.arn(f"{ROLE}/{name}"), redactor.arn(f"{ROLE}/{pattern}"))

    assert made == fnmatch.fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "1234abcd-12*"),
        ("mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-1234*"),
        ("AROAEXAMPLE1234567:AWSBackup-night", "AROA*:AWSBackup-*"),
        ("AROAEXAMPLE1234567:bob", "AROAEX*"),
        ("AWSReservedSSO_DbAdmins_0123456789abcdef", "AWSReservedSSO_*Admins_*"),
        ("AWSBackupDefaultServiceRole", "*Default*Role"),
        ("o-abcdefghij/r-wxyz/ou-wxyz-11112222/", "o-abcdefghij/*/ou-wxyz-1111*"),
        ("vpce-0123456789abcdef0", "vpce-0123*"),
    ],
)
def test_a_pattern_fits_ids_of_aws(name: str, pattern: str) -> None:
    """Beginnings of key ids, unique ids and the prefixes that AWS gives still fit what they fitted."""
    redactor = Redactor(Pseudonyms(SECRET))
    redactor.learn({"Condition": {"StringLike": {"aws:userid": pattern}}})

    assert fnmatch.fnmatchcase(redactor.name_or_arn(name), redactor.name_or_arn(pattern))


@settings(deadline=None, max_examples=examples(300))
@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), min_size=2, unique=True))
def test_two_names_never_become_one(names: list[str]) -> None:
    """Names that differ have pseudonyms that differ, in every script, whatever patterns were learnt."""
    pseudonyms = Pseudonyms(SECRET)
    pseudonyms.learn_fragments([names[0][1:], "a"] if names[0][1:] else ["a"])

    assert len({pseudonyms.name(name) for name in names}) == len(names)


def test_a_cut_record_tells_no_name() -> None:
    """The last record of an export that was cut off is no JSON; its fields are replaced all the same."""
    whole = json.dumps({"Records": [{"userName": "alice-w", "note": "to bob-x"}, {"userName": "carol-z", "x": "y"}]})

    made = rewrite(whole[: whole.index('"x"')], Redactor(Pseudonyms(SECRET)))

    assert not [name for name in ("alice", "bob", "carol") if name in made]


def test_a_file_that_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    """When writing fails half-way, the file of before stays, and no draft is left."""
    file = tmp_path / "out.json"
    file.write_text("before", encoding="utf-8")

    def interrupted() -> None:
        with replacing(file) as draft:
            draft.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [one.name for one in tmp_path.iterdir()] == ["out.json"]
    assert file.read_text(encoding="utf-8") == "before"


def test_what_is_read_is_never_written(tmp_path: Path) -> None:
    """An output may be no input, nor a file in a folder that is read; a new file there is fine."""
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")

    for taken in (tmp_path / "a.json", tmp_path / ".." / tmp_path.name / "a.json"):
        with pytest.raises(UsageError):
            refuse_inputs(taken, [str(tmp_path)])
    refuse_inputs(tmp_path / "new.json", [str(tmp_path)])


@pytest.mark.parametrize("target", ["out", "out.zip"])
def test_a_map_is_never_shared(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds a map of pseudonyms is refused, as the map tells who is who; nothing is written."""
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.json").write_text('{"userName": "alice-w"}', encoding="utf-8")
    assert (
        run(["redact", str(place / "a.json"), "-o", str(tmp_path / "one.json"), "--map", str(place / "map.json")]) == 0
    )

    status = run(["redact", str(place), "-o", str(tmp_path / target)])

    assert status == 2
    assert "tells who is who" in capsys.readouterr().err
    assert not (tmp_path / target).exists()


def test_a_map_keeps_the_names_of_earlier_runs(tmp_path: Path) -> None:
    """A second run with a map adds to it; who was who in the first run can still be looked up."""
    names = tmp_path / "map.json"
    for name in ("alice-w", "bobby-x"):
        (tmp_path / "in.json").write_text(json.dumps({"userName": name}), encoding="utf-8")
        run(["redact", str(tmp_path / "in.json"), "-o", str(tmp_path / "out.json"), "--map", str(names)])

    assert {"alice-w", "bobby-x"} <= set(json.loads(names.read_text(encoding="utf-8"))["names"].values())


def test_kept_names_stay_in_the_output(tmp_path: Path) -> None:
    """--keep leaves a name as it is, in fields and in running text."""
    export, out = tmp_path / "in.json", tmp_path / "out.json"
    export.write_text(json.dumps({"accountId": ACCOUNT, "errorMessage": f"of {ACCOUNT}, bob@acme.example"}))

    run(["redact", str(export), "-o", str(out), "--keep", ACCOUNT])

    assert json.loads(out.read_text(encoding="utf-8"))["errorMessage"].startswith(f"of {ACCOUNT}, ")
    assert "acme" not in out.read_text(encoding="utf-8")


def test_nothing_is_written_when_nothing_can_be_shared(tmp_path: Path) -> None:
    """With no text among the inputs, no output appears."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0" * 20)

    for target in ("out", "out.zip"):
        assert run(["redact", str(tmp_path / "a.png"), "-o", str(tmp_path / target)]) == 2

    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


RECORD = json.dumps(
    {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "backup.amazonaws.com"},
        "eventTime": "2026-03-01T18:00:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "eu-west-1",
        "userAgent": "backup.amazonaws.com",
        "eventID": "e-1",
    }
)


def locked() -> bytes:
    """Return a zip of a record and of a member with a password."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.json", RECORD)
        archive.writestr("b.json", RECORD)
    data = bytearray(written.getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


GAPS: dict[str, bytes] = {
    "the end is missing": (RECORD + "\n" + RECORD[:-40]).encode(),
    "a field is left out": RECORD.replace('"userAgent": "backup.amazonaws.com",', "...").encode(),
    "records are left out": f"{RECORD}\n...\n".encode(),
    "a row is cut": b"eventTime,eventSource,eventName\n2026-03-01T18:00:00Z,kms.amazonaws.com,Decrypt\n2026-03-01T18",
    "packed, and cut": gzip.compress((RECORD + "\n").encode() * 2)[:-9],
    "a member has a password": locked(),
    "something is said twice": (
        RECORD + "\n" + RECORD.replace('"eventName"', '"errorCode": "x", "errorCode": null, "eventName"', 1)
    ).encode(),
    "nothing can be read": b'{"eventSource": "kms.amazonaws.com", "eventName": "Dec',
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_redacted_copy_says_what_its_original_lacks(gap: str, tmp_path: Path) -> None:
    """Where a part of the input could not be read, none can be read of the copy: no absence is confirmed of it."""
    (tmp_path / "in").write_bytes(GAPS[gap])

    assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0

    for name in ("in", "out"):
        found = FileSource([str(tmp_path / name)]).read(ReadOptions(), select_everything, Tally(), None)
        assert any(is_damage(item) for item in found if isinstance(item, Skipped)), name


def test_a_record_in_doubt_is_not_shared_as_a_sure_one(tmp_path: Path) -> None:
    """What a record says twice further inside, of which only the last is seen where many are read, is not made one."""
    doubtful = RECORD.replace('"type"', '"type": "Root", "type"', 1)
    (tmp_path / "in").write_text(json.dumps({"Events": [{"CloudTrailEvent": doubtful}]}), encoding="utf-8")

    assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2

    assert not (tmp_path / "out").exists()


def test_a_torn_record_in_a_message_loses_its_names(tmp_path: Path) -> None:
    """Of text that was a record and cannot be read, nothing tells what is a name, so that all of it is replaced."""
    torn = RECORD.replace('"eventVersion"', '"note": "marge", "eventVersion"')[:-30] + ' "marge'
    entries = [{"message": torn}, {"message": RECORD}]
    (tmp_path / "in").write_text(json.dumps({"events": entries}), encoding="utf-8")

    assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0

    assert "marge" not in (tmp_path / "out").read_text(encoding="utf-8")


def test_a_policy_gets_no_record(tmp_path: Path) -> None:
    """A fact that is no export stays what it is, even if it mentions what records do."""
    policy = {"Policy": {"Statement": [{"Sid": "a", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}
    (tmp_path / "in").write_text(json.dumps(policy), encoding="utf-8")

    run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")])

    assert json.loads((tmp_path / "out").read_text(encoding="utf-8"))["Policy"]


def test_members_of_a_redacted_zip_can_be_read(tmp_path: Path) -> None:
    """A zip is written whole: every member can be read back."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text('{"userName": "alice-w"}', encoding="utf-8")

    run(["redact", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "-o", str(tmp_path / "out.zip")])

    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2
