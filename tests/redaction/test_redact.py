"""Sharing a case: no name survives, everything still parses, and the answer stays the same."""

import json
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from incidents import FOLDER, run_in, shipped
from recording import Recording
from redaction.rewriting import rewrite

from trail_diff.cli import run
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.pseudonyms import Pseudonyms
from trail_diff.redaction.redactor import Redactor

SHIPPED = shipped()
INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
FAILED = "2c47cafb-f2a8-4324-bc60-6017794526c5"
FAILED_RUN = ("--failed-window", "2026-03-02T18:00Z/2026-03-02T18:30Z")
SUCCEEDED_RUN = ("--succeeded-window", "2026-03-01T18:00Z/2026-03-01T18:30Z")
KEY = "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"
SECRET = b"a secret of the tests"
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{4,11}(?:[-_.][A-Za-z0-9]{2,6})?", fullmatch=True)
ACCOUNTS = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)


def redactor(*documents: Any) -> Redactor:
    """Make a redactor that has learnt from documents."""
    made = Redactor(Pseudonyms(SECRET))
    for document in documents:
        made.learn(document)
    return made


def names_in(folder: Path) -> Iterator[str]:
    """Yield the account ids, and the names in ARNs, that stand in the facts of an incident."""
    for file in folder.glob("*.json"):
        if file.name == "expected.json":
            continue
        text = file.read_text(encoding="utf-8")
        yield from re.findall(r"\b\d{12}\b", text)
        for name in re.findall(r":(?:role/(?:service-role/)?|backup-vault:|table/|user/|key/)([\w-]{6,})", text):
            if not name.startswith("AWSServiceRoleFor"):
                yield name


def stands_in(name: str, text: str) -> bool:
    """Check whether a name stands in a text as a word of its own."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text) is not None


def redact_incident(name: str, into: Path) -> list[str]:
    """Redact every file of an incident with one map, and give the arguments that ask the same of the result."""
    folder, arguments, options = FOLDER / name, [], {"--map": str(into / "map.json")}
    pseudonyms = str(into / "map.json")
    given_arguments = SHIPPED[name]["argv"]
    for flag, value in zip(["", *given_arguments], given_arguments, strict=False):
        if (folder / value).exists() and not value.startswith("-"):
            shared = into / value.replace("/", "-")
            assert run(["redact", str(folder / value), "-o", str(shared), "--map", pseudonyms]) == 0
            arguments.append(str(shared))
        elif flag == "--key":
            arguments.append(Redactor(make_pseudonyms(Path(options["--map"]))).arn(value))
        else:
            arguments.append(value)
    return arguments


@pytest.mark.parametrize("name", SHIPPED)
def test_redacted_incident_gets_the_same_answer(name: str, tmp_path: Path) -> None:
    """Every shipped incident, its exports and facts redacted, ends in the same verdict, statement and remedies."""
    arguments = redact_incident(name, tmp_path)

    before = run_in(FOLDER / name, SHIPPED[name]["argv"])
    after = run_in(tmp_path, arguments)

    for told in ("outcome", "cause", "confidence"):
        assert after["verdict"][told] == before["verdict"][told]
    assert [f["statement"] for f in after["findings"]] == [f["statement"] for f in before["findings"]]
    assert [(r["id"], r["helps"]) for r in after["remedies"]] == [(r["id"], r["helps"]) for r in before["remedies"]]
    assert sorted((g["caller"]["type"] or "", g["action"], g["presence"]) for g in after["callers"]) == sorted(
        (g["caller"]["type"] or "", g["action"], g["presence"]) for g in before["callers"]
    )
    assert after["coverage"]["warnings"] == before["coverage"]["warnings"]


@pytest.mark.parametrize("name", SHIPPED)
def test_no_name_of_an_incident_survives(name: str, tmp_path: Path) -> None:
    """No account id and no name out of an ARN is left anywhere in what is shared, file names included."""
    redact_incident(name, tmp_path)

    shared = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "map.json"]
    content = "\n".join(f"{file.relative_to(tmp_path)}\n{file.read_text(encoding='utf-8')}" for file in shared)
    assert shared
    assert not {found for found in names_in(FOLDER / name) if stands_in(found, content)}


@settings(deadline=None, max_examples=examples(60))
@given(account=ACCOUNTS, role=NAMES, vault=NAMES, session=NAMES, text=st.text(max_size=20))
def test_no_learned_name_survives_anywhere(account: str, role: str, vault: str, session: str, text: str) -> None:
    """Names are replaced in fields, keys, ARNs, messages, policies and JSON inside of strings."""
    arn = f"arn:aws:iam::{account}:role/team/{role}"
    record = {
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE1234567:{session}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "accountId": account,
        },
        "requestParameters": {
            "backupVaultName": vault,
            "policy": json.dumps({"Statement": {"Principal": {"AWS": [arn, account]}, "Condition": {}}}),
            "encryptionContext": {"aws:backup:backup-vault": vault, "note": text},
            f"odd/{role}": text,
        },
        "errorMessage": f"User: {arn} is not authorized: {session}, vault '{vault}' ({account}).",
        "userAgent": f"[tool/1.0 {session}]",
    }

    shown = json.dumps(redactor(record).redact(record), ensure_ascii=False)

    for name in (account, "AROAEXAMPLE1234567", *{role, vault, session} - {text}):
        assert not stands_in(name, shown)


@settings(deadline=None)
@given(name=NAMES, cut=st.integers(1, 5))
def test_a_pattern_still_fits_its_names(name: str, cut: int) -> None:
    """What begins alike still does, so that a wildcard of a policy matches the same names; length and kind stay."""
    pseudonyms = Pseudonyms(SECRET)

    made = pseudonyms.name(name)

    assert made.startswith(pseudonyms.name(name[:cut] + "*")[:cut])
    assert len(made) == len(name)
    assert [c.isdigit() for c in made] == [c.isdigit() for c in name]
    assert [c.isupper() for c in made] == [c.isupper() for c in name]
    assert not any(a == b for a, b in zip(made, name, strict=True) if a.isalnum())


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_stays_in_its_network(address: Any, length: int) -> None:
    """An address lies in the redacted network exactly as it lay in the network before."""
    import ipaddress

    pseudonyms = Pseudonyms(SECRET)
    network = ipaddress.ip_network((address, length), strict=False)

    moved = ipaddress.ip_address(pseudonyms.address(str(address)))

    assert moved in ipaddress.ip_network(pseudonyms.address(str(network)))


@pytest.mark.parametrize(
    "kept",
    [
        "backup-storage.amazonaws.com",
        "kms:GenerateDataKey",
        "AccessDenied",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "alias/aws/backup",
        "2026-03-01T18:05:00Z",
        "eu-west-1",
        "AWS::KMS::Key",
        "aws:backup:backup-vault",
        "KMS key is either disabled or pending deletion or access to KMS key is denied",
    ],
)
def test_words_of_aws_stay(kept: str) -> None:
    """Service principals, actions, error codes, times, Regions and AWS's own names are left alone."""
    assert redactor({"userName": "someone", "eventSource": "kms.amazonaws.com"}).text(kept) == kept


