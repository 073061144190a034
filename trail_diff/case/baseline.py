"""Chooses the succeeded job to compare a failed one with, and names how the two differ."""

from collections.abc import Sequence

from trail_diff.arns import is_replica, last_name
from trail_diff.events.jobs import has_issues, is_succeeded
from trail_diff.events.vaults import VAULT_KEY_TYPES, plain_type
from trail_diff.model.learnt import Job
from trail_diff.model.reasons import Reason


def rank_baselines(failed: Job, jobs: Sequence[Job]) -> list[Job]:
    """Return the completed jobs of the same kind that the failed one can be compared with, the most like it first.

    Likeness comes first (resource, vault, role, backup type; what holds the key weighs most), then a job before the
    failed one rather than after it, then nearness in time. A job that shares neither resource nor vault is no baseline,
    nor is one that completed with issues.
    """
    candidates = [
        job
        for job in jobs
        if job.kind == failed.kind
        and is_succeeded(job)
        and not has_issues(job)
        and job is not failed
        and _is_comparable(failed, job)
    ]
    return sorted(candidates, key=lambda job: _rank(failed, job), reverse=True)


def compare_jobs(failed: Job, baseline: Job) -> tuple[Reason, ...]:
    """Name in what the baseline differs from the failed job, as far as both say."""
    differences = {
        Reason.BASELINE_OTHER_RESOURCE: differ(failed.resource, baseline.resource),
        Reason.BASELINE_OTHER_VAULT: not _is_same_vault(failed.vault, baseline.vault),
        Reason.BASELINE_OTHER_ROLE: differ(failed.role, baseline.role),
        Reason.BASELINE_OTHER_KEY: differ(failed.key, baseline.key),
        Reason.REPLICA_KEY: is_replica(failed.key, baseline.key),
        Reason.VAULT_RECREATED: _is_vault_recreated(failed, baseline),
        Reason.RESOURCE_ENCRYPTED_ANEW: _is_encrypted_anew(failed, baseline),
        Reason.BASELINE_OTHER_BACKUP_TYPE: differ(failed.backup_type, baseline.backup_type),
        Reason.BASELINE_AFTER_FAILED: _is_after(failed, baseline),
    }
    return tuple(reason for reason, holds in differences.items() if holds)


def uses_other_vault(failed: Job, baseline: Job) -> bool:
    """Check whether the baseline went to another vault with another key: its calls there are to be mapped."""
    keys = failed.key_of("vault"), baseline.key_of("vault")
    return not _is_same_vault(failed.vault, baseline.vault) and differ(*keys)


def _is_vault_recreated(failed: Job, baseline: Job) -> bool:
    """Check whether one vault has two keys: as a vault keeps the key it was made with, it was made anew meanwhile."""
    is_same = bool(failed.vault) and failed.vault == baseline.vault
    return is_same and differ(failed.key_of("vault"), baseline.key_of("vault"))


def _is_encrypted_anew(failed: Job, baseline: Job) -> bool:
    is_same = bool(failed.resource) and failed.resource == baseline.resource
    return is_same and differ(failed.key_of("resource"), baseline.key_of("resource"))


def _is_comparable(failed: Job, job: Job) -> bool:
    same_resource = bool(failed.resource) and failed.resource == job.resource
    same_vault = bool(failed.vault) and bool(job.vault) and _is_same_vault(failed.vault, job.vault)
    nothing_known = not (failed.resource or failed.vault)
    same_account = not differ(failed.account, job.account) and not differ(failed.region, job.region)
    return same_account and (same_resource or same_vault or nothing_known)


def _rank(failed: Job, job: Job) -> tuple[int, bool, float]:
    """Order candidates; the greatest is best."""
    vault_holds_key = plain_type(failed.resource_type or "") in VAULT_KEY_TYPES or failed.kind == "copy"
    likeness = (
        (4 if vault_holds_key else 3) * _is_same_vault(failed.vault, job.vault)
        + (3 if vault_holds_key else 4) * (not differ(failed.resource, job.resource))
        + 2 * (not differ(failed.role, job.role))
        + (not differ(failed.backup_type, job.backup_type))
    )
    after = _is_after(failed, job)
    apart = abs((failed.created - job.created).total_seconds()) if failed.created and job.created else float("inf")
    return likeness, not after, -apart


def _is_after(failed: Job, job: Job) -> bool:
    return bool(failed.created and job.created and job.created > failed.created)


def _is_same_vault(one: str | None, other: str | None) -> bool:
    if not one or not other or one == other:
        return True
    both_arns = one.startswith("arn:") and other.startswith("arn:")
    return not both_arns and last_name(one) == last_name(other)


def differ(one: str | None, other: str | None) -> bool:
    """Check whether two names are known and not the same."""
    return bool(one and other and one != other)
