"""The one report that every renderer is shown: the original incident, with something in each of its parts."""

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from msgspec import structs

from trail_diff.diagnosis.console_links import event_url
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.decisions import CallerDecision, ConditionOutcome, StatementOutcome, StatementRef
from trail_diff.model.learnt import Caller, Coverage, Job, Skipped, Windows
from trail_diff.model.reasons import Reason
from trail_diff.model.report import (
    Absence,
    CallerGroup,
    Calls,
    Change,
    Consequence,
    Evidence,
    ExpectedCaller,
    Finding,
    Judgement,
    KeyPolicy,
    ListedEvent,
    NextStep,
    Reading,
    Remedy,
    Replay,
    Report,
    RequestDifference,
    RestsOn,
    RuledOut,
    StatementChange,
    Verdict,
    Weighed,
)
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.phrases import catalogue

CATALOGUES: dict[Lang, Catalogue] = {lang: catalogue(lang) for lang in get_args(Lang)}

OPTIONS = {
    "report-80.txt": ("table", RenderOptions(width=80)),
    "report-120.txt": ("table", RenderOptions(width=120, verbose=True)),
    "report-color.txt": ("table", RenderOptions(width=100, color=True, links=True)),
    "report-80-ja.txt": ("table", RenderOptions(width=80, lang="ja")),
    "report-120-ja.txt": ("table", RenderOptions(width=120, verbose=True, lang="ja")),
    "report.md": ("markdown", RenderOptions()),
    "report-ja.md": ("markdown", RenderOptions(lang="ja")),
    "report.json": ("json", RenderOptions()),
    "report.csv": ("csv", RenderOptions()),
    "report.html": ("html", RenderOptions()),
}

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0d990263-1d5c-4bc2-8d70-6d7c5f2f8a01"
STORAGE = Caller(
    "AWSService",
    CallerKind.SERVICE_PRINCIPAL,
    "backup-storage.amazonaws.com",
    invoked_by="backup-storage.amazonaws.com",
)
ROLE = Caller(
    "AssumedRole",
    CallerKind.SERVICE_ROLE,
    "AWSBackupDefaultServiceRole",
    role_arn="arn:aws:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole",
    account="111122223333",
    invoked_by="backup.amazonaws.com",
)


