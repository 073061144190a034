"""AWS on loopback: CloudTrail's event history, AWS Backup's jobs, KMS and STS, with the rules that AWS has.

LookupEvents: one attribute, 50 events a page, the newest first, 90 days, tokens bound to their parameters, two requests
a second for an account and Region. Jobs are listed for 30 days, parts of composite ones only by
their parent. What a test wants to go wrong is put in `faults`.
"""

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from aws_wire import Answer, AwsFaultError, Call, parse_call, write_answer, write_fault
from recording import Record

Kind = Literal["throttle", "cut", "slow", "stale-token", "expired", "error", "page", "do"]
NOT_FOUND = 404


@dataclass
class Fault:
    """What goes wrong with the requests of an operation, after `skip` of them, `times` times."""

    operation: str
    kind: Kind
    skip: int = 0
    times: int = 1
    action: Callable[[], None] = lambda: None
    code: str = ""

    def strikes(self, call: Call) -> bool:
        """Check whether this request is hit."""
        if call.operation != self.operation or (self.kind == "stale-token" and "NextToken" not in call.parameters):
            return False
        self.skip, hit = self.skip - 1, self.skip <= 0 < self.times
        self.times -= hit
        return hit


@dataclass
class Account:
    """What an account has, by Region where AWS keeps it by Region."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    vaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    points: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)


class AwsServer:
    """The state behind the server, and what was asked of it."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.lookups_per_second: int | None = None
        self.throttled = 0
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.url = ""
        self.failures: list[str] = []
        self.aliases: dict[str, str] = {}
        self._recent: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def account(self, account_id: str = "111122223333") -> Account:
        """Return an account; its access key is `AKIA` and its id."""
        return self.accounts.setdefault(account_id, Account())

    def keys_exist(self, *arns: str) -> None:
        """Put keys in the accounts that their ARNs name, each with an empty policy."""
        for arn in arns:
            _, _, _, _, owner, name = arn.split(":")
            metadata = {
                "KeyId": name.removeprefix("key/"),
                "Arn": arn,
                "AWSAccountId": owner,
                "KeyState": "Enabled",
                "KeyManager": "CUSTOMER",
                "CreationDate": datetime(2026, 1, 1, tzinfo=UTC),
            }
            self.account(owner).keys[arn] = {"metadata": metadata, "policy": {}, "grants": []}

    def count(self, operation: str, **parameters: Any) -> int:
        """Count the requests of an operation that had these parameters."""
        return sum(
            call.operation == operation
            and all(call.parameters.get(name) == value for name, value in parameters.items())
            for call in self.calls
        )

    def answer(self, call: Call) -> Answer:
        """Answer a request; a negative status cuts the connection in the middle of the answer."""
        with self._lock:
            self.calls.append(call)
            fault = next((fault for fault in self.faults if fault.strikes(call)), None)
        try:
            if fault is not None:
                _go_wrong(fault)
            content = self._handle(call)
        except AwsFaultError as error:
            return write_fault(call, error)
        if fault is not None and fault.kind == "page":
            return Answer(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>Sign in to the proxy</html>")
        answer = write_answer(call, content)
        return Answer(-1, answer.headers, answer.body) if fault is not None and fault.kind == "cut" else answer

    def _handle(self, call: Call) -> dict[str, Any]:
        own = self.accounts.get(call.access_key.removeprefix("AKIA"))
        if own is None:
            raise AwsFaultError("UnrecognizedClientException", "The security token included in the request is invalid.")
        action = f"{call.service}:{call.operation}"
        if action in own.denied or f"{action}@{call.region}" in own.denied:
            raise AwsFaultError("AccessDeniedException", f"User: somebody is not authorized to perform: {action}")
        account_id = call.access_key.removeprefix("AKIA")
        match call.service:
            case "cloudtrail":
                return self._look_up(call, account_id, own.records.get(call.region, []))
            case "sts" if call.operation == "AssumeRole":
                return _assume_role(call)
            case "sts":
                return {"Account": account_id, "Arn": f"arn:aws:iam::{account_id}:user/u", "UserId": "U"}
            case "backup":
                return _answer_backup(call, own, self.now())
            case _:
                return self._ask_key(call, account_id)

    def _look_up(self, call: Call, account_id: str, records: list[Record]) -> dict[str, Any]:
        self._limit((account_id, call.region))
        parameters = {name: value for name, value in call.parameters.items() if name != "NextToken"}
        if len(parameters.get("LookupAttributes", [])) > 1:
            raise AwsFaultError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
        if not 1 <= parameters.get("MaxResults", 50) <= 50:
            raise AwsFaultError("InvalidMaxResultsException", "A value between 1 and 50 is needed.")
        oldest = self.now() - timedelta(days=90)
        start, end = parameters.get("StartTime", oldest), parameters.get("EndTime", self.now())
        if start > end:
            raise AwsFaultError("InvalidTimeRangeException", "Start time is after end time.")
        found = [
            record
            for record in records
            if max(start, oldest) <= _time(record) <= end and _has(record, parameters.get("LookupAttributes", []))
        ]
        found.sort(key=lambda record: (record["eventTime"], record["eventID"]), reverse=True)
        bound = hashlib.blake2b(repr(sorted(parameters.items())).encode(), digest_size=8).hexdigest()
        begin = _read_token(call.parameters.get("NextToken"), bound)
        stop = begin + parameters.get("MaxResults", 50)
        answer: dict[str, Any] = {"Events": [_event(record) for record in found[begin:stop]]}
        return {**answer, "NextToken": f"{bound}.{stop}"} if stop < len(found) else answer

    def _limit(self, place: tuple[str, str]) -> None:
        if self.lookups_per_second is None:
            return
        with self._lock:
            recent = self._recent.setdefault(place, deque())
            now = time.monotonic()
            while recent and recent[0] <= now - 1:
                recent.popleft()
            if len(recent) >= self.lookups_per_second:
                self.throttled += 1
                raise AwsFaultError("ThrottlingException", "Rate exceeded")
            recent.append(now)

    def _ask_key(self, call: Call, account_id: str) -> dict[str, Any]:
        """Answer KMS: describing and listing grants works across accounts, reading the policy does not."""
        named = call.parameters["KeyId"]
        arn = self.aliases.get(named, named) if call.operation == "DescribeKey" else named
        owner = self.accounts.get(arn.split(":")[4]) if arn.startswith("arn:") else self.accounts[account_id]
        key = (owner.keys if owner else {}).get(arn)
        if (
            key is None
            or arn.split(":")[3] != call.region
            or (call.operation == "GetKeyPolicy" and owner is not self.accounts[account_id])
        ):
            raise AwsFaultError("NotFoundException", f"Key '{arn}' does not exist")
        match call.operation:
            case "DescribeKey":
                return {"KeyMetadata": key["metadata"]}
            case "GetKeyPolicy":
                return {"Policy": json.dumps(key["policy"]), "PolicyName": "default"}
            case "ListGrants":
                begin, limit = int(call.parameters.get("Marker", 0)), call.parameters.get("Limit", 50)
                page = {"Grants": key.get("grants", [])[begin : begin + limit]}
                more = begin + limit < len(key.get("grants", []))
                return {**page, "Truncated": more, **({"NextMarker": str(begin + limit)} if more else {})}
            case "GetKeyLastUsage":
                return {"KeyId": arn, "KeyLastUsage": key.get("usage", {})}
        raise AssertionError(call.operation)


class _Handler(BaseHTTPRequestHandler):
    """Passes requests on to the server that a subclass names."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    aws: AwsServer

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self.aws.answer(parse_call(self.command, self.path, dict(self.headers.items()), body))
        except Exception as error:  # noqa: BLE001 - reported by the test that made the request
            self.aws.failures.append(repr(error))
            answer = Answer(500, {}, b"")
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        is_cut = answer.status < 0
        self.send_response(200 if is_cut else answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if is_cut else answer.body)
        self.close_connection = is_cut

    do_GET = do_POST = _respond  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[AwsServer]:
    """Serve on a free port of loopback while the block runs; afterwards no request may have broken AWS's models."""
    server = AwsServer()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"aws": server}))
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
    assert not server.failures, server.failures


