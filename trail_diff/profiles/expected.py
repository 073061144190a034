"""The calls to expect of a job, made from profiles as the events that they would leave."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from trail_diff.arns import arn_account, arn_region, arn_resource, arn_service, last_name
from trail_diff.events.normalize import normalize_record
from trail_diff.events.service_refusals import named_resource
from trail_diff.model.codes import Grade, KeyRole
from trail_diff.model.learnt import Event, ExpectedCall, Job, KeyAccess, Record
from trail_diff.model.reasons import Reason
from trail_diff.profiles.catalogue import profiles_checked_by, profiles_of_job
from trail_diff.profiles.interface import CallProfile

_PARTS: Mapping[str, KeyRole] = {"vault": "vault", "source-vault": "source-vault", "resource": "resource"}
_GRADES: Mapping[str, Grade] = {"recorded": "recorded", "documented": "documented"}
_NO_TIME = "2026-01-01T00:00:00Z"


class Setting(Struct, frozen=True):
    """What a call is made in: the account, the key, and as far as known the role, the vault and the resource."""

    account: str
    key: str
    role: str | None = None
    vault: str | None = None
    resource: str | None = None
    time: str = _NO_TIME


def expected_calls(job: Job) -> Iterator[ExpectedCall]:
    """Yield the calls that a job of this kind and type is known to make on those of its keys that are known."""
    for profile in profiles_of_job(job):
        for part in profile.keys:
            role = _PARTS.get(part)
            key = job.key_of(role) if role else None
            if key is not None and role is not None:
                yield from _expect(profile, _setting(job, key, role), role)


def calls_behind(refused: Event, key: str) -> Iterator[ExpectedCall]:
    """Yield the calls of its own that a service made, or tried, to answer a call of its API that names a key.

    A trail or a log group is given a key only where the service itself may use it; KMS logs that in no account of the
    customer.
    """
    setting = Setting(
        account=refused.recipient_account_id or arn_account(key) or "",
        key=key,
        resource=named_resource(refused),
        time=f"{refused.event_time:%Y-%m-%dT%H:%M:%SZ}",
    )
    for profile in profiles_checked_by(refused.event_source, refused.event_name):
        yield from _expect(profile, setting, "resource")


def _expect(profile: CallProfile, setting: Setting, role: KeyRole) -> Iterator[ExpectedCall]:
    for event in make_calls(profile, setting):
        yield ExpectedCall(
            event=event,
            action=event.accesses[0].action,
            key=setting.key,
            key_role=role,
            basis=Reason.EXPECTED_BY_PROFILE,
            grade=_GRADES.get(profile.grade, "inferred"),
            profile=profile.id,
            is_by_policy_alone=profile.is_by_policy_alone,
        )


def make_calls(profile: CallProfile, setting: Setting) -> Iterator[Event]:
    """Yield one event for each action of a profile; none where its caller is not known well enough to make one."""
    identity = _identity(profile, setting)
    for action in profile.actions if identity is not None else ():
        event = normalize_record(_record(profile, action, identity or {}, setting), "")
        if isinstance(event, Event):
            yield structs.replace(
                event, accesses=(KeyAccess(action, setting.key),), in_scope_of=_scope(profile, setting)
            )


def _setting(job: Job, key: str, role: KeyRole) -> Setting:
    vault = job.source_vault if role == "source-vault" and job.kind == "copy" else job.vault
    moment = job.created or job.completed
    return Setting(
        account=job.account or arn_account(key) or "",
        key=key,
        role=job.role,
        vault=vault,
        resource=job.resource if job.kind != "restore" else None,
        time=f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else _NO_TIME,
    )


def _identity(profile: CallProfile, setting: Setting) -> Record | None:
    """Return the `userIdentity` that such a caller has; None where it is not known, or whose role it is."""
    caller, account = profile.caller, setting.account
    region = arn_region(setting.key) or ""
    match caller.identity:
        case "service-principal" if region or "{region}" not in (caller.name or ""):
            return {"type": "AWSService", "invokedBy": (caller.name or "").replace("{region}", region)}
        case "service-linked-role":
            service, _, name = (caller.name or "").partition("/")
            return _session(f"arn:aws:iam::{account}:role/aws-service-role/{service}/{name}", name, service)
        case "ec2-infrastructure":
            return _session(f"arn:aws:iam::{account}:role/aws:ec2-infrastructure", "i-0", "AWS Internal")
        case "job-role" | "scanner-role" | "service-role" | "forward-access-session" if setting.role is not None:
            invoked_by = caller.name or ("backup.amazonaws.com" if caller.identity == "job-role" else None)
            return _session(setting.role, f"AWSBackup-{last_name(setting.role)}", invoked_by)
        case _:
            return None


def _session(role: str, session: str, invoked_by: str | None) -> Record:
    account, name = arn_account(role), (arn_resource(role) or role).rpartition("/")[2]
    issuer = {"type": "Role", "arn": role, "accountId": account, "userName": name}
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": issuer},
        **({"invokedBy": invoked_by} if invoked_by else {}),
    }


def _record(profile: CallProfile, action: str, identity: Record, setting: Setting) -> Record:
    context = _context(profile, setting)
    is_whole = len(context) == len(profile.context_keys)
    name = action.removeprefix("kms:")
    return {
        "userIdentity": identity,
        "eventTime": setting.time,
        "eventSource": "kms.amazonaws.com",
        "eventName": "ReEncrypt" if name.startswith("ReEncrypt") else name,
        "eventID": f"{profile.id} {action} {setting.key}",
        "awsRegion": arn_region(setting.key),
        "recipientAccountId": arn_account(setting.key) or setting.account,
        # Without request parameters nothing is concluded from what a context may hold beside the values that are known.
        "requestParameters": {"encryptionContext": context} if context and is_whole else None,
        "eventContext": {"requestContext": {f"kms:EncryptionContext:{key}": value for key, value in context.items()}},
        "resources": [{"ARN": setting.key}],
    }


def _context(profile: CallProfile, setting: Setting) -> dict[str, str]:
    """Return the pairs of the encryption context whose values are known."""
    values = {key: _value(key, setting) for key in profile.context_keys}
    return {key: value for key, value in values.items() if value}


def _value(key: str, setting: Setting) -> str | None:
    resource = setting.resource
    match key:
        case "aws:dynamodb:tableName" if arn_service(resource) == "dynamodb":
            return (arn_resource(resource) or "").removeprefix("table/").split("/")[0]
        case "aws:dynamodb:subscriberId":
            return arn_account(resource)
        case "aws:elasticfilesystem:filesystem:id" if arn_service(resource) == "elasticfilesystem":
            return last_name(resource)
        case "aws:logs:arn" | "aws:cloudtrail:arn" if arn_service(resource) == key.split(":")[1]:
            return resource
        case "aws:ebs:id" if (arn_resource(resource) or "").startswith("volume/"):
            return last_name(resource)
        case _:
            return None


def _scope(profile: CallProfile, setting: Setting) -> Mapping[str, Any]:
    """Return what aws:SourceArn and aws:SourceAccount are, where AWS's text says so; empty where they are not sent."""
    if profile.source_keys == "not-sent":
        return {"sourceArn": "", "sourceAccount": ""}
    source = {"vault": setting.vault, "trail": setting.resource}.get(profile.source or "") or ""
    if profile.source_keys != "sent" or not source.startswith("arn:"):
        return {}
    return {"sourceArn": source, "sourceAccount": arn_account(source)}
