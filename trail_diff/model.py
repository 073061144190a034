"""The vocabulary: frozen values that every stage speaks. No behaviour beyond what a value says of itself.

The upper half is what is learnt (Event, Job, Case), the lower half what is concluded (Report). The Report's
field names are the JSON contract: `render/json` encodes it as it stands, and data/report.schema.json is
generated from it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, structs

Record = dict[str, Any]
"""One raw CloudTrail record, its keys spelled as CloudTrail spells them."""


class CallerKind(StrEnum):
    """What a caller amounts to; the caller type is only what CloudTrail calls it."""

    SERVICE_PRINCIPAL = "service-principal"
    SERVICE_LINKED_ROLE = "service-linked-role"
    SERVICE_ROLE = "service-role"
    FORWARD_ACCESS_SESSION = "forward-access-session"
    ROLE = "role"
    USER = "user"
    ROOT = "root"
    FEDERATED = "federated"
    IDENTITY_CENTER_USER = "identity-center-user"
    CROSS_ACCOUNT = "cross-account"
    SERVICE_EVENT = "service-event"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a job failed."""

    KEY_POLICY_EXPLICIT_DENY = "key-policy-explicit-deny"
    KEY_POLICY_NO_ALLOW = "key-policy-no-allow"
    IDENTITY_POLICY_EXPLICIT_DENY = "identity-policy-explicit-deny"
    IDENTITY_POLICY_NO_ALLOW = "identity-policy-no-allow"
    SCP_DENY = "scp-deny"
    RCP_DENY = "rcp-deny"
    PERMISSIONS_BOUNDARY_DENY = "permissions-boundary-deny"
    SESSION_POLICY_DENY = "session-policy-deny"
    VPC_ENDPOINT_POLICY_DENY = "vpc-endpoint-policy-deny"
    GRANT_REVOKED = "grant-revoked"
    GRANT_NOT_CREATED = "grant-not-created"
    KEY_DISABLED = "key-disabled"
    KEY_PENDING_DELETION = "key-pending-deletion"
    KEY_UNAVAILABLE = "key-unavailable"
    KEY_NOT_FOUND = "key-not-found"
    AWS_MANAGED_KEY_NOT_SHAREABLE = "aws-managed-key-not-shareable"
    ENCRYPTION_CONTEXT_MISMATCH = "encryption-context-mismatch"
    KMS_THROTTLED = "kms-throttled"
    NOT_KMS = "not-kms"


