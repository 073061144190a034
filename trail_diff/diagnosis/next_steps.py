"""What to fetch next: for everything that keeps the answer open, the one command that would settle it. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime

from trail_diff.arns import arn_account, arn_region, last_name
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.key_history import state_at
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep, Verdict

_LIST_CALLS: Mapping[str, str] = {
    "backup": "aws backup list-backup-jobs --by-state COMPLETED --by-resource-arn {resource}",
    "copy": "aws backup list-copy-jobs --by-state COMPLETED --by-resource-arn {resource}",
    "restore": "aws backup list-restore-jobs --by-status COMPLETED",
}
_REFETCH = (
    Reason.KMS_EVENTS_EXCLUDED,
    Reason.READ_ONLY_EVENTS_MISSING,
    Reason.WINDOW_NOT_COVERED,
    Reason.CALLER_TYPE_NOT_IN_EXPORT,
    Reason.FETCH_TRUNCATED,
    Reason.DELIVERY_DELAY_POSSIBLE,
)
"""Gaps that the event history of the job's own Region and account fills: it leaves nothing of KMS out for 90 days."""


def suggest_next_steps(examined: Examined, verdict: Verdict) -> tuple[NextStep, ...]:
    """Suggest what would settle the question; nothing when it is settled. Commands are quoted for a POSIX shell."""
    if verdict.outcome == "no-difference" or verdict.confidence == "confirmed":
        return ()
    job = examined.case.failed.job
    may_be_about_key = is_about_kms(job) or (job.message is None and job.key is None)
    is_about_key = bool(examined.driving) or may_be_about_key
    steps = [*_for_coverage(examined), *(_for_key(examined) if is_about_key else ())]
    return tuple(dict.fromkeys(steps))


def _for_coverage(examined: Examined) -> Iterator[NextStep]:
    warnings, job = examined.case.coverage.warnings, examined.case.failed.job
    if Reason.NO_BASELINE in warnings and job.kind in _LIST_CALLS:
        command = _LIST_CALLS[job.kind].format(resource=shlex.quote(job.resource or "RESOURCE_ARN"))
        yield NextStep(Reason.NO_BASELINE, command + _region(job.region), "--job")
    for reason in _REFETCH:
        if reason in warnings:
            yield NextStep(reason, _lookup(examined, job.region), account=job.account)
    for place in (job.vault, job.source_vault, *job.keys):
        region, account = arn_region(place), arn_account(place)
        is_missing_region = Reason.REGION_NOT_COVERED in warnings and region not in examined.case.coverage.regions
        is_missing_account = Reason.ACCOUNT_NOT_COVERED in warnings and account not in examined.case.coverage.accounts
        if region and (is_missing_region or is_missing_account):
            reason = Reason.ACCOUNT_NOT_COVERED if is_missing_account else Reason.REGION_NOT_COVERED
            yield NextStep(reason, _lookup(examined, region), account=account)


def _for_key(examined: Examined) -> Iterator[NextStep]:
    """Suggest what tells more of the key: its policy, its state, its grants, the organization."""
    key, case = examined.key, examined.case
    if key is None:
        vault = last_name(case.failed.job.vault) or "VAULT"
        command = f"aws backup describe-backup-vault --backup-vault-name {shlex.quote(vault)}"
        region = arn_region(case.failed.job.vault) or case.failed.job.region
        yield NextStep(Reason.KEY_NOT_KNOWN, command + _region(region), "--key")
        return
    named = f"--key-id {shlex.quote(key)}{_region(arn_region(key))}"
    account = arn_account(key)
    if not examined.explained:
        command = f"aws kms get-key-policy --policy-name default {named}"
        yield NextStep(Reason.KEY_POLICY_NOT_GIVEN, command, "--key-policy", account)
    if all(one.policy is None or one.policy.is_todays for one in examined.explained):
        yield NextStep(Reason.POLICY_HISTORY_NOT_KNOWN, _policy_history(examined, key), account=account)
    if state_at(case.changes, key, case.failed.window.end, case.facts) is None:
        yield NextStep(Reason.KEY_STATE_NOT_KNOWN, f"aws kms describe-key {named}", "--key-state", account)
    reasons = {reason for one in examined.explained for reason in one.then.reasons}
    unknown = {key for one in examined.explained for key in one.then.unknown_keys}
    if Reason.GRANTS_NOT_GIVEN in reasons or (not examined.explained and case.facts.grants is None):
        yield NextStep(Reason.GRANTS_NOT_GIVEN, f"aws kms list-grants {named}", "--grants", account)
    if "aws:principalorgid" in unknown:
        command = "aws organizations describe-organization --query Organization.Id --output text"
        yield NextStep(Reason.KEY_UNKNOWN, command, "--org-id")


def _policy_history(examined: Examined, key: str) -> str:
    """Return the command that fetches every policy put on a key up to the end of the failed job: records carry them."""
    return (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=PutKeyPolicy"
        f" --end-time {_time(examined.case.failed.window.end)}{_region(arn_region(key))}"
    )


def _lookup(examined: Examined, region: str | None) -> str:
    """Return the command that fetches the KMS events of both windows' whole span from event history."""
    windows = [side.window for side in (examined.case.failed, examined.case.succeeded) if side is not None]
    start, end = min(window.start for window in windows), max(window.end for window in windows)
    return (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=kms.amazonaws.com"
        f" --start-time {_time(start)} --end-time {_time(end)}{_region(region)}"
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _region(region: str | None) -> str:
    return f" --region {shlex.quote(region)}" if region else ""