def test_aws_prefixes_stay_where_they_tell_something() -> None:
    """A service-linked role, a backup session and the infrastructure role can still be told from others."""
    made = redactor()

    linked = "arn:aws:iam::111122223333:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
    assert made.arn(linked).endswith(":role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup")
    assert made.pseudonyms.name("AWSBackup-nightly").startswith("AWSBackup-")
    assert made.arn("arn:aws:iam::111122223333:role/aws:ec2-infrastructure").endswith("role/aws:ec2-infrastructure")


def test_kept_names_stay() -> None:
    """A name that was asked to stay does, here the account of another company."""
    made = Redactor(Pseudonyms(SECRET, keep=["123456789012"]))

    assert made.text("from 123456789012 to 111122223333").startswith("from 123456789012 to ")
    assert "111122223333" not in made.text("from 123456789012 to 111122223333")


def test_table_stays_a_table() -> None:
    """A CSV keeps its columns and rows; cells with commas and quotes come back whole."""
    text = 'eventname,eventsource,useridentity\nDecrypt,kms.amazonaws.com,"{type=IAMUser, username=alice-w, x=""q""}"\n'
    made = redactor({"userName": "alice-w"})

    lines = rewrite(text, made).splitlines()

    assert lines[0] == "eventname,eventsource,useridentity"
    assert lines[1].startswith('Decrypt,kms.amazonaws.com,"{type=IAMUser, username=')
    assert "alice-w" not in lines[1]


@settings(deadline=None, max_examples=examples(80))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_document_breaks_it(document: Any) -> None:
    """Any JSON document is redacted without an error and keeps its outer form."""
    made = redactor(document)

    assert type(made.redact(document)) is type(document)


