"""What is concluded: the field names are the JSON contract of reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from trail_diff.model.codes import Cause, Confidence, Grade, KeyRole, Layer, Outcome, Presence
from trail_diff.model.decisions import CallerDecision, StatementRef
from trail_diff.model.learnt import Caller, Coverage, Job
from trail_diff.model.reasons import Reason


class Calls(Struct, frozen=True):
    """The calls of a caller group on one side; error codes in order of their name."""

    calls: int = 0
    errors: int = 0
    error_codes: dict[str, int] = {}
    first: datetime | None = None
    last: datetime | None = None


class CallerGroup(Struct, frozen=True):
    """One row of the side-by-side table: a caller, an IAM action and a key; `tied_by` says why the calls count.

    `driving`: the row makes the difference between the two jobs, and the verdict rests on it. `recorded_in` are the
    accounts whose trail has the calls, in order.
    """

    caller: Caller
    action: str
    key: str | None
    failed: Calls
    succeeded: Calls
    presence: Presence
    tied_by: tuple[Reason, ...] = ()
    driving: bool = False
    recorded_in: tuple[str, ...] = ()


class ExpectedCaller(Struct, frozen=True):
    """A call to expect of the failed job where no job succeeded, and whether its records show it (`seen`).

    `basis` and `grade` say what it is expected by: AWS's documentation and the like (`profile` is the id of the call
    profile), or another job (`lender` is its id). `key_role` is the part of the key.
    """

    caller: Caller
    action: str
    key: str
    key_role: KeyRole
    basis: Reason
    grade: Grade
    seen: bool = False
    profile: str | None = None
    lender: str | None = None


class Evidence(Struct, frozen=True, omit_defaults=True):
    """Either an event, with where it was recorded, or a place (JSON pointer) in a file.

    `url` is the event's address in the AWS console, when its Region is known.
    """

    event_id: str | None = None
    file: str | None = None
    path: str | None = None
    region: str | None = None
    account: str | None = None
    url: str | None = None


class RestsOn(Struct, frozen=True):
    """Something that a finding rests on and no record tells: a condition key's value, who is meant, an assumption.

    `key` is the condition key, or the unique id of a principal; `unless` the clause under which it would not hold.
    """

    kind: Literal["context-key", "principal", "assumption"]
    reason: Reason
    key: str | None = None
    grade: Grade = "inferred"
    unless: str | None = None


class Finding(Struct, frozen=True):
    """A cause that holds, or may hold, and the evidence for it; `key` is the key that it is about.

    `mended_since`: no Deny of today's policy, which is another one, can hit the call; or the key is enabled today.
    """

    cause: Cause
    confidence: Confidence
    caller: Caller | None = None
    action: str | None = None
    layer: Layer | None = None
    statement: StatementRef | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    key: str | None = None
    rests_on: tuple[RestsOn, ...] = ()
    mended_since: bool = False


class RuledOut(Struct, frozen=True):
    """A cause that does not hold, and why: for one key or statement where it names it."""

    cause: Cause
    reasons: tuple[Reason, ...]
    key: str | None = None
    statement: StatementRef | None = None
    evidence: tuple[Evidence, ...] = ()


class Judgement(Struct, frozen=True):
    """What one rule of evidence says of a hypothesis; what `doubts` it keeps it from being likely by evidence alone."""

    rule: str
    says: Literal["proves", "supports", "doubts", "refutes"]
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class RequestDifference(Struct, frozen=True):
    """In what the refused calls of a caller all differ from those that worked: one condition key, and its values.

    Where no condition key has a field, `name` is that of the record. No value: the request had none.
    `succeeded_caller` is who made the calls that worked, where another one plays the caller's part; `decides`: a
    statement that keeps the call out tests it.
    """

    caller: Caller
    action: str
    key: str | None
    name: str
    failed: tuple[str, ...]
    succeeded: tuple[str, ...]
    succeeded_caller: Caller | None = None
    decides: bool = False


class Consequence(Struct, frozen=True):
    """A call that failed only for what the first finding is about; `calls` of its kind worked in the succeeded job."""

    caller: Caller
    action: str
    key: str | None
    calls: int
    reason: Reason


class Weighed(Struct, frozen=True):
    """One row of the weighing: a hypothesis, what each rule says of it, and what became of it.

    `standing` is the confidence of a finding; `open` is one that nothing supports and nothing refutes. `origin` is the
    family that proposed it.
    """

    cause: Cause
    standing: Literal["confirmed", "likely", "possible", "open", "refuted"]
    origin: str
    caller: Caller | None = None
    action: str | None = None
    key: str | None = None
    layer: Layer | None = None
    statement: StatementRef | None = None
    reasons: tuple[Reason, ...] = ()
    judgements: tuple[Judgement, ...] = ()


class Reading(Struct, frozen=True):
    """One explanation of an absence."""

    reading: Literal[
        "denied-not-logged", "not-attempted", "outside-window", "not-collected", "cached-data-key", "different-key"
    ]
    status: Literal["supported", "ruled-out", "open"]
    reasons: tuple[Reason, ...] = ()


class Absence(Struct, frozen=True):
    """A caller and action seen only in the succeeded job, with the readings of that."""

    caller: Caller
    action: str
    readings: tuple[Reading, ...] = ()


class Replay(Struct, frozen=True):
    """What became of the observed calls under a changed policy."""

    calls: int
    callers: int
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    still_denied: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()


class Remedy(Struct, frozen=True):
    """A change that would help, or a tempting one that would not.

    `allowed_by` is the statement of the changed policy that allows the calls once nothing denies them. Without a patch,
    `policy` is one to attach to the caller, or what a policy that only limits it has to allow; `commands` do what no
    policy does, for a POSIX shell. `resource` is what is to be changed, or named, where it is not the key of the
    finding: a permissions boundary, a session, a VPC endpoint, another key; `encryption_context` the one to send.
    """

    id: str
    helps: bool | Literal["undetermined"]
    patch: tuple[dict[str, Any], ...] | None = None
    policy: dict[str, Any] | None = None
    replay: Replay | None = None
    risks: tuple[Reason, ...] = ()
    allowed_by: StatementRef | None = None
    commands: tuple[str, ...] = ()
    resource: str | None = None
    encryption_context: dict[str, str] | None = None


class StatementChange(Struct, frozen=True):
    """What became of one statement of a policy."""

    kind: Literal["added", "removed", "changed", "moved"]
    statement: StatementRef


class Change(Struct, frozen=True):
    """An event that changed a key, grant, policy, role or trail; `statements` compares a policy with the last one.

    `url` is its address in the AWS console, when its Region is known; `resource` is what was changed where it is no
    key: a role, a vault, a bucket. `reason` says what is not known of it.
    """

    time: datetime
    name: str
    caller: Caller
    event_id: str
    key: str | None = None
    resource: str | None = None
    error_code: str | None = None
    statements: tuple[StatementChange, ...] = ()
    url: str | None = None
    reason: Reason | None = None


class ListedEvent(Struct, frozen=True):
    """One event behind the counts of the caller groups; `callers` are their places in the table, the first being 0."""

    event_id: str
    event_time: datetime
    event_name: str
    side: Literal["failed", "succeeded"]
    callers: tuple[int, ...]
    tied_by: tuple[Reason, ...]
    error_code: str | None = None
    error_message: str | None = None
    aws_region: str | None = None
    recipient_account_id: str | None = None
    source_ip_address: str | None = None
    vpc_endpoint_id: str | None = None
    encryption_context: dict[str, str] = {}
    source: str = ""


class KeyPolicy(Struct, frozen=True):
    """The policy by which a key's callers were decided, where it is found, and since when it was in force, if known.

    `is_todays`: it was handed in as today's, and nothing tells of another one at the time of the job. `previous` is the
    policy that it replaced, where the events carry that.
    """

    key: str
    document: dict[str, Any]
    evidence: Evidence
    since: datetime | None = None
    is_todays: bool = False
    previous: dict[str, Any] | None = None


class NextStep(Struct, frozen=True):
    """What keeps the answer open, and the command that would settle it.

    `option` is the option of trail-diff that takes its output (None: add it with --events or --job; `--events`: the
    folder that it fills), `account` the account in which it has to be run. `is_fact`: trail-diff can use its output.
    """

    reason: Reason
    command: str
    option: str | None = None
    account: str | None = None
    is_fact: bool = True


class Verdict(Struct, frozen=True):
    """The answer in one line; `summary` is its sentence, which whoever renders the report words in a language."""

    outcome: Outcome
    cause: Cause | None = None
    confidence: Confidence | None = None
    summary: str = ""


class Report(Struct, frozen=True):
    """Everything trail-diff has to say of a case.

    `events` are in order of time; `events_left_out` is how many there are beyond the most that a report lists.
    `best_remedy` is the id of the remedy to try first. The verdict has no summary before it is worded in a language.
    """

    verdict: Verdict
    failed: Job
    succeeded: Job | None
    coverage: Coverage
    callers: tuple[CallerGroup, ...] = ()
    findings: tuple[Finding, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    decisions: tuple[CallerDecision, ...] = ()
    absence: tuple[Absence, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    best_remedy: str | None = None
    changes: tuple[Change, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    policies: tuple[KeyPolicy, ...] = ()
    events: tuple[ListedEvent, ...] = ()
    events_left_out: int = 0
    weighing: tuple[Weighed, ...] = ()
    expected: tuple[ExpectedCaller, ...] = ()
    key_places: Mapping[str, str] = {}
    request_differences: tuple[RequestDifference, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    schema: Literal["trail-diff/report/1"] = "trail-diff/report/1"