class Reason(StrEnum):
    """Every reason code a Report can hold; render/phrases has a sentence for each."""

    # why something was not read
    NOT_CLOUDTRAIL = "not-cloudtrail"
    DIGEST_FILE = "digest-file"
    INSIGHT_EVENT = "insight-event"
    S3_NOTIFICATION = "s3-notification"
    CONTROL_MESSAGE = "control-message"
    EMPTY_FILE = "empty-file"
    BINARY_FILE = "binary-file"
    TRUNCATED_ARCHIVE = "truncated-archive"
    TRUNCATED_JSON = "truncated-json"
    INVALID_JSON = "invalid-json"
    INVALID_RECORD = "invalid-record"
    BAD_ENCODING = "bad-encoding"
    VALUE_TOO_LARGE = "value-too-large"
    EXPANSION_LIMIT = "expansion-limit"
    NESTING_LIMIT = "nesting-limit"
    UNREADABLE_FILE = "unreadable-file"
    LINKED_FOLDER = "linked-folder"
    UNREADABLE_ROW = "unreadable-row"
    ENCRYPTED_ARCHIVE = "encrypted-archive"
    UNSUPPORTED_ARCHIVE = "unsupported-archive"
    YAML_NOT_READ = "yaml-not-read"
    QUERY_SIGNATURE = "query-signature"
    PARQUET_SUPPORT_MISSING = "parquet-support-missing"
    DUPLICATE = "duplicate"
    OUTSIDE_REQUESTED_TIME = "outside-requested-time"
    # what the evidence does not cover
    KMS_EVENTS_EXCLUDED = "kms-events-excluded"
    READ_ONLY_EVENTS_MISSING = "read-only-events-missing"
    WINDOW_NOT_COVERED = "window-not-covered"
    REGION_NOT_COVERED = "region-not-covered"
    ACCOUNT_NOT_COVERED = "account-not-covered"
    DELIVERY_DELAY_POSSIBLE = "delivery-delay-possible"
    NO_BASELINE = "no-baseline"
    CALLER_TYPE_NOT_IN_EXPORT = "caller-type-not-in-export"
    FETCH_TRUNCATED = "fetch-truncated"
    # what else a reader should know of the comparison
    BASELINE_OTHER_RESOURCE = "baseline-other-resource"
    BASELINE_OTHER_VAULT = "baseline-other-vault"
    BASELINE_OTHER_ROLE = "baseline-other-role"
    BASELINE_OTHER_KEY = "baseline-other-key"
    BASELINE_OTHER_BACKUP_TYPE = "baseline-other-backup-type"
    BASELINE_AFTER_FAILED = "baseline-after-failed"
    CONCURRENT_JOB_ON_VAULT = "concurrent-job-on-vault"
    KEY_NOT_KNOWN = "key-not-known"
    KEY_NOT_IN_EVENTS = "key-not-in-events"
    JOB_STILL_RUNNING = "job-still-running"
    INPUT_PARTLY_READ = "input-partly-read"
    # why an event belongs to a job
    KEY_AND_CONTEXT = "key-and-context"
    CONTEXT_NAMES_VAULT = "context-names-vault"
    CONTEXT_NAMES_RESOURCE = "context-names-resource"
    KEY_AND_SERVICE_PRINCIPAL = "key-and-service-principal"
    KEY_AND_JOB_ROLE = "key-and-job-role"
    JOB_ROLE = "job-role"
    KEY_ONLY = "key-only"
    IN_WINDOW = "in-window"
    # why a condition of a policy matches or not
    VALUE_EQUALS = "value-equals"
    VALUE_DIFFERS = "value-differs"
    KEY_ABSENT = "key-absent"
    NEGATED_KEY_ABSENT = "negated-key-absent"
    IF_EXISTS_ABSENT = "if-exists-absent"
    KEY_IS_NULL = "key-is-null"
    KEY_IS_NOT_NULL = "key-is-not-null"
    FOR_ALL_VALUES_EMPTY = "for-all-values-empty"
    FOR_ANY_VALUE_EMPTY = "for-any-value-empty"
    OPAQUE_VALUE_DIFFERS = "opaque-value-differs"
    # why a condition of a policy cannot be decided
    KEY_UNKNOWN = "key-unknown"
    VARIABLE_UNKNOWN = "variable-unknown"
    OPAQUE_VALUE = "opaque-value"
    MULTIVALUED_WITHOUT_SET_OPERATOR = "multivalued-without-set-operator"
    FOR_ANY_VALUE_IF_EXISTS_ABSENT = "for-any-value-if-exists-absent"
    EMPTY_STRING_IN_SET = "empty-string-in-set"
    EMPTY_VALUE_LIST = "empty-value-list"
    EMPTY_CONDITION = "empty-condition"
    OPERATOR_UNKNOWN = "operator-unknown"
    OPERATOR_LETTER_CASE = "operator-letter-case"
    BOOLEAN_FORM = "boolean-form"
    VALUE_NOT_COMPARABLE = "value-not-comparable"
    VALUE_FORM_DOUBTFUL = "value-form-doubtful"
    ARN_PATTERN_INCOMPLETE = "arn-pattern-incomplete"
    WILDCARD_OVER_LINE_BREAK = "wildcard-over-line-break"
    VARIABLE_FORM = "variable-form"
    VARIABLE_VALUE_HAS_WILDCARD = "variable-value-has-wildcard"
    # why a statement applies to a caller or not
    PRINCIPAL_IS_ANYONE = "principal-is-anyone"
    PRINCIPAL_MATCHES = "principal-matches"
    PRINCIPAL_ACCOUNT_MATCHES = "principal-account-matches"
    PRINCIPAL_DIFFERS = "principal-differs"
    NOT_PRINCIPAL_LISTS_CALLER = "not-principal-lists-caller"
    NOT_PRINCIPAL_OMITS_CALLER = "not-principal-omits-caller"
    ACTION_DIFFERS = "action-differs"
    RESOURCE_DIFFERS = "resource-differs"
    ACTION_MISSING = "action-missing"
    RESOURCE_MISSING = "resource-missing"
    # why it cannot be decided whether a statement applies
    AWS_WILDCARD_AND_SERVICE_PRINCIPAL = "aws-wildcard-and-service-principal"
    ALLOW_WILDCARD_AND_SERVICE_PRINCIPAL = "allow-wildcard-and-service-principal"
    SERVICE_NAME_FORM = "service-name-form"
    SERVICE_WILDCARD = "service-wildcard"
    NOT_PRINCIPAL_INCOMPLETE = "not-principal-incomplete"
    NOT_PRINCIPAL_AND_BOUNDARY = "not-principal-and-boundary"
    RETIRE_GRANT_NOT_IN_POLICY = "retire-grant-not-in-policy"
    RETIRE_GRANT_BY_ACCOUNT = "retire-grant-by-account"
    NOT_PRINCIPAL_WITH_ALLOW = "not-principal-with-allow"
    PRINCIPAL_MISSING = "principal-missing"
    PRINCIPAL_NOT_EXPECTED = "principal-not-expected"
    PRINCIPAL_UNIQUE_ID = "principal-unique-id"
    PRINCIPAL_UNRECOGNISED = "principal-unrecognised"
    CALLER_NOT_KNOWN = "caller-not-known"
    ENDPOINT_ACCOUNT_PRINCIPAL = "endpoint-account-principal"
    ACTION_FORM = "action-form"
    RESOURCE_FORM = "resource-form"
    EFFECT_NOT_RECOGNISED = "effect-not-recognised"
    ELEMENT_UNKNOWN = "element-unknown"
    POLICY_TOO_LARGE = "policy-too-large"
    ELEMENTS_CONTRADICT = "elements-contradict"
    STATEMENT_MALFORMED = "statement-malformed"
    POLICY_VERSION_UNKNOWN = "policy-version-unknown"
    # what a grant gives a caller
    GRANT_MATCHES = "grant-matches"
    GRANT_NOT_IN_FORCE = "grant-not-in-force"
    GRANT_OTHER_GRANTEE = "grant-other-grantee"
    GRANT_OTHER_OPERATION = "grant-other-operation"
    GRANT_CONSTRAINT_DIFFERS = "grant-constraint-differs"
    GRANT_CONSTRAINT_UNKNOWN = "grant-constraint-unknown"
    GRANTEE_NOT_GIVEN = "grantee-not-given"
    GRANT_FOR_ACCOUNT = "grant-for-account"
    # what settles a decision, or keeps it open
    STATEMENT_DENIES = "statement-denies"
    KEY_POLICY_ALLOWS = "key-policy-allows"
    GRANT_ALLOWS = "grant-allows"
    IDENTITY_POLICY_ALLOWS = "identity-policy-allows"
    NO_KEY_POLICY_ALLOW = "no-key-policy-allow"
    NO_IDENTITY_POLICY_ALLOW = "no-identity-policy-allow"
    NO_PERMISSIONS_BOUNDARY_ALLOW = "no-permissions-boundary-allow"
    NO_SESSION_POLICY_ALLOW = "no-session-policy-allow"
    NO_SCP_ALLOW = "no-scp-allow"
    NO_VPC_ENDPOINT_POLICY_ALLOW = "no-vpc-endpoint-policy-allow"
    KEY_POLICY_NOT_GIVEN = "key-policy-not-given"
    GRANTS_NOT_GIVEN = "grants-not-given"
    IDENTITY_POLICIES_NOT_GIVEN = "identity-policies-not-given"
    PERMISSIONS_BOUNDARIES_NOT_GIVEN = "permissions-boundaries-not-given"
    SESSION_POLICIES_NOT_GIVEN = "session-policies-not-given"
    SCPS_NOT_GIVEN = "scps-not-given"
    RCPS_NOT_GIVEN = "rcps-not-given"
    VPC_ENDPOINT_POLICIES_NOT_GIVEN = "vpc-endpoint-policies-not-given"
    ACCOUNT_NOT_KNOWN = "account-not-known"
    SERVICE_LINKED_ROLE_POSSIBLE = "service-linked-role-possible"
    LIMIT_AND_WILDCARD_PRINCIPAL = "limit-and-wildcard-principal"
    LIMIT_AND_GRANT = "limit-and-grant"
    GRANT_ACROSS_ACCOUNTS = "grant-across-accounts"
    # what proves a cause, or rules it out
    RECORD_STATES_LAYER = "record-states-layer"
    MESSAGE_STATES_LAYER = "message-states-layer"
    RECORD_STATES_KEY_STATE = "record-states-key-state"
    RECORD_STATES_CONTEXT = "record-states-context"
    RECORD_STATES_THROTTLING = "record-states-throttling"
    CHANGED_DURING_JOB = "changed-during-job"
    CALLER_MISSING = "caller-missing"
    CALLER_REFUSED = "caller-refused"
    POLICY_FROM_RECORD = "policy-from-record"
    POLICY_IS_TODAYS = "policy-is-todays"
    POLICY_LOST_ALLOW = "policy-lost-allow"
    POLICY_HISTORY_NOT_KNOWN = "policy-history-not-known"
    POLICY_CHANGED_SINCE = "policy-changed-since"
    POLICY_SAME_FOR_SUCCEEDED = "policy-same-for-succeeded"
    POLICY_ALLOWS_CALLER = "policy-allows-caller"
    KEY_STATE_CHANGED_BEFORE_JOB = "key-state-changed-before-job"
    KEY_STATE_TODAY = "key-state-today"
    DELETION_SCHEDULED_BEFORE = "deletion-scheduled-before"
    DELETION_SCHEDULED_LATER = "deletion-scheduled-later"
    KEY_STATE_ENABLED = "key-state-enabled"
    KEY_STATE_SAME_FOR_SUCCEEDED = "key-state-same-for-succeeded"
    KEY_USED_IN_WINDOW = "key-used-in-window"
    GRANT_ENDED_BEFORE_JOB = "grant-ended-before-job"
    GRANTEE_NOT_IN_EXPORT = "grantee-not-in-export"
    NO_GRANT_CHANGE = "no-grant-change"
    CREATE_GRANT_REFUSED = "create-grant-refused"
    KEY_IS_AWS_MANAGED = "key-is-aws-managed"
    COPY_ACROSS_ACCOUNTS = "copy-across-accounts"
    SAME_ACCOUNT = "same-account"
    THROTTLING_SURVIVED = "throttling-survived"
    NO_THROTTLING = "no-throttling"
    MESSAGE_NAMES_KMS = "message-names-kms"
    MESSAGE_NAMES_NO_KMS = "message-names-no-kms"
    NO_KMS_DIFFERENCE = "no-kms-difference"
    KEY_STATE_NOT_KNOWN = "key-state-not-known"
    NO_CALL_OF_THE_JOB = "no-call-of-the-job"
    # why a call may be absent
    DENIAL_NOT_LOGGED_HERE = "denial-not-logged-here"
    DENIAL_WOULD_BE_LOGGED = "denial-would-be-logged"
    POLICY_DENIES_CALLER = "policy-denies-caller"
    CALLS_OF_THE_JOB_IN_WINDOW = "calls-of-the-job-in-window"
    OTHER_CALLS_IN_WINDOW = "other-calls-in-window"
    JOB_ENDED_IN_WINDOW = "job-ended-in-window"
    SAME_CALL_NEAR_WINDOW = "same-call-near-window"
    SAME_CALL_ON_OTHER_KEY = "same-call-on-other-key"
    NO_CALL_ON_OTHER_KEY = "no-call-on-other-key"
    CALLED_JUST_BEFORE = "called-just-before"
    NOT_CALLED_JUST_BEFORE = "not-called-just-before"
    # which risk a remedy carries
    CALLER_IS_NOT_A_SERVICE_PRINCIPAL = "caller-is-not-a-service-principal"
    ALLOWS_SERVICE_FOR_ANYONE = "allows-service-for-anyone"
    EXEMPTS_EVERY_SERVICE = "exempts-every-service"
    NEEDS_ALLOW_AS_WELL = "needs-allow-as-well"
    SOURCE_ACCOUNT_NOT_ALWAYS_SENT = "source-account-not-always-sent"
    ALLOWS_ANY_ROLE_SESSION = "allows-any-role-session"
    PRINCIPAL_ARN_FORM_UNDOCUMENTED = "principal-arn-form-undocumented"
    CALLER_IS_NOT_THE_ROLE = "caller-is-not-the-role"
    CALLER_IS_A_SERVICE_PRINCIPAL = "caller-is-a-service-principal"
    ABSENT_KEY_STILL_MATCHES = "absent-key-still-matches"
    ADDS_ALLOW = "adds-allow"
    ALLOWS_VIA_ANOTHER_SERVICE = "allows-via-another-service"
    SESSION_ARN_NEVER_TESTED = "session-arn-never-tested"
    DENY_WINS = "deny-wins"
    STRANGER_GETS_IN = "stranger-gets-in"
    POLICY_OF_AWS_MANAGED_KEY = "policy-of-aws-managed-key"
    DELETES_NOTHING_ELSE = "deletes-nothing-else"
    GRANT_NOT_REPLAYABLE = "grant-not-replayable"


