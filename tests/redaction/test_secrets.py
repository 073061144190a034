"""Secrets planted wherever a record may name something, in every form and with every kind of damage: none survives."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from read.wrapping import WRAPS

from trail_diff.cli import run

ACCOUNT = "444455556666"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/5ec2e7ab-0000-4000-8000-00000000c0de"
MEMBERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "user name": lambda s: {"userIdentity": {"type": "IAMUser", "userName": s, "accountId": ACCOUNT}},
    "session": lambda s: {
        "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app-role/{s}"}
    },
    "principal": lambda s: {"userIdentity": {"type": "AWSAccount", "principalId": f"AROAEXAMPLE1234567:{s}"}},
    "issuer": lambda s: {
        "userIdentity": {
            "type": "AssumedRole",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/team/{s}"}},
        }
    },
    "context value": lambda s: {"requestParameters": {"keyId": KEY, "encryptionContext": {"aws:s3:arn": s}}},
    "context key": lambda s: {"requestParameters": {"keyId": KEY, "encryptionContext": {s: "x"}}},
    "bucket": lambda s: {"requestParameters": {"bucketName": s, "Host": f"{s}.s3.eu-west-1.amazonaws.com"}},
    "policy": lambda s: {
        "requestParameters": {
            "policy": json.dumps({"Statement": [{"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{s}"}}]})
        }
    },
    "tag": lambda s: {"requestParameters": {"tags": [{"tagKey": "owner", "tagValue": s}]}},
    "unknown field": lambda s: {"responseElements": {"somethingNew": {"deep": [s]}}},
    "quoted": lambda s: {"errorCode": "AccessDenied", "errorMessage": f"The vault '{s}' was not found"},
    "after its noun": lambda s: {"errorCode": "AccessDenied", "errorMessage": f"Access to bucket {s} is denied"},
    "bare in a message": lambda s: {"errorCode": "AccessDenied", "errorMessage": f"Cannot find {s} any more"},
    "agent": lambda s: {"userAgent": f"aws-cli/2.17 md/host#{s}"},
    "host": lambda s: {"tlsDetails": {"clientProvidedHostHeader": f"{s}.kms.eu-west-1.amazonaws.com"}},
    "detail": lambda s: {"additionalEventData": {"note": s}, "serviceEventDetails": {"owner": s}},
}
"""Where a record may name something; each gives the members of a record that name a secret."""
SHAPES = ("{0}-payroll", "Zq{0}-2026-03-01T18", "{0}_zq.db", "zq-{0}01")
"""What names look like: one with a hyphen, one like a time, one with an underscore and a dot, one with digits."""
SECRETS = {
    f"{place}: {shape}": (MEMBERS[place], shape.format(f"zqx{number:02}"))
    for number, (place, shape) in enumerate((place, shape) for place in MEMBERS for shape in SHAPES)
}
FORMS = (
    *("trail", "trail-pretty", "trail-gz", "ndjson", "array-of-text", "lookup-events", "event-bridge", "sqs"),
    *("sns", "log-lines", "subscription", "kinesis", "logs-tail-json", "athena-answer", "insights-csv"),
    *("splunk-json-rows", "psql", "notebook", "docker-pieces", "journal-bytes", "elastic-lists"),
)
_NUMBERS = re.compile(rb"\d{1,3}(?:,\s?\d{1,3}){7,}")
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda data: data,
    "end cut off": lambda data: data[: len(data) * 2 // 3],
    "beginning cut off": lambda data: data[len(data) // 3 :],
    "a hole": lambda data: data[: len(data) // 2] + data[len(data) // 2 + 40 :],
    "numbers joined": lambda data: data.replace(b", 101, ", b", 101", 40),
    "lines joined": lambda data: data.replace(b"\n", b" "),
    "wrapped": lambda data: b"\n".join(data[at : at + 100] for at in range(0, len(data), 100)),
}


def records() -> list[dict[str, Any]]:
    """Return records that name every secret, one each."""
    return [
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "AWSService", "invokedBy": "backup.amazonaws.com"},
            "eventTime": f"2026-03-01T18:{number:02}:00Z",
            "eventSource": "kms.amazonaws.com",
            "eventName": "Decrypt",
            "awsRegion": "eu-west-1",
            "requestParameters": {"keyId": KEY},
            "resources": [{"ARN": KEY, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}],
            "eventID": f"0000c0de-0000-4000-8000-{number:012}",
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
            "readOnly": True,
            **members(secret),
        }
        for number, (members, secret) in enumerate(SECRETS.values())
    ]


def test_there_are_sixty_secrets_and_more() -> None:
    """Every place is tried with a name of every shape, and no two secrets are alike."""
    assert len({secret for _, secret in SECRETS.values()}) == len(MEMBERS) * len(SHAPES) == 64


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("form", FORMS)
def test_no_secret_survives(form: str, damage: str, tmp_path: Path) -> None:
    """Either nothing is written, or no secret, account or key is in what is; whole exports are always written."""
    whole = WRAPS[form](records())
    is_packed = whole.startswith(b"\x1f\x8b")
    data = DAMAGES[damage](gzip.decompress(whole) if is_packed and damage != "end cut off" else whole)
    (tmp_path / "export").write_bytes(data)
    out = tmp_path / "out.zip"

    status = run(["redact", str(tmp_path / "export"), "-o", str(out)])

    assert out.exists() == (status == 0)
    assert status == 0 or damage != "whole"
    text = unpacked(out.read_bytes()).lower() if out.exists() else b""
    hidden = [secret for _, secret in SECRETS.values()] + [ACCOUNT, KEY.rpartition("/")[2]]
    assert [name for name in hidden if name.lower().encode() in text] == []


def unpacked(content: bytes) -> bytes:
    """Return the names and the content of a zip's members, with what is packed in base64 beside it."""
    from trail_diff.redaction.embedded import open_text

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = [name.encode() + b"\n" + archive.read(name) for name in archive.namelist()]
    packed = [word for text in texts for word in text.decode("utf-8", "replace").split('"') if len(word) > 200]
    opened = [nested.content.encode() for word in packed if (nested := open_text(word, "data")) and nested.is_log]
    lists = [found for text in texts for found in _NUMBERS.findall(text)]
    return b"\n".join([*texts, *opened, *(bytes(int(number) % 256 for number in one.split(b",")) for one in lists)])
