"""What is learnt: events, jobs, facts, and the case that holds them."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from trail_diff.model.codes import CallerKind, Grade, KeyOrigin, KeyRole
from trail_diff.model.indexes import JobIndex, Signs, WindowCalls
from trail_diff.model.reasons import Reason

Record = dict[str, Any]
"""One raw CloudTrail record, its keys spelled as CloudTrail spells them."""


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
        """Return the caller without what differs from one session of a role to the next."""
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

    `accesses` is empty unless the event is a call of KMS, or the error of another service that passes on what KMS
    answered to it; then `caller` and `error_code` are those of the call of KMS. `source` names the file it came from.
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
    mfa_authenticated: str | None = None
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

    def is_on(self, keys: Collection[str | None]) -> bool:
        """Check whether it is a call on one of the keys; None is the key that a call does not name."""
        return any(access.key in keys for access in self.accesses)

    def key_of(self, action: str | None) -> str | None:
        """Return the key of the access that is an action; None where there is none."""
        return next((access.key for access in self.accesses if access.action == action), None)


class Skipped(Struct, frozen=True):
    """Something that was not read, why, how many of it, and where known how many bytes of text and from which one on.

    A reason that begins with `repaired-` tells of text that could be read after it was changed so.
    """

    source: str
    reason: Reason
    count: int = 1
    bytes: int | UnsetType = UNSET
    at: int | UnsetType = UNSET


class Window(Struct, frozen=True):
    """A span of time, both ends included."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Check whether the moment lies in the window."""
        return self.start <= moment <= self.end


def merge_windows(windows: Iterable[Window]) -> list[Window]:
    """Return windows in order, those that overlap put together."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, window.end)):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined


class JobKey(Struct, frozen=True):
    """A key of a job: what it encrypts there, and where that was learnt."""

    role: KeyRole
    key: str
    origin: KeyOrigin


class Job(Struct, frozen=True):
    """A backup, copy or restore job, or (`window`) a span of time that stands for one.

    `key` is the key the diagnosis is about, `keys` all that took part, `key_roles` what is known of their parts, the
    surest first; a part that is not there is not known. `vault` is the vault's ARN, or its name when
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
    key_roles: tuple[JobKey, ...] = ()

    def key_of(self, role: KeyRole) -> str | None:
        """Return the key that plays a part in the job, by the surest origin; None where it is not known."""
        return next((one.key for one in self.key_roles if one.role == role), None)


class TiedEvent(Struct, frozen=True):
    """An event and why it belongs to the job."""

    event: Event
    reasons: tuple[Reason, ...]


class JobEvents(Struct, frozen=True):
    """A job, the padded window that was searched, the events tied to it, and the window's other KMS events (`untied`).

    Both are in order of time. `service_refusal` is the call of another service that KMS may have made fail, of a run
    without a job.
    """

    job: Job
    window: Window
    events: tuple[TiedEvent, ...] = ()
    untied: WindowCalls = WindowCalls()
    service_refusal: Event | None = None

    def find(self, signs_of: Signs, *signs: Hashable) -> Iterator[Event]:
        """Yield the calls that have one of some signs: those that are tied, then the others of the window."""
        wanted = frozenset(signs)
        yield from (tie.event for tie in self.events if not wanted.isdisjoint(signs_of(tie.event)))
        yield from self.untied.find(signs_of, *signs)


class Facts(Struct, frozen=True):
    """What is known of the key beside its events, as AWS's own documents have it; None where nothing was given.

    `key_policy` is today's policy document, `policy_source` the file or call it came from, `policy_key` the key
    that the document names, as a PutKeyPolicy record does; `key_state` the `KeyMetadata` of DescribeKey, `state_source`
    where it came from; `grants` the entries of ListGrants. `key_stores` are the custom key stores of keys
    that calls name.
    """

    key_policy: Mapping[str, Any] | None = None
    policy_source: str | None = None
    policy_key: str | None = None
    key_state: Mapping[str, Any] | None = None
    state_source: str | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    organization_id: str | None = None
    key_stores: Mapping[str, str] = {}

    def are_of_today(self) -> bool:
        """Check whether a document tells how the key is today, which need not be how it was."""
        return any(one is not None for one in (self.key_policy, self.key_state, self.grants))