# ---- what is learnt


class Caller(Struct, frozen=True):
    """Who made a call, from `userIdentity`.

    `type` is `userIdentity.type` or None when the record has none; `name` the service principal, the role name
    without its path, or the user name; `arn` the ARN CloudTrail gives (a session ARN for a role session);
    `role_arn` the role's own ARN with its path; `invoked_by` the service that made the call, when one did.
    """

    type: str | None
    kind: CallerKind
    name: str | None = None
    arn: str | None = None
    role_arn: str | None = None
    account: str | None = None
    invoked_by: str | None = None

    def across_sessions(self) -> "Caller":
        """Give the caller without what differs from one session of a role to the next."""
        return structs.replace(self, arn=None) if self.role_arn else self


class KeyAccess(Struct, frozen=True):
    """One IAM action on one key; a ReEncrypt call is two of them. `key` is an ARN, an id or an alias, or None."""

    action: str
    key: str | None


class Denial(Struct, frozen=True):
    """What an access-denied message states: the layer, and whether a statement denied or none allowed."""

    effect: Literal["explicit-deny", "no-allow"] | None
    layer: str | None
    action: str | None = None
    policy_arn: str | None = None


class Event(Struct, frozen=True):
    """One CloudTrail event, normalised. `error_code` is None for a success; times are aware and UTC.

    `accesses` is empty unless the event is a KMS call. `source` names the file it came from.
    """

    event_id: str
    event_time: datetime
    event_source: str
    event_name: str
    caller: Caller
    aws_region: str | None = None
    recipient_account_id: str | None = None
    event_type: str | None = None
    shared_event_id: str | None = None
    principal_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    denial: Denial | None = None
    read_only: bool | None = None
    source_ip_address: str | None = None
    vpc_endpoint_id: str | None = None
    accesses: tuple[KeyAccess, ...] = ()
    resources: tuple[str, ...] = ()
    encryption_context: Mapping[str, str] = {}
    request_parameters: Mapping[str, Any] = {}
    response_elements: Mapping[str, Any] = {}
    additional_event_data: Mapping[str, Any] = {}
    service_event_details: Mapping[str, Any] = {}
    request_context: Mapping[str, Any] = {}
    in_scope_of: Mapping[str, Any] = {}
    source: str = ""