def _go_wrong(fault: Fault) -> None:
    match fault.kind:
        case "throttle":
            raise AwsFaultError("ThrottlingException", "Rate exceeded")
        case "stale-token":
            raise AwsFaultError("InvalidNextTokenException", "Invalid or expired next token")
        case "expired":
            raise AwsFaultError("ExpiredTokenException", "The security token included in the request is expired")
        case "error":
            raise AwsFaultError(fault.code, "This is what AWS\nsays.")
        case "slow":
            time.sleep(0.3)
        case "do":
            fault.action()
        case "cut" | "page":
            pass


def _assume_role(call: Call) -> dict[str, Any]:
    """Return credentials of the account that the role is in."""
    account_id = call.parameters["RoleArn"].split(":")[4]
    return {
        "Credentials": {
            "AccessKeyId": f"AKIA{account_id}",
            "SecretAccessKey": "made-up",
            "SessionToken": "made-up",
            "Expiration": datetime.now(UTC) + timedelta(hours=1),
        }
    }


def _answer_backup(call: Call, own: Account, now: datetime) -> dict[str, Any]:
    match call.operation:
        case "DescribeBackupJob" | "DescribeCopyJob" | "DescribeRestoreJob":
            return _describe_job(call, own)
        case "DescribeBackupVault":
            return _find(own.vaults, call.parameters["BackupVaultName"])
        case "DescribeRecoveryPoint":
            return _find(own.points, call.parameters["RecoveryPointArn"])
        case _:
            return _list_jobs(call, own, now)