class Use(Struct, frozen=True):
    """How one caller used one key between two changes of the key: one action with one outcome.

    `since` is the id of the change that began the span, None before the first one known. `facts` are the distinct facts
    of the requests that a policy can test, the first few of them; `has_more_facts` when there were others.
    """

    key: str
    caller: Caller
    action: str
    error_code: str | None
    since: str | None
    calls: int
    first: datetime
    last: datetime
    event_id: str
    facts: tuple["Facets", ...] = ()
    has_more_facts: bool = False


class Facets(Struct, frozen=True, order=True):
    """The facts of a request that a policy can test and that differ from call to call.

    The context is sorted; None where the record has no parameters and so tells of none.
    """

    encryption_context: tuple[tuple[str, str], ...] | None = ()
    source_ip_address: str | None = None
    vpc_endpoint_id: str | None = None
    principal_id: str | None = None
    aws_region: str | None = None
    mfa_authenticated: str | None = None


class ExpectedCall(Struct, frozen=True):
    """A call to expect of the failed job, as the event that it would leave.

    `basis` says whether AWS is known to make it (`profile` names the call profile), or whether another job made it on
    its own keys (`lender` is that job's id). `key_role` is the part of its key in the failed job. `is_by_policy_alone`:
    only the key's policy lets it through, no grant.
    """

    event: Event
    action: str
    key: str
    key_role: KeyRole
    basis: Literal[Reason.EXPECTED_BY_PROFILE, Reason.EXPECTED_FROM_OTHER_JOB]
    grade: Grade
    profile: str | None = None
    lender: str | None = None
    is_by_policy_alone: bool = False


class Case(Struct, frozen=True):
    """All that was learnt: both jobs with their events, what changed around them, the key's facts and the coverage.

    `keys` are the keys in question; `changes` the events that change them, their grants and policies, the roles or the
    trails, in order of time; `jobs` every job seen that can matter, and `every_job` finds each (None: those); `newest`
    is the time of the newest record that was read, or of the fetch. `uses` is how the keys were used in all that was
    read, inside both windows and beyond; `policy_key` the key that a policy in `facts` belongs to; `expected` the calls
    to expect of the failed job where no job succeeded; `asked_at` is when the question was asked. `policies_elsewhere`
    are the records of policies of other keys that were used without error in the failed job's window. `searched` are
    the spans that AWS or a log store was asked for; None where everything that there is was read. `unbroken` are the
    spans in which a change of the key would have been seen; `is_of_history`: for certain, as event history was asked.
    """

    failed: JobEvents
    succeeded: JobEvents | None
    coverage: "Coverage"
    keys: tuple[str, ...] = ()
    changes: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()
    facts: Facts = Facts()
    newest: datetime | None = None
    uses: tuple[Use, ...] = ()
    policy_key: str | None = None
    expected: tuple[ExpectedCall, ...] = ()
    asked_at: datetime | None = None
    policies_elsewhere: tuple[Event, ...] = ()
    searched: tuple[Window, ...] | None = None
    unbroken: tuple[Window, ...] = ()
    is_of_history: bool = False
    every_job: JobIndex | None = None

    def job_index(self) -> JobIndex:
        """Return all jobs in an index."""
        return self.every_job if self.every_job is not None else JobIndex(self.jobs)


class Windows(Struct, frozen=True):
    """The padded windows that were searched: start and end.

    `changes` is the span in which AWS or a log store was asked for changes of keys; exports are read as far as they go.
    """

    failed: tuple[datetime, datetime] | None = None
    succeeded: tuple[datetime, datetime] | None = None
    changes: tuple[datetime, datetime] | UnsetType = UNSET


class Coverage(Struct, frozen=True):
    """What was read, what was skipped, and what the evidence does not cover. Lists are sorted.

    `cached_at` is when the oldest of the events that an earlier run kept was fetched.
    """

    windows: Windows = Windows()
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    records_read: int = 0
    events_kept: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Reason, ...] = ()
    files_read: int = 0
    repairs: tuple[Skipped, ...] | UnsetType = UNSET
    cached_at: datetime | UnsetType = UNSET

    def holds_anything(self) -> bool:
        """Check whether any file that was read is an export, an empty one too; without files there is no doubt."""
        unread = {one.source for one in self.skipped}
        return not self.files_read or self.records_read > 0 or len(unread) < self.files_read