class Skipped(Struct, frozen=True):
    """Something that was not read, why, and how many of it."""

    source: str
    reason: Reason
    count: int = 1


class Window(Struct, frozen=True):
    """A span of time, both ends included."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether the moment lies in the window."""
        return self.start <= moment <= self.end


class Job(Struct, frozen=True):
    """A backup, copy or restore job, or (`window`) a span of time that stands for one.

    `key` is the key the diagnosis is about, `keys` all that took part. `vault` is the vault's ARN, or its name when
    no ARN is known; for a copy it is the destination, and `source_vault` the origin.
    """

    id: str
    kind: Literal["backup", "copy", "restore", "window"]
    state: str | None = None
    message: str | None = None
    resource: str | None = None
    resource_type: str | None = None
    vault: str | None = None
    role: str | None = None
    key: str | None = None
    keys: tuple[str, ...] = ()
    created: datetime | None = None
    completed: datetime | None = None
    region: str | None = None
    account: str | None = None
    source_vault: str | None = None
    recovery_point: str | None = None
    backup_type: str | None = None
    parent: str | None = None
    message_category: str | None = None
    sources: tuple[str, ...] = ()


class TiedEvent(Struct, frozen=True):
    """An event and why it belongs to the job; `score` orders the reasons, higher is stronger."""

    event: Event
    score: int
    reasons: tuple[Reason, ...]


