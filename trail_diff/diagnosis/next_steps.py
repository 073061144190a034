"""What to fetch next: for everything that keeps the answer open, the one command that would settle it. Pure.

Each fact is asked for once, about what is concerned: the key of the open hypotheses, in the Region and account that its
ARN names; nothing about a key, job or layer that no open hypothesis is about.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from trail_diff.arns import arn_account, arn_region, last_name
from trail_diff.diagnosis.cause_steps import region_option, steps_of_cause
from trail_diff.diagnosis.console_links import is_in_history
from trail_diff.diagnosis.error_steps import steps_of_errors
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.explain import began_succeeded
from trail_diff.diagnosis.hypotheses.key_state import is_used_in_failed
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.hypotheses.refused_calls import may_be_refused, told_keys
from trail_diff.diagnosis.key_history import state_at
from trail_diff.diagnosis.resource_steps import show_key_of, steps_to_key
from trail_diff.diagnosis.verdict import are_calls_nobodys
from trail_diff.events.service_refusals import ENCODED
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Window
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, NextStep, Verdict

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
_PAD = timedelta(minutes=15)
"""What is asked for around a run of a few calls, whose own times leave room for nothing else."""
_DELIVERY = timedelta(hours=1)
"""How long after an event its file may be named: a file lies in the folder of the day on which it was delivered."""
_MOST_DAYS = 7
"""How many days a command names one by one."""


def suggest_next_steps(examined: Examined, verdict: Verdict, findings: Sequence[Finding] = ()) -> tuple[NextStep, ...]:
    """Suggest what would settle the question; nothing when it is settled. Commands are quoted for a POSIX shell."""
    refusing = tuple(_of_refusals(examined, findings))
    if verdict.outcome == "no-difference" or verdict.confidence == "confirmed":
        return refusing if verdict.outcome == "explained" else ()
    of_errors = steps_of_errors(examined)
    if of_errors:
        return tuple(dict.fromkeys((*refusing, *of_errors)))
    is_elsewhere = verdict.cause is Cause.NOT_KMS and verdict.confidence == "likely"
    job = examined.case.failed.job
    is_open = job.message is None and job.key is None
    is_about_key = bool(examined.driving) or is_about_kms(job) or is_open
    steps = [
        *refusing,
        *(_for_baseline(examined) if verdict.confidence != "likely" else ()),
        *(_for_unknown_key(examined, findings) if is_about_key and not is_elsewhere else ()),
        *_for_coverage(examined),
        *(_for_key(examined, findings) if is_about_key and not is_elsewhere else ()),
    ]
    once: dict[tuple[str, str | None], NextStep] = {}
    for step in steps:
        once.setdefault((step.command, step.account), step)
    return tuple(once.values())


_LIMITS: Mapping[str, str] = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def _of_refusals(examined: Examined, findings: Sequence[Finding]) -> Iterator[NextStep]:
    """Suggest how to see what refused a call: an encoded message decoded, a policy of the organization asked for."""
    case = examined.case
    refused = [tie.event for tie in case.failed.events if tie.event.error_code is not None]
    for text in dict.fromkeys([case.failed.job.message, *(event.error_message for event in refused)]):
        if found := ENCODED.search(text or ""):
            command = f"aws sts decode-authorization-message --encoded-message {found[1]}"
            command += " --query DecodedMessage --output text"
            yield NextStep(Reason.MESSAGE_IS_ENCODED, command, account=case.failed.job.account, is_fact=False)
    finding = findings[0] if findings else None
    if finding is not None:
        yield from steps_of_cause(examined, finding)
    kind = _LIMITS.get(finding.layer or "") if finding is not None else None
    if finding is None or kind is None:
        return
    denials = (event.denial for event in refused if event.denial and event.denial.layer == finding.layer)
    arn = next((denial.policy_arn for denial in denials if denial.policy_arn), None)
    if arn:
        command = f"aws organizations describe-policy --policy-id {shlex.quote(last_name(arn) or arn)}"
        yield NextStep(Reason.POLICY_OF_THE_ORGANIZATION, command, account=arn_account(arn), is_fact=False)
        return
    of_caller = finding.caller.account if finding.caller else case.failed.job.account
    owner = of_caller if finding.layer == "scp" else arn_account(finding.key)
    command = f"aws organizations list-policies-for-target --target-id {owner or 'ACCOUNT_ID'} --filter {kind}"
    yield NextStep(Reason.POLICY_OF_THE_ORGANIZATION, command, is_fact=False)


def _for_baseline(examined: Examined) -> Iterator[NextStep]:
    job = examined.case.failed.job
    if Reason.NO_BASELINE in examined.case.coverage.warnings and job.kind in _LIST_CALLS:
        command = _LIST_CALLS[job.kind].format(resource=shlex.quote(job.resource or "RESOURCE_ARN"))
        yield NextStep(Reason.NO_BASELINE, command + region_option(job.region), "--job")


def _for_coverage(examined: Examined) -> Iterator[NextStep]:
    warnings, job = examined.case.coverage.warnings, examined.case.failed.job
    gaps = [reason for reason in _REFETCH if reason in warnings]
    for reason in gaps:
        yield _refetch(examined, reason, job.region, job.account)
    for place in (job.vault, job.source_vault, *job.keys):
        region, account = arn_region(place), arn_account(place)
        is_missing_region = Reason.REGION_NOT_COVERED in warnings and region not in examined.case.coverage.regions
        is_missing_account = Reason.ACCOUNT_NOT_COVERED in warnings and account not in examined.case.coverage.accounts
        if region and (is_missing_region or is_missing_account):
            reason = Reason.ACCOUNT_NOT_COVERED if is_missing_account else Reason.REGION_NOT_COVERED
            yield _refetch(examined, reason, region, account)


def _for_unknown_key(examined: Examined, findings: Sequence[Finding]) -> Iterator[NextStep]:
    """Suggest how to see which key the answer is about, where that is not known: the vault's, or the resource's."""
    side, job = examined.case.failed, examined.case.failed.job
    if _keys_to_look_at(examined, findings):
        return
    if job.vault or job.kind != "window":
        command, place = show_key_of(job)
        region, account = arn_region(place) or job.region, arn_account(place)
        yield NextStep(Reason.KEY_NOT_KNOWN, command + region_option(region), "--key", account)
    elif side.service_refusal is not None:
        yield from steps_to_key(side.service_refusal)


def _for_key(examined: Examined, findings: Sequence[Finding]) -> Iterator[NextStep]:
    """Suggest what tells more of each key that the answer is about: its policy, its state, its grants."""
    for key in _keys_to_look_at(examined, findings):
        yield from _for_one_key(examined, key, findings)


def _keys_to_look_at(examined: Examined, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the keys concerned; without a finding, no key that only calls of nobody's name."""
    keys = _keys_concerned(examined, findings)
    if findings or not are_calls_nobodys(examined.case):
        return keys
    return tuple(key for key in keys if key in told_keys(examined.case.failed.job))


