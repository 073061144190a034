"""Reads tables of cases (JSON) and builds the events, jobs and Cases that their compact entries stand for.

Times are `2 18:06` (a day of March 2026, UTC) or ISO. A call is `2 18:06 storage Decrypt key`: time, caller, event name
and key, `-` where the record names none; its text is its event id. `$KEY` and the other NAMES may stand in any text. A
Case compares the backup jobs of two evenings: `good` ran on the first from 18:05 to 18:15, `bad` on the second.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from making import ACCOUNT, REGION, ROLE, TABLE, VAULT, make_event, make_job, make_tally
from msgspec import structs
from recording import Record, Recording

from trail_diff.model.indexes import WindowCalls
from trail_diff.model.learnt import Case, Coverage, Event, Facts, Job, JobEvents, TiedEvent, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import Tally

Entry = dict[str, Any]
OTHER_ACCOUNT = "444455556666"
PAD = timedelta(minutes=15)
KEYS = {
    "key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-aaaa-4aaa-8aaa-111111111111",
    "other": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/22222222-bbbb-4bbb-8bbb-222222222222",
    "foreign": f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/33333333-cccc-4ccc-8ccc-333333333333",
    "distant": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/44444444-dddd-4ddd-8ddd-444444444444",
}
NAMES = {
    "ACCOUNT": ACCOUNT,
    "OTHER_ACCOUNT": OTHER_ACCOUNT,
    "REGION": REGION,
    "VAULT": VAULT,
    "OTHER_VAULT": VAULT.replace("prod-vault", "dev-vault"),
    "FOREIGN_VAULT": VAULT.replace(ACCOUNT, OTHER_ACCOUNT),
    "DISTANT_VAULT": VAULT.replace(REGION, "us-east-1"),
    "TABLE": TABLE,
    "OTHER_TABLE": TABLE.replace("orders", "carts"),
    "BUCKET": "arn:aws:s3:::ledger",
    "ROLE": ROLE,
    "ROOT": f"arn:aws:iam::{ACCOUNT}:root",
    **{name.upper() if name == "key" else f"{name.upper()}_KEY": arn for name, arn in KEYS.items()},
}
STATEMENTS: Mapping[str, Entry] = {
    "delegate": {"Sid": "Delegate", "Effect": "Allow", "Principal": {"AWS": NAMES["ROOT"]}},
    "allow-storage": {"Effect": "Allow", "Principal": {"Service": "backup-storage.amazonaws.com"}},
    "allow-role": {"Effect": "Allow", "Principal": {"AWS": ROLE}},
    "deny-storage": {"Sid": "DenyStorage", "Effect": "Deny", "Principal": {"Service": "backup-storage.amazonaws.com"}},
    "deny-strangers": {
        "Sid": "DenyStrangers",
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalArn": ROLE}},
    },
    "deny-other-organizations": {
        "Sid": "DenyOthers",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
    },
}
"""Statements that policies of cases name; each is about every action and resource."""


def read_table(file: Path) -> list[Entry]:
    """Return the cases of a table, its names written out."""
    text = re.sub(r"\$([A-Z_]+)", lambda found: NAMES[found[1]], file.read_text(encoding="utf-8"))
    cases: list[Entry] = json.loads(text)
    return cases


def case_id(case: Entry) -> str:
    """Return the name of a test: that of its case."""
    return str(case["id"])


def build_moment(text: str) -> datetime:
    """Return the time that a text stands for."""
    day, _, clock = text.partition(" ")
    if not clock:
        return datetime.fromisoformat(text)
    return datetime.combine(date(2026, 3, int(day)), time.fromisoformat(clock), UTC)


def build_event(entry: str | Entry) -> Event:
    """Build the event of a call."""
    return make_event(build_record(entry))


def build_record(entry: str | Entry) -> Record:
    """Build a record from a call, or from an object with one: further fields are those of a record, or shorter words.

    `error`, `message`, `context`, `parameters` and `policy` (of PutKeyPolicy) stand for the record's longer fields;
    `denied` is the end of an access-denied message. A name such as `backup:CreateBackupVault` is a call of that service.
    """
    fields: Entry = {"call": entry} if isinstance(entry, str) else dict(entry)
    call = str(fields.pop("call"))
    day, clock, who, name, key = call.split()
    made, identity = Recording(), fields.pop("userIdentity", _identify(who))
    shorter = {"error": "errorCode", "message": "errorMessage", "response": "responseElements", "region": "awsRegion"}
    fields = {shorter.get(field, field): value for field, value in fields.items() if field != "tied"}
    if denied := fields.pop("denied", None):
        fields |= made.denied(identity, f"kms:{name}", KEYS.get(key, "*"), denied)
    if policy := fields.pop("policy", None):
        fields["parameters"] = {"policyName": "default", "policy": json.dumps(build_policy(policy))}
    fields = {"eventID": call, **fields}
    moment = f"{build_moment(f'{day} {clock}'):%Y-%m-%dT%H:%M:%SZ}"
    service, _, action = name.rpartition(":")
    if service:
        fields = {"requestParameters": fields.pop("parameters", None), "readOnly": False, **fields}
        return made.add(moment, f"{service}.amazonaws.com", action, identity, **fields)
    return made.kms(moment, name, KEYS.get(key), identity, fields.pop("context", None), **fields)


def _identify(who: str) -> Entry:
    """Return the `userIdentity` of a caller: one of a few, a service by its first name, a role, or a user."""
    made = Recording()
    session, _, service = who.partition("@")
    match session.split("/", 1):
        case ["untyped"]:
            return {"userName": "somebody"}
        case ["role"]:
            name = ROLE.partition(":role/")[2]
            return made.role(
                name, "AWSBackup-" + name.rsplit("/", 1)[-1], f"{service}.amazonaws.com" if service else None
            )
        case ["role", name]:
            return made.role(name, "session", f"{service}.amazonaws.com" if service else None)
        case ["foreign", name]:
            return Recording(account=OTHER_ACCOUNT).role(name, "session")
        case ["user", name]:
            return made.user(name)
        case _:
            names = {"storage": "backup-storage"}
            return made.service(f"{names.get(who, who)}.amazonaws.com")


def build_policy(statements: Sequence[str | Entry]) -> Entry:
    """Build a key policy out of statements, each written out or one of STATEMENTS."""
    everything = {"Action": "kms:*", "Resource": "*"}
    written = [STATEMENTS[one] if isinstance(one, str) else one for one in statements]
    return {"Version": "2012-10-17", "Statement": [{**everything, **one} for one in written]}


def build_job(entry: Entry | None = None, *, day: int = 1) -> Job:
    """Build a job from what differs from the good one of the first evening, or the bad one of the second."""
    fields = dict(entry or {})
    for name in ("created", "completed"):
        if isinstance(fields.get(name), str):
            fields[name] = build_moment(fields[name])
    for name in ("keys", "sources"):
        if name in fields:
            fields[name] = tuple(fields[name])
    created = fields.get("created") or build_moment(f"{day} 18:05")
    base = make_job("good" if day == 1 else "bad", created.isoformat(), state="COMPLETED" if day == 1 else "FAILED")
    return structs.replace(base, **fields)


def build_window(job: Job) -> Window:
    """Return the padded window of a job."""
    start, end = job.created or job.completed, job.completed or job.created
    assert start is not None
    assert end is not None
    return Window(start, end) if job.kind == "window" else Window(start - PAD, end + PAD)


def build_side(job: Job, calls: Sequence[str | Entry], untied: Sequence[str | Entry] = ()) -> JobEvents:
    """Tie the calls inside a job's window to it, by key and context where they do not say how (`tied`)."""
    window = build_window(job)
    ties = [(build_event(call), call.get("tied") if isinstance(call, dict) else None) for call in calls]
    return JobEvents(
        job=job,
        window=window,
        events=tuple(_tie(event, tied) for event, tied in ties if window.holds(event.event_time)),
        untied=WindowCalls.of(event for event in map(build_event, untied) if window.holds(event.event_time)),
    )


