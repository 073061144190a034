"""Makes the corpus that is measured: trail files in the S3 layout, NDJSON, or lookup-events pages; always the same.

Sizes and mix follow a busy account: 1.4 kB a record, one in twelve a KMS call, three Regions of two accounts, a few
hundred roles with many sessions, two errors in a hundred. Same number, same seed: same bytes.
"""

import json
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

ACCOUNTS = ("111122223333", "123456789012")
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1")
START = datetime(2026, 3, 1, tzinfo=UTC)
KMS_SHARE = 1 / 12
ERROR_SHARE = 0.02
ROLES, SESSIONS, KEYS = 120, 8, 12
SEED = 20260301

_KMS_CALLS = (*["Decrypt"] * 4, *["GenerateDataKey"] * 2, "DescribeKey", "Encrypt")
_SERVICES = ("backup-storage", "dynamodb", "s3", "rds", "secretsmanager", "logs", "sns")
_OTHER_CALLS = (
    ("ec2", "DescribeInstances", True),
    ("ec2", "DescribeVolumes", True),
    ("ec2", "CreateTags", False),
    ("sts", "AssumeRole", True),
    ("s3", "GetBucketAcl", True),
    ("s3", "ListBuckets", True),
    ("logs", "CreateLogStream", False),
    ("logs", "DescribeLogGroups", True),
    ("monitoring", "DescribeAlarms", True),
    ("ssm", "UpdateInstanceInformation", False),
    ("ssm", "GetParameter", True),
    ("iam", "GetRole", True),
    ("lambda", "GetFunction20150331v2", True),
    ("ecr", "BatchGetImage", True),
    ("autoscaling", "DescribeAutoScalingGroups", True),
    ("backup", "ListRecoveryPointsByBackupVault", True),
)
_AGENTS = (
    "aws-cli/2.17.40 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.102 md/arch#x86_64 lang/python#3.11.9",
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.10.220 md/arch#aarch64 lang/python#3.11.8",
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.173.0",
    "APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io) aws-sdk-go-v2/1.30.3",
)


@dataclass(frozen=True)
class Size:
    """How many records, in how many files."""

    events: int
    files: int

    def records_of(self, number: int) -> int:
        """Return how many records the file of that number holds."""
        return self.events * (number + 1) // self.files - self.events * number // self.files


def write_trail(folder: Path, size: Size, processes: int = 2) -> None:
    """Write `AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/*.json.gz` below a folder."""
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(partial(_write_file, folder, size), range(size.files), chunksize=64))


def write_lines(file: Path, size: Size) -> None:
    """Write the same records one a line, uncompressed."""
    with file.open("wb") as opened:
        for number in range(size.files):
            opened.writelines(_dump(record) + b"\n" for record in make_records(size, number))


def write_history(folder: Path, size: Size) -> None:
    """Write the same records as `aws cloudtrail lookup-events` prints them: JSON text inside of JSON."""
    for number in range(size.files):
        entries = [_history_entry(record) for record in make_records(size, number)]
        (folder / f"page-{number:06}.json").write_bytes(json.dumps({"Events": entries}, indent=4).encode())


def make_records(size: Size, number: int) -> Iterator[dict[str, Any]]:
    """Make the records of the file of that number."""
    made = _Maker(Random(f"{SEED} {number}"), *_place_of(number))
    for index in range(size.records_of(number)):
        yield made.record(_time_of(size, number) + timedelta(milliseconds=200 * index))