def _keys_concerned(examined: Examined, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the keys of the best findings; without any, the job's own."""
    best = [finding for finding in findings if finding.confidence == findings[0].confidence]
    keys = [finding.key for finding in best if finding.key]
    keys = keys or [examined.key or ""]
    return tuple(dict.fromkeys(key for key in keys if key))


def _for_one_key(examined: Examined, key: str, findings: Sequence[Finding]) -> Iterator[NextStep]:
    case, account = examined.case, arn_account(key)
    named = f"--key-id {shlex.quote(key)}{region_option(arn_region(key))}"
    own = [one for one in examined.explained if one.key == key]
    about = [finding for finding in findings if finding.key in (None, key)]
    is_settled = any(finding.confidence != "possible" for finding in about)
    reasons = {reason for finding in about for reason in finding.reasons}
    is_of_policy = any(finding.layer in ("key-policy", None) for finding in about)
    is_policy_open = not is_settled or is_of_policy or Reason.CREATE_GRANT_REFUSED in reasons
    if not own and is_policy_open:
        command = f"aws kms get-key-policy --policy-name default {named}"
        yield NextStep(Reason.KEY_POLICY_NOT_GIVEN, command, "--key-policy", account)
    if is_policy_open and Reason.NEVER_ALLOWED not in reasons and _needs_history(examined, key):
        yield from _for_policy_history(examined, key)
    is_told = state_at(case.changes, key, case.failed.window.end, case.facts) is not None
    if not is_told and is_policy_open and not is_used_in_failed(examined, key):
        yield NextStep(Reason.KEY_STATE_NOT_KNOWN, f"aws kms describe-key {named}", "--key-state", account)
    # what a refusal in the log would show, and what is alike in both jobs, leaves nothing open
    asked = [one for one in own if one.group in examined.driving and may_be_refused(examined, one.group)]
    undecided = asked if examined.driving else own
    open_reasons = {reason for one in undecided for reason in one.then.reasons}
    if Reason.GRANTS_NOT_GIVEN in open_reasons or (not own and case.facts.grants is None and is_policy_open):
        yield NextStep(Reason.GRANTS_NOT_GIVEN, f"aws kms list-grants {named}", "--grants", account)
    if "aws:principalorgid" in {unknown for one in undecided for unknown in one.then.unknown_keys}:
        command = "aws organizations describe-organization --query Organization.Id --output text"
        yield NextStep(Reason.KEY_UNKNOWN, command, "--org-id")


def _needs_history(examined: Examined, key: str) -> bool:
    """Check whether no record tells what the policy of a key was at the time of the failed job."""
    return all(one.policy is None or one.policy.is_todays for one in examined.explained if one.key == key)


def _for_policy_history(examined: Examined, key: str) -> Iterator[NextStep]:
    """Suggest how to fetch every policy put on a key up to the end of the failed job: records carry them."""
    case, account, region = examined.case, arn_account(key), arn_region(key)
    began = began_succeeded(case)
    if is_in_history(examined.case, began or case.failed.window.start):
        command = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=PutKeyPolicy"
        command += f" --end-time {_time(case.failed.window.end)}{region_option(region)}"
        yield NextStep(Reason.POLICY_HISTORY_NOT_KNOWN, command, account=account)
    elif began is not None:
        yield _from_trail(Reason.POLICY_HISTORY_NOT_KNOWN, _span(examined), region, account)


def _refetch(examined: Examined, gap: Reason, region: str | None, account: str | None) -> NextStep:
    """Suggest how to fetch the KMS events of both windows' whole span: from event history, or where older ones are.

    The bucket of a trail that leaves KMS out holds none of them: another one, or an event data store, may.
    """
    span = _span(examined)
    if not is_in_history(examined.case, span.start):
        if gap is not Reason.KMS_EVENTS_EXCLUDED:
            return _from_trail(gap, span, region, account)
        command = f"aws cloudtrail describe-trails{region_option(region)}"
        return NextStep(gap, command, account=account, is_fact=False)
    command = (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=kms.amazonaws.com"
    )
    command += f" --start-time {_time(span.start)} --end-time {_time(span.end)}{region_option(region)}"
    return NextStep(gap, command, account=account)


def _from_trail(gap: Reason, span: Window, region: str | None, account: str | None) -> NextStep:
    """Suggest how to copy the days of a span, or its months where they are many, from the bucket of a trail."""
    last = span.end + _DELIVERY
    days = [span.start.date() + timedelta(days=day) for day in range((last.date() - span.start.date()).days + 1)]
    form = "%Y/%m/%d" if len(days) <= _MOST_DAYS else "%Y/%m"
    names = dict.fromkeys(f"{day:{form}}" for day in days)
    place = f"s3://TRAIL_BUCKET/AWSLogs/{account or 'ACCOUNT_ID'}/CloudTrail/{region or 'REGION'}/"
    command = f"aws s3 sync {shlex.quote(place)} trail --exclude '*'"
    command += "".join(f" --include '{name}/*'" for name in names)
    return NextStep(gap, command, "--events", account)


def _span(examined: Examined) -> Window:
    """Return the time from the first to the last of both windows, with room around a run of a few calls."""
    windows = [side.window for side in (examined.case.failed, examined.case.succeeded) if side is not None]
    start, end = min(window.start for window in windows), max(window.end for window in windows)
    return Window(start - _PAD, end + _PAD) if end - start < _PAD else Window(start, end)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