class JobEvents(Struct, frozen=True):
    """A job, the padded window that was searched, the events tied to it, and the window's other KMS events (`untied`).

    Both lists are in order of time.
    """

    job: Job
    window: Window
    events: tuple[TiedEvent, ...] = ()
    untied: tuple[Event, ...] = ()


class Facts(Struct, frozen=True):
    """What is known of the key beside its events, as AWS's own documents have it; None where nothing was given.

    `key_policy` is today's policy document, `policy_source` the file or call it came from; `key_state` the
    `KeyMetadata` of DescribeKey, `state_source` where it came from; `grants` the entries of ListGrants.
    """

    key_policy: Mapping[str, Any] | None = None
    policy_source: str | None = None
    key_state: Mapping[str, Any] | None = None
    state_source: str | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    organization_id: str | None = None


class Case(Struct, frozen=True):
    """All that was learnt: both jobs with their events, what changed around them, the key's facts and the coverage.

    `keys` are the keys in question; `changes` the events that change them, their grants and policies, the roles or the
    trails, in order of time; `jobs` every job seen; `newest` is the time of the newest record that was read, or of the
    fetch.
    """

    failed: JobEvents
    succeeded: JobEvents | None
    coverage: "Coverage"
    keys: tuple[str, ...] = ()
    changes: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()
    facts: Facts = Facts()
    newest: datetime | None = None


