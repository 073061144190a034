"""Changes that people try first; the replay decides whether one helps, as for any other."""

from collections.abc import Iterator

from trail_diff.arns import arn_account
from trail_diff.model.codes import CallerKind
from trail_diff.model.reasons import Reason
from trail_diff.policy.remedies.denies import with_condition
from trail_diff.policy.remedies.patches import Draft
from trail_diff.policy.remedies.situation import Candidate, Situation, Targets


def tempting_changes(situation: Situation, targets: Targets) -> Iterator[Candidate]:
    """Yield the tempting changes, in the order in which they are tried; those about the job's role if it is known."""
    if situation.job_role is not None:
        yield from _about_the_role(situation, targets, situation.job_role)
    is_service = situation.caller.kind is CallerKind.SERVICE_PRINCIPAL
    why_not = (Reason.CALLER_IS_A_SERVICE_PRINCIPAL,) if is_service else ()
    draft = with_condition(situation, targets, "BoolIfExists", "aws:ViaAWSService")
    yield Candidate("via-aws-service", draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    for index in targets.denies:
        draft.rename_operators(index)
    yield Candidate("if-exists-operator", draft, why_not=(Reason.ABSENT_KEY_STILL_MATCHES,), is_offered=False)


def _about_the_role(situation: Situation, targets: Targets, role: str) -> Iterator[Candidate]:
    """Yield the changes by which the job's role is spared, or allowed."""
    is_the_role = role == situation.caller.role_arn
    not_the_role = () if is_the_role else (Reason.CALLER_IS_NOT_THE_ROLE,)
    not_the_session = (Reason.SESSION_ARN_NEVER_TESTED,) if is_the_role else not_the_role
    for remedy_id, arn, why_not in (
        ("add-backup-role", role, not_the_role),
        ("add-session-arn", _session_of(role), not_the_session),
    ):
        draft = Draft(situation.policy)
        for index in targets.denies:
            draft.except_principal(index, arn)
        yield Candidate(remedy_id, draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    draft.add_statement({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"})
    yield Candidate("allow-role-everything", draft, why_not=(Reason.DENY_WINS,), is_offered=False)


def _session_of(role: str) -> str:
    """Return the ARN of the session in which AWS Backup uses a role."""
    name, account = role.rsplit("/", 1)[-1], arn_account(role)
    return f"arn:aws:sts::{account}:assumed-role/{name}/AWSBackup-{name}"
