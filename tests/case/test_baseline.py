"""Which succeeded job is chosen to compare with."""

import pytest
from making import ACCOUNT, REGION, make_job
from msgspec import structs

from trail_diff.case.baseline import compare_jobs, rank_baselines
from trail_diff.model.codes import KeyRole
from trail_diff.model.learnt import JobKey
from trail_diff.model.reasons import Reason

OTHER_VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:other"
OTHER_TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/other"
FAILED = make_job("failed", "2026-03-05T18:05:00Z", state="FAILED")


def ids(*jobs: object) -> list[str]:
    """Rank and give the ids."""
    return [job.id for job in rank_baselines(FAILED, list(jobs))]  # type: ignore[arg-type]


def test_same_vault_beats_nearness() -> None:
    """A nearer job of the same resource into another vault is no match for one into the same vault."""
    near = make_job("near", "2026-03-05T17:00:00Z", vault=OTHER_VAULT)
    alike = make_job("alike", "2026-03-01T18:05:00Z")

    assert ids(near, alike) == ["alike", "near"]


def test_nearest_before_is_first() -> None:
    """Among equals, a job before the failed one comes first, the nearest of them ahead."""
    older = make_job("older", "2026-03-01T18:05:00Z")
    newer = make_job("newer", "2026-03-04T18:05:00Z")
    after = make_job("after", "2026-03-05T19:05:00Z")

    assert ids(older, after, newer) == ["newer", "older", "after"]


def test_strangers_are_no_baseline() -> None:
    """Failed jobs, those that completed with issues, other kinds, other accounts, and jobs that share neither resource nor vault are left out."""
    assert (
        ids(
            make_job("failed-too", state="FAILED"),
            make_job("copy", kind="copy"),
            make_job("with-issues", message_category="ACCESS_DENIED"),
            make_job("elsewhere", account="444455556666"),
            make_job("stranger", vault=OTHER_VAULT, resource=OTHER_TABLE),
            FAILED,
        )
        == []
    )


def test_differences_are_named() -> None:
    """Every respect in which the baseline differs is told; what one of them does not say is no difference."""
    other = make_job("b", "2026-03-06T18:05:00Z", vault=OTHER_VAULT, resource=OTHER_TABLE, role="arn:x", key="k2")

    differences = compare_jobs(FAILED, other)

    assert differences == (
        Reason.BASELINE_OTHER_RESOURCE,
        Reason.BASELINE_OTHER_VAULT,
        Reason.BASELINE_OTHER_ROLE,
        Reason.BASELINE_AFTER_FAILED,
    )


def test_vault_name_equals_its_arn() -> None:
    """A vault known by its name only is the vault whose ARN ends in it."""
    assert compare_jobs(FAILED, make_job("b", vault="prod-vault")) == ()


@pytest.mark.parametrize(
    ("roles", "baseline_roles", "reason"),
    [
        ((("vault", "new"),), (("vault", "old"),), Reason.VAULT_RECREATED),
        ((("resource", "new"),), (("resource", "old"),), Reason.RESOURCE_ENCRYPTED_ANEW),
    ],
)
def test_key_made_anew_is_recognised(
    roles: tuple[tuple[KeyRole, str], ...], baseline_roles: tuple[tuple[KeyRole, str], ...], reason: Reason
) -> None:
    """One vault or resource with two keys was made or encrypted anew; with one key, or an unknown one, it was not."""
    failed = structs.replace(FAILED, key_roles=tuple(JobKey(role, key, "descriptor") for role, key in roles))
    baseline = make_job("b", key_roles=tuple(JobKey(role, key, "descriptor") for role, key in baseline_roles))

    assert reason in compare_jobs(failed, baseline)
    assert reason not in compare_jobs(failed, structs.replace(baseline, key_roles=failed.key_roles))
    assert reason not in compare_jobs(failed, structs.replace(baseline, key_roles=()))


def test_replica_of_a_key_is_recognised() -> None:
    """Two Regions' keys with one `mrk-` id are replicas; other ids, and the very same key, are not."""
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    replica = key.replace(REGION, "eu-central-1")
    failed = structs.replace(FAILED, key=key)

    assert Reason.REPLICA_KEY in compare_jobs(failed, make_job("b", key=replica))
    assert Reason.REPLICA_KEY not in compare_jobs(failed, make_job("b", key=key))
    assert Reason.REPLICA_KEY not in compare_jobs(failed, make_job("b", key=replica.replace("mrk-12", "mrk-99")))