# ---- what is concluded: field names from here on are the JSON contract

Presence = Literal["only-succeeded", "only-failed", "both", "denied-in-failed"]
Outcome = Literal["explained", "difference", "no-difference", "inconclusive"]
Confidence = Literal["confirmed", "likely", "possible"]
Layer = Literal[
    "key-policy",
    "identity-policy",
    "scp",
    "rcp",
    "permissions-boundary",
    "session-policy",
    "vpc-endpoint-policy",
    "grant",
    "key-state",
]
Decided = Literal["allowed", "explicit-deny", "implicit-deny", "undetermined"]
Matched = Literal["match", "no-match", "unknown"]
KeyPresence = Literal["present", "absent", "unknown"]


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


class StatementRef(Struct, frozen=True):
    """A statement of a policy; indexes start at 1."""

    index: int
    sid: str | None = None


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


class Finding(Struct, frozen=True):
    """A cause that holds, and the evidence for it."""

    cause: Cause
    confidence: Confidence
    caller: Caller | None = None
    action: str | None = None
    layer: Layer | None = None
    statement: StatementRef | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class RuledOut(Struct, frozen=True):
    """A cause that does not hold, and why."""

    cause: Cause
    reasons: tuple[Reason, ...]


class ConditionOutcome(Struct, frozen=True):
    """One operator and key of a Condition, against the value the request has for it."""

    operator: str
    key: str
    expected: tuple[str, ...]
    actual: str | tuple[str, ...] | None
    state: KeyPresence
    outcome: Matched
    reason: Reason


class StatementOutcome(Struct, frozen=True):
    """What became of one statement."""

    index: int
    sid: str | None
    effect: Literal["Allow", "Deny"]
    outcome: Matched
    conditions: tuple[ConditionOutcome, ...] = ()
    layer: Layer = "key-policy"
    reasons: tuple[Reason, ...] = ()


