"""Changes that people try first; whether one helps is decided by the replay as for any other."""

from collections.abc import Iterator

from trail_diff.model.codes import CallerKind
from trail_diff.model.reasons import Reason
from trail_diff.policy.remedies.denies import with_condition
from trail_diff.policy.remedies.patches import Draft
from trail_diff.policy.remedies.situation import Candidate, Situation, Targets

_DEFAULT_ROLE = "service-role/AWSBackupDefaultServiceRole"


def tempting_changes(situation: Situation, targets: Targets) -> Iterator[Candidate]:
    """Yield the tempting changes, in the order in which they are tried."""
    account = situation.account or next(iter(_accounts(situation)), "000000000000")
    role = situation.job_role or f"arn:aws:iam::{account}:role/{_DEFAULT_ROLE}"
    name = role.rsplit("/", 1)[-1]
    is_the_role = role == situation.caller.role_arn
    not_the_role = () if is_the_role else (Reason.CALLER_IS_NOT_THE_ROLE,)
    not_the_session = (Reason.SESSION_ARN_NEVER_TESTED,) if is_the_role else not_the_role
    session = f"arn:aws:sts::{account}:assumed-role/{name}/AWSBackup-{name}"
    for remedy_id, arn, why_not in (
        ("add-backup-role", role, not_the_role),
        ("add-session-arn", session, not_the_session),
    ):
        draft = Draft(situation.policy)
        for index in targets.denies:
            draft.except_principal(index, arn)
        yield Candidate(remedy_id, draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    draft.add_statement({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"})
    yield Candidate("allow-role-everything", draft, why_not=(Reason.DENY_WINS,), is_offered=False)
    is_service = situation.caller.kind is CallerKind.SERVICE_PRINCIPAL
    why_not = (Reason.CALLER_IS_A_SERVICE_PRINCIPAL,) if is_service else ()
    draft = with_condition(situation, targets, "BoolIfExists", "aws:ViaAWSService")
    yield Candidate("via-aws-service", draft, why_not=why_not, is_offered=False)
    draft = Draft(situation.policy)
    for index in targets.denies:
        draft.rename_operators(index)
    yield Candidate("if-exists-operator", draft, why_not=(Reason.ABSENT_KEY_STILL_MATCHES,), is_offered=False)


def _accounts(situation: Situation) -> list[str]:
    return [account for call in situation.observed if (account := call.request.resource_account)]