def _tie(event: Event, tied: Sequence[str] | None) -> TiedEvent:
    reasons = tuple(map(Reason, tied or [Reason.KEY_AND_CONTEXT]))
    return TiedEvent(event, reasons)


def build_case(entry: Entry) -> Case:
    """Build the Case of both jobs: `calls` and `untied` go to the side in whose window they are.

    `failed` and `succeeded` are what differs of the jobs (`succeeded: null`: no baseline), `facts` the key's facts with
    the statements of a `policy`, `warnings` the gaps that are known.
    """
    about = {"key": KEYS["key"], "keys": [KEYS["key"]]}
    bad = build_job({**about, **entry.get("failed", {})}, day=2)
    baseline = entry.get("succeeded", {})
    good = None if baseline is None else build_job({**about, **baseline})
    calls, untied = entry.get("calls", []), entry.get("untied", [])
    keys = dict.fromkeys([*bad.keys, *(good.keys if good else ())])
    return Case(
        failed=build_side(bad, calls, untied),
        succeeded=None if good is None else build_side(good, calls, untied),
        coverage=Coverage(
            regions=tuple(entry.get("regions", [REGION])),
            accounts=tuple(entry.get("accounts", [ACCOUNT])),
            warnings=tuple(map(Reason, entry.get("warnings", []))),
        ),
        keys=tuple(keys),
        changes=tuple(map(build_event, entry.get("changes", []))),
        jobs=tuple(build_job(job) for job in entry.get("jobs", [])),
        facts=build_facts(entry.get("facts", {})),
        newest=build_moment(entry["newest"]) if "newest" in entry else None,
        asked_at=build_moment(entry["asked"]) if "asked" in entry else None,
        policy_key=bad.key,
    )


def build_facts(entry: Entry) -> Facts:
    """Build the key's facts: `policy` (statements), `grants`, `state` (KeyMetadata) and `organization`."""
    policy, grants = entry.get("policy"), entry.get("grants")
    return Facts(
        key_policy=None if policy is None else build_policy(policy),
        policy_source=None if policy is None else "policy.json",
        key_state=entry.get("state"),
        state_source="state.json" if "state" in entry else None,
        grants=None if grants is None else tuple(grants),
        organization_id=entry.get("organization"),
    )


def build_tally(entry: Entry) -> Tally:
    """Count the `records` of a reading; `searched` spans of event history, `asOf`, `nextToken` and `eventHistory` too."""
    tally = make_tally(map(build_record, entry["records"]))
    tally.searched = {(region, account, first, last) for region, account, first, last in entry.get("searched", [])}
    tally.as_of, tally.next_token = entry.get("asOf"), bool(entry.get("nextToken"))
    tally.event_history, tally.cached_at = entry.get("eventHistory", 0), entry.get("cachedAt")
    tally.changes = tuple(entry["changes"]) if "changes" in entry else None
    return tally
