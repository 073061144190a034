"""Makes CloudTrail records for fixtures and tests: a Recording is one account and Region; ids are always the same."""

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


class Recording:
    """Collects records in the order they are made. Times are given as `2026-03-01T18:00:00Z`."""

    def __init__(self, account: str = "111122223333", region: str = "eu-west-1", seed: str = "") -> None:
        self.account, self.region, self.seed = account, region, seed
        self.partition = "aws-cn" if region.startswith("cn-") else "aws"
        self.records: list[Record] = []

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """Return the ARN of a resource of this account and Region."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def role_arn(self, path_and_name: str) -> str:
        """Return the ARN of a role of this account."""
        return self.arn("iam", f"role/{path_and_name}", region="")

    def key_arn(self, name: str) -> str:
        """Return the ARN of the key that goes by a name."""
        return self.arn("kms", f"key/{self.make_id('key', name)}")

    def make_id(self, *parts: object) -> str:
        """Return a UUID that depends on its parts only."""
        digest = hashlib.blake2b(repr((self.seed, *parts)).encode(), digest_size=16)
        return str(uuid.UUID(digest.hexdigest()))

    def add(self, time: str, source: str, name: str, identity: Record, **fields: Any) -> Record:
        """Add a record; `fields` are further record fields, spelled as CloudTrail spells them."""
        number = len(self.records)
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": time,
            "eventSource": source,
            "eventName": name,
            "awsRegion": self.region,
            "sourceIPAddress": identity.get("invokedBy", "198.51.100.7"),
            "userAgent": identity.get("invokedBy", "aws-cli/2.17.40"),
            "requestParameters": None,
            "responseElements": None,
            "requestID": self.make_id("request", number),
            "eventID": self.make_id("event", number),
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.account,
            "eventCategory": "Management",
            **fields,
        }
        self.records.append(record)
        return record

    # ---- who calls

    def service(self, name: str) -> Record:
        """Return the identity of a service principal."""
        return {"type": "AWSService", "invokedBy": name}

    def role(self, path_and_name: str, session: str, invoked_by: str | None = None, *, account: str = "") -> Record:
        """Return the identity of a role session."""
        account = account or self.account
        name = path_and_name.rsplit("/", 1)[-1]
        unique = "AROAEXAMPLE" + hashlib.blake2b(path_and_name.encode(), digest_size=5).hexdigest().upper()
        identity: Record = {
            "type": "AssumedRole",
            "principalId": f"{unique}:{session}",
            "arn": f"arn:{self.partition}:sts::{account}:assumed-role/{name}/{session}",
            "accountId": account,
            "accessKeyId": "ASIAEXAMPLE" + unique[-9:],
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": unique,
                    "arn": f"arn:{self.partition}:iam::{account}:role/{path_and_name}",
                    "accountId": account,
                    "userName": name,
                },
                "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        }
        if invoked_by:
            identity["invokedBy"] = invoked_by
        return identity

    def user(self, name: str) -> Record:
        """Return the identity of an IAM user."""
        unique = hashlib.blake2b(name.encode(), digest_size=5).hexdigest().upper()
        return {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{unique}",
            "arn": self.arn("iam", f"user/{name}", region=""),
            "accountId": self.account,
            "accessKeyId": f"AKIAEXAMPLE{unique}"[:20],
            "userName": name,
        }

    # ---- what is called

    def kms(
        self, time: str, name: str, key: str | None, identity: Record, context: Record | None = None, **fields: Any
    ) -> Record:
        """Add a KMS call on a key, with an encryption context when it has one."""
        parameters: Record = {}
        if name == "Decrypt":
            parameters["encryptionAlgorithm"] = "SYMMETRIC_DEFAULT"
        elif key:
            parameters["keyId"] = key
        if name.startswith("GenerateDataKey"):
            parameters["keySpec"] = "AES_256"
        if context:
            parameters["encryptionContext"] = context
        parameters |= fields.pop("parameters", {})
        if key:
            account = key.split(":")[4]
            fields.setdefault("resources", [{"accountId": account, "type": "AWS::KMS::Key", "ARN": key}])
        if identity.get("type") == "AWSService":
            fields.setdefault("sharedEventID", self.make_id("shared", len(self.records)))
        crypto = name in {"Decrypt", "Encrypt", "ReEncrypt", "DescribeKey"} or name.startswith(
            ("GenerateDataKey", "List")
        )
        fields.setdefault("readOnly", crypto or name.startswith("Get"))
        return self.add(time, "kms.amazonaws.com", name, identity, requestParameters=parameters or None, **fields)

    def denied(self, identity: Record, action: str, key: str, why: str) -> Record:
        """Return the fields of a call that KMS refused: merge them into `kms`."""
        message = f"User: {identity.get('arn')} is not authorized to perform: {action} on resource: {key} {why}"
        return {"errorCode": "AccessDenied", "errorMessage": message}

    def put_key_policy(self, time: str, key: str, policy: Record, identity: Record) -> Record:
        """Add a PutKeyPolicy call, which carries the whole policy."""
        return self.kms(
            time,
            "PutKeyPolicy",
            key,
            identity,
            parameters={"policyName": "default", "policy": json.dumps(policy), "bypassPolicyLockoutSafetyCheck": False},
        )

    def backup_job(
        self,
        job_id: str,
        created: str,
        completed: str,
        state: str,
        *,
        vault: str,
        resource: str,
        role: str,
        **details: Any,
    ) -> None:
        """Add the service events of a backup job: started and completed, in whatever state it ended."""
        told = {
            "backupJobId": job_id.upper(),
            "backupVaultName": vault,
            "backupVaultArn": self.arn("backup", f"backup-vault:{vault}"),
            "resourceArn": resource,
            "creationDate": _moment(created),
            "iamRoleArn": role,
            "resourceType": details.pop("resourceType", "DynamoDB"),
            **details,
        }
        identity = {"accountId": self.account, "invokedBy": "backup.amazonaws.com"}
        extra = {"eventType": "AwsServiceEvent", "readOnly": False}
        started = {**told, "state": "RUNNING", "percentDone": 0}
        ended = {**told, "completionDate": _moment(completed), "state": state}
        ended["percentDone"] = 100 if state == "COMPLETED" else 0
        for time, name, detail in ((created, "BackupJobStarted", started), (completed, "BackupJobCompleted", ended)):
            self.add(time, "backup.amazonaws.com", name, identity, serviceEventDetails=detail, **extra)

    def sorted(self) -> list[Record]:
        """Return the records in order of time."""
        return sorted(self.records, key=lambda record: (record["eventTime"], record["eventID"]))


def as_trail_file(records: list[Record]) -> str:
    """Return records as a trail file or a console download holds them."""
    return json.dumps({"Records": records}, separators=(",", ":"))


def as_lookup_events(records: list[Record]) -> str:
    """Return records as `aws cloudtrail lookup-events` prints them, newest first."""
    events = [
        {
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "ReadOnly": str(record["readOnly"]).lower(),
            "EventTime": record["eventTime"].replace("Z", "+00:00"),
            "EventSource": record["eventSource"],
            "Resources": [],
            "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
        }
        for record in reversed(records)
    ]
    return json.dumps({"Events": events}, indent=4)


def _moment(time: str) -> Record:
    moment = datetime.fromisoformat(time).astimezone(UTC)
    return {"seconds": int(moment.timestamp()), "nanos": 0}