def _describe_job(call: Call, own: Account) -> dict[str, Any]:
    (name, job_id), *_ = call.parameters.items()
    job = next((job for job in own.jobs if job.get(name) == job_id and _region_of(job) == call.region), None)
    if job is None:
        raise AwsFaultError("ResourceNotFoundException", f"{name} {job_id} not found", NOT_FOUND)
    return {"CopyJob": job} if call.operation == "DescribeCopyJob" else job


def _list_jobs(call: Call, own: Account, now: datetime) -> dict[str, Any]:
    kind = call.operation.removeprefix("List").removesuffix("s")
    wanted = call.parameters
    found = [
        job
        for job in own.jobs
        if f"{kind}Id" in job
        and _region_of(job) == call.region
        and (wanted.get("ByParentJobId") or not job.get("ParentJobId"))
        and job["CreationDate"] >= now - timedelta(days=30)
        and all(
            wanted.get(by) in (None, job.get(name))
            for by, name in (
                ("ByResourceArn", "ResourceArn"),
                ("ByState", "State"),
                ("ByStatus", "Status"),
                ("ByBackupVaultName", "BackupVaultName"),
                ("ByDestinationVaultArn", "DestinationBackupVaultArn"),
                ("ByResourceType", "ResourceType"),
                ("ByParentJobId", "ParentJobId"),
            )
        )
        and wanted.get("ByCreatedAfter", job["CreationDate"]) <= job["CreationDate"]
        and wanted.get("ByCreatedBefore", job["CreationDate"]) >= job["CreationDate"]
    ]
    found.sort(key=lambda job: job["CreationDate"], reverse=True)
    begin, size = int(wanted.get("NextToken", 0)), wanted.get("MaxResults", 1000)
    answer = {f"{kind}s": found[begin : begin + size]}
    return {**answer, "NextToken": str(begin + size)} if begin + size < len(found) else answer


def _region_of(job: dict[str, Any]) -> str:
    arn = job.get("SourceBackupVaultArn") or job.get("BackupVaultArn") or job.get("RecoveryPointArn") or ""
    return str(arn).split(":")[3]


def _find(things: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in things:
        raise AwsFaultError("ResourceNotFoundException", f"{name} not found", NOT_FOUND)
    return things[name]


def _time(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


def _has(record: Record, attributes: list[dict[str, str]]) -> bool:
    """Check whether a record has the attribute; events that use a key have no resource name to be found by."""
    values = {
        "EventSource": record["eventSource"],
        "EventName": record["eventName"],
        "EventId": record["eventID"],
        "ReadOnly": str(record["readOnly"]).lower(),
    }
    return all(values.get(one["AttributeKey"]) == one["AttributeValue"] for one in attributes)


def _read_token(token: str | None, bound: str) -> int:
    if token is None:
        return 0
    owner, _, begin = token.partition(".")
    if owner != bound:
        raise AwsFaultError("InvalidNextTokenException", "The token does not belong to these parameters.")
    return int(begin)


def _event(record: Record) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventTime": _time(record),
        "EventSource": record["eventSource"],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
    }