class _Maker:
    """Makes records of one account and Region."""

    def __init__(self, random: Random, account: str, region: str) -> None:
        self._random, self._account, self._region = random, account, region
        self._credentials = ""

    def record(self, at: datetime) -> dict[str, Any]:
        """Make one record: a KMS call or another one."""
        random = self._random
        self._credentials = f"{at:%Y-%m-%d}T{at.hour // 6 * 6:02}:00:00Z"
        is_kms = random.random() < KMS_SHARE
        is_error = random.random() < ERROR_SHARE
        made = self._kms() if is_kms else self._other()
        error = {
            "errorCode": "AccessDenied",
            "errorMessage": f"User: {made['userIdentity'].get('arn', 'a service')} is not authorized to perform: "
            f"{made['eventSource'].split('.')[0]}:{made['eventName']} with an explicit deny in a resource-based policy",
        }
        return {
            "eventVersion": "1.11",
            "userIdentity": made.pop("userIdentity"),
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": made.pop("eventSource"),
            "eventName": made.pop("eventName"),
            "awsRegion": self._region,
            "sourceIPAddress": made.pop("sourceIPAddress"),
            "userAgent": made.pop("userAgent"),
            **(error if is_error else {}),
            **{name: made.pop(name) for name in ("requestParameters", "responseElements")},
            "requestID": self._uuid(),
            "eventID": self._uuid(),
            "readOnly": made.pop("readOnly"),
            **made,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self._account,
            **({"sharedEventID": self._uuid()} if is_kms and random.random() < 0.3 else {}),
            "eventCategory": "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": f"service.{self._region}.amazonaws.com",
            },
        }

    def _kms(self) -> dict[str, Any]:
        """Make a KMS call: half by services on the keys of many, half by roles, each on its own key."""
        random = self._random
        name = random.choice(_KMS_CALLS)
        service = random.choice(_SERVICES)
        by_service = random.random() < 0.5
        number = random.randrange(ROLES)
        key = self._key(random.randrange(KEYS) if by_service else number % KEYS)
        thing = f"arn:aws:{service}:{self._region}:{self._account}:thing/{random.randrange(400)}"
        parameters: dict[str, Any] = {
            "encryptionContext": {f"aws:{service}:arn": thing},
            **({"encryptionAlgorithm": "SYMMETRIC_DEFAULT"} if name == "Decrypt" else {"keyId": key}),
        }
        principal = f"{service}.amazonaws.com"
        return {
            "userIdentity": {"type": "AWSService", "invokedBy": principal} if by_service else self._role(number),
            "eventSource": "kms.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": principal if by_service else self._address(),
            "userAgent": principal if by_service else random.choice(_AGENTS),
            "requestParameters": parameters,
            "responseElements": None,
            "readOnly": True,
            "resources": [{"accountId": self._account, "type": "AWS::KMS::Key", "ARN": key}],
        }

    def _key(self, number: int) -> str:
        return f"arn:aws:kms:{self._region}:{self._account}:key/{_fixed_uuid(number)}"

    def _other(self) -> dict[str, Any]:
        random = self._random
        service, name, is_read_only = random.choice(_OTHER_CALLS)
        parameters: dict[str, Any] | None = None
        response: dict[str, Any] | None = None
        if random.random() < 0.7:
            names = [
                {"name": "tag:kms.amazonaws.com/owner", "valueSet": {"items": [{"value": f'team "{number}"'}]}}
                for number in range(random.randrange(5))
            ]
            instances = [{"instanceId": f"i-{random.getrandbits(68):017x}"} for _ in range(random.randrange(5))]
            parameters = {
                "maxResults": random.randrange(1000),
                "filterSet": {"items": names},
                "instancesSet": {"items": instances},
            }
        if not is_read_only:
            response = {"requestId": self._uuid(), "_return": True, "status": "ok"}
        return {
            "userIdentity": self._role(random.randrange(ROLES)),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": self._address(),
            "userAgent": random.choice(_AGENTS),
            "requestParameters": parameters,
            "responseElements": response,
            "readOnly": is_read_only,
        }

    def _role(self, number: int) -> dict[str, Any]:
        """Make the identity of a role's session; its credentials are new every six hours."""
        session = self._random.randrange(SESSIONS)
        unique = f"AROAEXAMPLE{number:010}"
        name = f"team-{number % 17}-service-{number}"
        instance = f"i-{number:06x}{session:011x}"
        return {
            "type": "AssumedRole",
            "principalId": f"{unique}:{instance}",
            "arn": f"arn:aws:sts::{self._account}:assumed-role/{name}/{instance}",
            "accountId": self._account,
            "accessKeyId": f"ASIAEXAMPLE{zlib.crc32(f'{instance} {self._credentials}'.encode()):09X}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": unique,
                    "arn": f"arn:aws:iam::{self._account}:role/app/{name}",
                    "accountId": self._account,
                    "userName": name,
                },
                "attributes": {"creationDate": self._credentials, "mfaAuthenticated": "false"},
            },
        }

    def _uuid(self) -> str:
        return _as_uuid(f"{self._random.getrandbits(128):032x}")

    def _address(self) -> str:
        return f"10.{self._random.randrange(4)}.{self._random.randrange(256)}.{self._random.randrange(256)}"


def _write_file(folder: Path, size: Size, number: int) -> None:
    account, region = _place_of(number)
    at = _time_of(size, number)
    place = folder / "AWSLogs" / account / "CloudTrail" / region / f"{at:%Y/%m/%d}"
    place.mkdir(parents=True, exist_ok=True)
    content = b'{"Records":[' + b",".join(map(_dump, make_records(size, number))) + b"]}"
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{number:016X}.json.gz"
    (place / name).write_bytes(packer.compress(content) + packer.flush())


def _place_of(number: int) -> tuple[str, str]:
    return ACCOUNTS[number % len(ACCOUNTS)], REGIONS[number // len(ACCOUNTS) % len(REGIONS)]


def _time_of(size: Size, number: int) -> datetime:
    """Spread the files over ten days."""
    return START + timedelta(days=10) * number / size.files


def _history_entry(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventTime": record["eventTime"],
        "EventSource": record["eventSource"],
        "Resources": [],
        "CloudTrailEvent": _dump(record).decode(),
    }


def _dump(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _fixed_uuid(number: int) -> str:
    return _as_uuid(f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}")


def _as_uuid(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