def test_map_is_for_the_owner_and_is_used_again(tmp_path: Path) -> None:
    """The map is readable for its owner only, tells who is who, and a second run with it gives the same pseudonyms."""
    export, names = tmp_path / "export.json", tmp_path / "map.json"
    export.write_text(json.dumps({"userName": "alice-w", "accountId": "111122223333"}), encoding="utf-8")

    for target in ("one.json", "two.json"):
        assert run(["redact", str(export), "-o", str(tmp_path / target), "--map", str(names)]) == 0

    one = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert one == json.loads((tmp_path / "two.json").read_text(encoding="utf-8"))
    assert json.loads(names.read_text(encoding="utf-8"))["names"][one["userName"]] == "alice-w"
    assert stat.S_IMODE(names.stat().st_mode) == 0o600


def test_without_a_map_every_run_differs(tmp_path: Path) -> None:
    """Pseudonyms cannot be traced from one run to the next unless a map is kept."""
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"userName": "alice-wonderland"}), encoding="utf-8")

    for target in ("one.json", "two.json"):
        run(["redact", str(export), "-o", str(tmp_path / target)])

    assert (tmp_path / "one.json").read_text(encoding="utf-8") != (tmp_path / "two.json").read_text(encoding="utf-8")


def test_several_documents_become_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zip holds one member for each document; what is no text is left out and counted."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"userName": "alice-w"}', encoding="utf-8")
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0" * 20)

    status = run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out.zip")])

    assert status == 0
    assert zipfile.ZipFile(tmp_path / "out.zip").namelist() == ["a.json"]
    assert "1 document written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json", "-o", "x"], "no such file"),
        (["in.json", "-o", "x", "--map", "map.txt"], "no map of pseudonyms"),
        (["in.json", "-o", "in.json"], "would overwrite what is read"),
        (["in.json", "-o", "x", "--map", "in.json"], "would overwrite what is read"),
        (["in.json", "-o", "x", "--map", "no/where.json"], "No such file"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file or a wrong map is said in one line with exit status 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.txt").write_text("not a map", encoding="utf-8")
    (tmp_path / "in.json").write_text("{}", encoding="utf-8")

    status = run(["redact", *arguments])

    shown = capsys.readouterr().err
    assert status == 2
    assert said in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ["--job-id", FAILED],
        ["callers"],
        ["jobs"],
        ["what-if", "--key-policy", str(INCIDENT / "key-policy.json")],
        ["compare", *FAILED_RUN, *SUCCEEDED_RUN, "--key", KEY],
    ],
)
def test_every_command_can_hide_the_names(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With --redact no command prints an account, role, user or vault, and its findings stay."""
    export = str(INCIDENT / "event_history.json")
    arguments = [*command, *([export] if command[0] == "compare" else ["--events", export])]

    status, plain = run(arguments), capsys.readouterr().out
    redacted_status, shown = run([*arguments, "--redact"]), capsys.readouterr().out

    assert redacted_status == status
    assert len(shown.splitlines()) == len(plain.splitlines())
    for name in ("111122223333", "prod-vault", "AWSBackupDefaultServiceRole", "key-admin"):
        assert name not in shown


def test_names_of_either_export_are_hidden_in_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name in running text of the first export, that only a field of the second tells, is replaced as well."""
    made = Recording()
    key, service = made.key_arn("k"), made.service("backup-storage.amazonaws.com")
    refused = made.kms("2026-03-02T18:00:00Z", "Decrypt", key, made.role("job", "x"))
    refused |= {"errorCode": "AccessDenied", "errorMessage": "denied while working for dora-somebody"}
    (tmp_path / "failed.json").write_text(json.dumps({"Records": [refused]}), encoding="utf-8")
    good = [
        made.kms("2026-03-01T18:00:00Z", "Decrypt", key, service),
        made.add(
            "2026-03-01T18:01:00Z", "kms.amazonaws.com", "DescribeKey", {"type": "IAMUser", "userName": "dora-somebody"}
        ),
    ]
    (tmp_path / "good.json").write_text(json.dumps({"Records": good}), encoding="utf-8")
    arguments = ["compare", str(tmp_path / "failed.json"), str(tmp_path / "good.json"), "--format", "html"]

    run(arguments)
    plain = capsys.readouterr().out
    run([*arguments, "--redact"])

    assert "dora-somebody" in plain
    assert "dora-somebody" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        "prod-vault",
        "alias/orders",
        KEY,
        f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}",
        "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/backup/01547087347000-abcdef01",
        "arn:aws:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole",
    ],
)
def test_pseudonym_leads_back_to_its_name(name: str) -> None:
    """What a redactor made of a name or an ARN, it restores; a name that it did not make stays."""
    made = redactor()

    shown = made.name_or_arn(name)

    assert shown != name
    assert made.restore(shown) == name
    assert redactor().restore(shown) == shown
