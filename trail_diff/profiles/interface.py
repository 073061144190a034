"""The form of a call profile: one step of a kind of job or feature, and the calls to KMS that it makes.

The rows are data/call_profiles.json. A row says who calls, as which identity, with which actions, on which key, with
which encryption context, what lets the call through, where a refusal is seen, and how sure that is, with its sources.
"""

from typing import Literal

from msgspec import Struct

ProfileIdentity = Literal[
    "service-principal",
    "forward-access-session",
    "job-role",
    "scanner-role",
    "service-role",
    "service-linked-role",
    "ec2-infrastructure",
    "unknown",
]
"""As which identity a step calls: `job-role` is the role of the AWS Backup job itself, `service-role` one that the
customer gives the service."""

ProfileTask = Literal[
    "vault", "backup", "copy", "restore", "scan", "index", "search", "item-restore", "access-point", "use"
]
"""What the call is made for: a kind of AWS Backup job or task, or the use of another service."""

ProfileGrade = Literal["recorded", "documented", "reported", "inferred", "unknown"]
"""How sure a row is: a real record shows it, AWS's text has it, somebody reported it, it follows from such facts."""

Refusal = Literal["caller-trail", "not-in-trail", "caller-account-only", "job-status", "other-log"]
"""Where a refusal is seen: in the trail of the caller's account, which is the customer's; in none of the customer's; in
that of another account; in the status of the job or resource; in a metric or another log."""

Through = Literal["grant", "key-policy", "iam", "key-policy-or-iam", "key-policy-and-iam", "none", "unknown"]
"""What lets the call through."""

Circumstance = Literal["air-gapped-vault", "recovery-account", "other-account", "other-region", "restore-test"]
"""Under which circumstance alone a step is taken."""

SourceKeys = Literal["sent", "not-sent", "unknown", "not-applicable"]
"""Whether aws:SourceArn and aws:SourceAccount are sent; they are never sent for a role or user."""


class ProfileCaller(Struct, frozen=True, forbid_unknown_fields=True):
    """Who calls.

    `name` is the service principal, the service behind a forward access session, or the service and name of a
    service-linked role; `session_of` whose session a forward access session is. Where the name is only inferred
    (`is_name_inferred`), a policy may have to name another principal.
    """

    identity: ProfileIdentity
    name: str | None = None
    session_of: Literal["job-role", "user"] | None = None
    is_name_inferred: bool = False


class CallProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """One step and its calls; an empty `resource_types` stands for all, an empty `actions` for what is not known.

    `only_with` is the circumstance without which the step is not taken. `via` are the services of kms:ViaService,
    `keys` the parts of the keys (for AWS Backup `vault`, `source-vault` and `resource`), `context_keys` the keys of the
    encryption context (`?`: not known), `source` what aws:SourceArn names. `optional_actions` are those that AWS's text
    allows the caller as well, and without which the step is not known to fail. `checked_by` are the calls of the
    service's API that end in an error where the step's caller may not use the key: no record of KMS shows that refusal.
    """

    id: str
    service: str
    task: tuple[ProfileTask, ...]
    step: str
    caller: ProfileCaller
    keys: tuple[str, ...]
    grade: ProfileGrade
    sources: tuple[str, ...]
    resource_types: tuple[str, ...] = ()
    only_with: Circumstance | None = None
    actions: tuple[str, ...] = ()
    optional_actions: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    context_keys: tuple[str, ...] = ()
    source_keys: SourceKeys = "unknown"
    source: str | None = None
    through: Through = "unknown"
    refusal: tuple[Refusal, ...] = ()
    checked_by: tuple[str, ...] = ()
    mistake: str | None = None

    @property
    def is_by_policy_alone(self) -> bool:
        """Whether only the key's policy lets the calls through, by a name that AWS's text gives: no grant has a say."""
        is_named = self.caller.identity in ("service-principal", "service-linked-role")
        return self.through == "key-policy" and is_named and not self.caller.is_name_inferred


class CallProfiles(Struct, frozen=True, forbid_unknown_fields=True):
    """All profiles, with where they are from; `sources` has what each short name of a source stands for."""

    schema: Literal["trail-diff/call-profiles/1"]
    origin: str
    as_of: str
    sources: dict[str, str]
    profiles: tuple[CallProfile, ...]