def at(day: int, hour: int, minute: int) -> datetime:
    """Return a time in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def make_job(job_id: str, day: int, state: str, message: str | None = None) -> Job:
    """Make one of the two jobs."""
    return Job(
        id=job_id,
        kind="backup",
        state=state,
        message=message,
        resource="arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
        resource_type="DynamoDB",
        vault="arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault",
        role=ROLE.role_arn,
        key=KEY,
        keys=(KEY,),
        created=at(day, 18, 5),
        completed=at(day, 18, 16),
        region="eu-west-1",
        account="111122223333",
    )


DENY: dict[str, Any] = {
    "Sid": "DenyEveryoneElse",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:user/key-admin"]}},
}
OWN = {
    "Sid": "EnableIAM",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}
POLICY = {"Version": "2012-10-17", "Statement": [OWN, DENY]}
VAULT_CONTEXT = {"aws:backup:backup-vault": "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault"}


def listed(number: int, time: datetime, caller: int, side: Literal["failed", "succeeded"]) -> ListedEvent:
    """Make one of the events behind the counts."""
    return ListedEvent(
        event_id=f"event-{number}",
        event_time=time,
        event_name="Decrypt" if caller else "DescribeKey",
        side=side,
        callers=(caller,),
        tied_by=(Reason.KEY_AND_CONTEXT,),
        aws_region="eu-west-1",
        recipient_account_id="111122223333",
        source_ip_address="backup-storage.amazonaws.com",
        encryption_context=VAULT_CONTEXT,
        source="trail/a.json.gz",
    )


PUT = Evidence(
    "6deb9459-6fda-56c4-e937-7064e6405eee",
    region="eu-west-1",
    account="111122223333",
    url=event_url("eu-west-1", "6deb9459-6fda-56c4-e937-7064e6405eee"),
)
CANONICAL = Report(
    verdict=Verdict("explained", Cause.KEY_POLICY_EXPLICIT_DENY, "confirmed"),
    failed=make_job(
        "2c47cafb-f2a8-4324-bc60-6017794526c5",
        2,
        "FAILED",
        "KMS key is either disabled or pending deletion or access to KMS key is denied",
    ),
    succeeded=make_job("7d0b8c7a-55f4-4c0e-9d3e-8a3a1f6f0f52", 1, "COMPLETED"),
    coverage=Coverage(
        windows=Windows((at(2, 17, 50), at(2, 18, 31)), (at(1, 17, 50), at(1, 18, 31)), (at(1, 6, 0), at(2, 20, 0))),
        regions=("eu-west-1",),
        accounts=("111122223333",),
        records_read=77,
        events_kept=4,
        skipped=(Skipped("a.json.gz", Reason.DIGEST_FILE), Skipped("b.json", Reason.TRUNCATED_JSON, 2)),
        warnings=(Reason.DELIVERY_DELAY_POSSIBLE,),
        files_read=3,
        cached_at=at(2, 19, 0),
    ),
    callers=(
        CallerGroup(
            ROLE,
            "kms:DescribeKey",
            KEY,
            Calls(2, 1, {"AccessDenied": 1}, at(2, 18, 6), at(2, 18, 7)),
            Calls(1, 0, {}, at(1, 18, 6), at(1, 18, 6)),
            "denied-in-failed",
            (Reason.KEY_AND_JOB_ROLE,),
            driving=True,
        ),
        CallerGroup(
            STORAGE,
            "kms:Decrypt",
            KEY,
            Calls(),
            Calls(3, 0, {}, at(1, 18, 6), at(1, 18, 9)),
            "only-succeeded",
            (Reason.KEY_AND_CONTEXT, Reason.CONTEXT_NAMES_VAULT),
            driving=True,
        ),
    ),
    findings=(
        Finding(
            Cause.KEY_POLICY_EXPLICIT_DENY,
            "confirmed",
            STORAGE,
            "kms:Decrypt",
            "key-policy",
            StatementRef(2, "DenyEveryoneElse"),
            (Reason.STATEMENT_DENIES, Reason.CALLER_MISSING),
            (PUT, Evidence(file="key-policy.json", path="/Statement/1")),
            KEY,
            (
                RestsOn(
                    "context-key",
                    Reason.NEGATED_KEY_ABSENT,
                    "aws:PrincipalArn",
                    "documented",
                    "aws:PrincipalArn is arn:aws:iam::111122223333:user/key-admin",
                ),
            ),
        ),
    ),
    ruled_out=(
        RuledOut(Cause.KEY_DISABLED, (Reason.KEY_STATE_ENABLED,), KEY),
        RuledOut(
            Cause.KEY_POLICY_EXPLICIT_DENY,
            (Reason.SUCCEEDED_UNDER_STATEMENT,),
            KEY,
            StatementRef(3, "Old"),
            (Evidence("event-3"),),
        ),
    ),
    weighing=(
        Weighed(
            Cause.KEY_POLICY_EXPLICIT_DENY,
            "confirmed",
            "key-policy",
            STORAGE,
            "kms:Decrypt",
            KEY,
            "key-policy",
            StatementRef(2, "DenyEveryoneElse"),
            (Reason.STATEMENT_DENIES, Reason.CALLER_MISSING),
            (Judgement("policy-change", "supports", (Reason.STATEMENT_ADDED,), (PUT,)),),
        ),
        Weighed(
            Cause.KEY_POLICY_EXPLICIT_DENY,
            "refuted",
            "key-policy",
            STORAGE,
            "kms:Decrypt",
            KEY,
            "key-policy",
            StatementRef(3, "Old"),
            (Reason.STATEMENT_MAY_DENY,),
            (Judgement("refuted-by-success", "refutes", (Reason.SUCCEEDED_UNDER_STATEMENT,), (Evidence("event-3"),)),),
        ),
        Weighed(Cause.NOT_KMS, "refuted", "not-kms", reasons=(Reason.MESSAGE_NAMES_KMS,)),
    ),
    expected=(
        ExpectedCaller(
            STORAGE,
            "kms:GenerateDataKey",
            KEY,
            "vault",
            Reason.EXPECTED_BY_PROFILE,
            "documented",
            profile="backup-dynamodb",
        ),
    ),
    key_places={KEY: "111122223333 eu-west-1"},
    request_differences=(
        RequestDifference(ROLE, "kms:DescribeKey", KEY, "aws:SourceVpce", ("vpce-0a1b2c3d",), ()),
        RequestDifference(STORAGE, "kms:Decrypt", KEY, "aws:SourceVpce", ("vpce-0a1b2c3d",), ("vpce-1", "vpce-2")),
    ),
    consequences=(
        Consequence(ROLE, "kms:GenerateDataKey", KEY, 2, Reason.FOLLOWS_REFUSAL),
        Consequence(STORAGE, "kms:GenerateDataKey", KEY, 1, Reason.FOLLOWS_OWN_REFUSAL),
    ),
    decisions=(
        CallerDecision(
            STORAGE,
            "kms:Decrypt",
            "explicit-deny",
            (
                StatementOutcome(
                    2,
                    "DenyEveryoneElse",
                    "Deny",
                    "match",
                    (
                        ConditionOutcome(
                            "StringNotEquals",
                            "aws:PrincipalArn",
                            ("arn:aws:iam::111122223333:user/key-admin",),
                            None,
                            "absent",
                            "match",
                            Reason.NEGATED_KEY_ABSENT,
                        ),
                    ),
                    reasons=(Reason.PRINCIPAL_IS_ANYONE,),
                ),
            ),
            ("aws:PrincipalOrgID",),
            "key-policy",
            (Reason.STATEMENT_DENIES,),
        ),
    ),
    absence=(
        Absence(
            STORAGE,
            "kms:Decrypt",
            (
                Reading("denied-not-logged", "supported", (Reason.POLICY_DENIES_CALLER,)),
                Reading("outside-window", "ruled-out", (Reason.JOB_ENDED_IN_WINDOW,)),
                Reading("cached-data-key", "open", ()),
            ),
        ),
    ),
    changes=(
        Change(
            at(2, 9, 31),
            "PutKeyPolicy",
            Caller("IAMUser", CallerKind.USER, "key-admin"),
            PUT.event_id or "",
            KEY,
            statements=(StatementChange("added", StatementRef(2, "DenyEveryoneElse")),),
            url=PUT.url,
        ),
    ),
    next_steps=(
        NextStep(Reason.KEY_STATE_NOT_KNOWN, f"aws kms describe-key --key-id {KEY}", "--key-state", "111122223333"),
    ),
    remedies=(
        Remedy(
            "exempt-service-principals",
            helps=True,
            patch=(
                {
                    "op": "add",
                    "path": "/Statement/1/Condition/BoolIfExists",
                    "value": {"aws:PrincipalIsAWSService": "false"},
                },
            ),
            policy={
                "Version": "2012-10-17",
                "Statement": [
                    OWN,
                    {
                        **DENY,
                        "Condition": {
                            **DENY["Condition"],
                            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                        },
                    },
                ],
            },
            replay=Replay(4, 2, fixed=("backup-storage.amazonaws.com kms:Decrypt",)),
            risks=(Reason.EXEMPTS_EVERY_SERVICE,),
        ),
        Remedy(
            "exempt-this-service",
            helps=True,
            patch=(
                {
                    "op": "add",
                    "path": "/Statement/1/Condition/StringNotEqualsIfExists",
                    "value": {"aws:PrincipalServiceName": "backup-storage.amazonaws.com"},
                },
            ),
            policy=POLICY,
            replay=Replay(4, 2, fixed=("backup-storage.amazonaws.com kms:Decrypt",)),
            risks=(Reason.KEY_POLICY_ALLOWS, Reason.SERVICE_NAME_INFERRED),
            allowed_by=StatementRef(1, "EnableIAM"),
        ),
        Remedy(
            "allow-in-permissions-boundary",
            helps="undetermined",
            policy={"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt"]}]},
            risks=(Reason.LIMIT_ALLOWS_NOTHING,),
            resource="arn:aws:iam::111122223333:policy/Limit",
        ),
        Remedy(
            "send-encryption-context",
            helps="undetermined",
            risks=(Reason.CONTEXT_OF_CIPHERTEXT_NOT_RECORDED,),
            encryption_context={"app": "orders"},
        ),
        Remedy("add-backup-role", helps=False, risks=(Reason.CALLER_IS_NOT_THE_ROLE,)),
    ),
    best_remedy="exempt-this-service",
    policies=(
        KeyPolicy(
            KEY,
            POLICY,
            Evidence(file="key-policy.json", path=""),
            at(2, 9, 31),
            previous={"Version": "2012-10-17", "Statement": [OWN]},
        ),
    ),
    events=(
        listed(2, at(1, 18, 6), 0, "succeeded"),
        listed(3, at(1, 18, 6), 1, "succeeded"),
        listed(4, at(1, 18, 7), 1, "succeeded"),
        listed(5, at(1, 18, 9), 1, "succeeded"),
        structs.replace(
            listed(6, at(2, 18, 6), 0, "failed"),
            error_code="AccessDenied",
            error_message="is not authorized to perform",
        ),
        listed(7, at(2, 18, 7), 0, "failed"),
    ),
    events_left_out=3,
)