class CallerDecision(Struct, frozen=True):
    """How the policies decide one caller's action: those in force at the failed job, or today's where they differ."""

    caller: Caller
    action: str
    decision: Decided
    statements: tuple[StatementOutcome, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    layer: Layer | None = None
    reasons: tuple[Reason, ...] = ()
    as_of: Literal["failed-job", "today"] = "failed-job"


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
    """A change that would help, or a tempting one that would not."""

    id: str
    helps: bool | Literal["undetermined"]
    patch: tuple[dict[str, Any], ...] | None = None
    policy: dict[str, Any] | None = None
    replay: Replay | None = None
    risks: tuple[Reason, ...] = ()


class StatementChange(Struct, frozen=True):
    """What became of one statement of a policy."""

    kind: Literal["added", "removed", "changed"]
    statement: StatementRef


class Change(Struct, frozen=True):
    """An event that changed a key, grant, policy, role or trail; `statements` compares a policy with the last one.

    `url` is its address in the AWS console, when its Region is known.
    """

    time: datetime
    name: str
    caller: Caller
    event_id: str
    key: str | None = None
    error_code: str | None = None
    statements: tuple[StatementChange, ...] = ()
    url: str | None = None


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

    `option` is the option of trail-diff that takes its output (None: add it with --events or --job), `account` the
    account in which it has to be run.
    """

    reason: Reason
    command: str
    option: str | None = None
    account: str | None = None


class Windows(Struct, frozen=True):
    """The padded windows that were searched: start and end."""

    failed: tuple[datetime, datetime] | None = None
    succeeded: tuple[datetime, datetime] | None = None


class Coverage(Struct, frozen=True):
    """What was read, what was skipped, and what the evidence does not cover. Lists are sorted."""

    windows: Windows = Windows()
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    records_read: int = 0
    events_kept: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Reason, ...] = ()
    files_read: int = 0


class Verdict(Struct, frozen=True):
    """The answer in one line."""

    outcome: Outcome
    cause: Cause | None = None
    confidence: Confidence | None = None
    summary: str = ""


class Report(Struct, frozen=True):
    """Everything trail-diff has to say of a case.

    `events` are in order of time; `events_left_out` is how many there are beyond the most that a report lists.
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
    changes: tuple[Change, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    policies: tuple[KeyPolicy, ...] = ()
    events: tuple[ListedEvent, ...] = ()
    events_left_out: int = 0
    schema: Literal["trail-diff/report/1"] = "trail-diff/report/1"


class JobRow(Struct, frozen=True):
    """One row of the list of jobs: a job, the baseline it would be compared with, and in what the two differ."""

    job: Job
    baseline: Job | None
    differences: tuple[Reason, ...] = ()


class CallerUse(Struct, frozen=True):
    """One row of the list of callers: a caller, an IAM action and a key; error codes in order of their name."""

    caller: Caller
    action: str
    key: str | None
    calls: int
    errors: int
    error_codes: dict[str, int] = {}
    first: datetime | None = None
    last: datetime | None = None


WhatIfOutcome = Literal["breaks", "starts-to-work", "stays-denied", "undetermined", "conflict", "unchanged"]


Supply = Literal["--grants", "--org-id", "--old", "--key", "request-parameters", "request-context"]
"""What would tell an undecided call: an option, or a kind of export that carries the key."""


class WhatIfRow(Struct, frozen=True):
    """One row of a policy replay: a caller, an IAM action and a key, what was seen of it, and what would become of it.

    `conflict` is a call that succeeded although the old policy refuses it as it is understood here. `observed` is false
    for a call that was not seen but that AWS Backup is known to make. `statement` and `reasons` are those of the new
    policy, of the old one for a conflict. `supply` says what would decide an undetermined call.
    """

    caller: Caller
    action: str
    key: str | None
    calls: int
    denied: int
    outcome: WhatIfOutcome
    new: Decided
    old: Decided | None = None
    statement: StatementRef | None = None
    unknown_keys: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    observed: bool = True
    supply: tuple[Supply, ...] = ()
