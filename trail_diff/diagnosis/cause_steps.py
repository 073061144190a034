"""What to look at next for each cause whose policy or state is not known: the one command that shows it. Pure.

These steps show what has to be mended; they do not feed the diagnosis. A cause that no command can show the mending of
has a remedy, or its own message.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping

from trail_diff.arns import arn_account, arn_region, is_alias
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.limit_remedies import limit_named
from trail_diff.diagnosis.needs import key_of
from trail_diff.diagnosis.unavailable_remedies import make_available
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, NextStep

Steps = Callable[[Examined, Finding], Iterator[NextStep]]


def steps_of_cause(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    """Yield what shows how to mend the cause of a finding."""
    steps = _STEPS.get(finding.cause)
    if steps is not None:
        yield from steps(examined, finding)


def _see_policy_of_caller(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    """Yield how to see which statement of which of the caller's policies denies."""
    named = limit_named(examined, finding)
    account = finding.caller.account if finding.caller else None
    if named is not None:
        yield NextStep(Reason.POLICY_OF_THE_CALLER, _see_version(named), account=account, is_fact=False)
        return
    caller, key = finding.caller, key_of(examined, finding)
    arn = (caller.role_arn or caller.arn) if caller else None
    if arn is None or finding.action is None:
        return
    command = f"aws iam simulate-principal-policy --policy-source-arn {shlex.quote(arn)}"
    command += f" --action-names {shlex.quote(finding.action)}" + (
        f" --resource-arns {shlex.quote(key)}" if key else ""
    )
    command += " --query 'EvaluationResults[].MatchedStatements[]'"
    yield NextStep(Reason.POLICY_OF_THE_CALLER, command, account=account, is_fact=False)


def _see_boundary(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    named, caller = limit_named(examined, finding), finding.caller
    account = caller.account if caller else None
    if named is not None:
        yield NextStep(Reason.POLICY_OF_THE_CALLER, _see_version(named), account=account, is_fact=False)
    elif caller is not None and caller.name:
        kind = "role" if caller.role_arn else "user"
        command = f"aws iam get-{kind} --{kind}-name {shlex.quote(caller.name)}"
        command += f" --query {kind.capitalize()}.PermissionsBoundary.PermissionsBoundaryArn --output text"
        yield NextStep(Reason.POLICY_OF_THE_CALLER, command, account=account, is_fact=False)


def _see_version(policy_arn: str) -> str:
    """Return the command that prints a managed policy as it is today."""
    arn = shlex.quote(policy_arn)
    version = f"aws iam get-policy --policy-arn {arn} --query Policy.DefaultVersionId --output text"
    return f'aws iam get-policy-version --policy-arn {arn} --version-id "$({version})"'


def _see_session(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    """Yield how to see who made the session, and with which policy: the record of AssumeRole carries it."""
    caller, job = finding.caller, examined.case.failed.job
    if caller is None or caller.role_arn is None:
        return
    command = "aws cloudtrail lookup-events"
    command += f" --lookup-attributes AttributeKey=ResourceName,AttributeValue={shlex.quote(caller.role_arn)}"
    until = examined.case.failed.window.end
    command += f" --end-time {until:%Y-%m-%dT%H:%M:%SZ}" + region_option(job.region)
    yield NextStep(Reason.POLICY_OF_THE_SESSION, command, account=caller.account, is_fact=False)


def _see_endpoint(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    region = arn_region(key_of(examined, finding)) or examined.case.failed.job.region
    named = limit_named(examined, finding)
    chosen = f"--vpc-endpoint-ids {shlex.quote(named)}" if named else _filter_of_service(region)
    command = f"aws ec2 describe-vpc-endpoints {chosen} --query 'VpcEndpoints[].PolicyDocument' --output text"
    account = finding.caller.account if finding.caller else None
    yield NextStep(Reason.POLICY_OF_THE_ENDPOINT, command + region_option(region), account=account, is_fact=False)


def _filter_of_service(region: str | None) -> str:
    return f"--filters Name=service-name,Values=com.amazonaws.{shlex.quote(region or 'REGION')}.kms"


def _see_key_policy(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    """Yield how to fetch the key policy where none is known: without it the statement cannot be named or mended."""
    key = key_of(examined, finding)
    if key is not None and not any(one.key == key and one.policy is not None for one in examined.explained):
        command = (
            f"aws kms get-key-policy --policy-name default --key-id {shlex.quote(key)}{region_option(arn_region(key))}"
        )
        yield NextStep(Reason.KEY_POLICY_NOT_GIVEN, command, "--key-policy", arn_account(key))


def _see_key(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    key = key_of(examined, finding)
    is_known = finding.cause is Cause.KEY_UNAVAILABLE and make_available(examined, finding)
    if key is not None and not is_known:
        command = f"aws kms describe-key --key-id {shlex.quote(key)}{region_option(arn_region(key))}"
        yield NextStep(Reason.KEY_STATE_NOT_KNOWN, command, "--key-state", arn_account(key))


def _see_key_of_alias(examined: Examined, finding: Finding) -> Iterator[NextStep]:
    """Yield how to see which key an alias stands for, where no record tells: a policy has to name the key."""
    key = key_of(examined, finding)
    if key is not None and is_alias(key):
        command = f"aws kms describe-key --key-id {shlex.quote(key)} --query KeyMetadata.Arn --output text"
        region = arn_region(key) or examined.case.failed.job.region
        yield NextStep(Reason.KEY_NOT_KNOWN, command + region_option(region), account=arn_account(key), is_fact=False)


def _see_quota(examined: Examined, _finding: Finding) -> Iterator[NextStep]:
    job = examined.case.failed.job
    command = "aws service-quotas list-service-quotas --service-code kms"
    command += " --query \"Quotas[?contains(QuotaName, 'request rate')].[QuotaName,Value]\" --output text"
    yield NextStep(Reason.QUOTA_OF_KMS, command + region_option(job.region), account=job.account, is_fact=False)


def region_option(region: str | None) -> str:
    """Return the option that names a Region to the AWS CLI."""
    return f" --region {shlex.quote(region)}" if region else ""


_STEPS: Mapping[Cause, Steps] = {
    Cause.IDENTITY_POLICY_NO_ALLOW: _see_key_of_alias,
    Cause.IDENTITY_POLICY_EXPLICIT_DENY: _see_policy_of_caller,
    Cause.PERMISSIONS_BOUNDARY_DENY: _see_boundary,
    Cause.SESSION_POLICY_DENY: _see_session,
    Cause.VPC_ENDPOINT_POLICY_DENY: _see_endpoint,
    Cause.KEY_POLICY_EXPLICIT_DENY: _see_key_policy,
    Cause.KEY_UNAVAILABLE: _see_key,
    Cause.KEY_NOT_FOUND: _see_key,
    Cause.KMS_THROTTLED: _see_quota,
}
