"""The call profiles, read from data/call_profiles.json."""

from functools import cache
from importlib.resources import files

import msgspec

from trail_diff.arns import arn_account, arn_region
from trail_diff.events.vaults import is_vault_key_read, is_vault_key_used, plain_type, resource_type_of
from trail_diff.model.learnt import Job
from trail_diff.profiles.interface import CallProfile, CallProfiles, Circumstance


@cache
def call_profiles() -> CallProfiles:
    """Return all profiles, checked against their form."""
    text = files("trail_diff").joinpath("data", "call_profiles.json").read_bytes()
    return msgspec.json.decode(text, type=CallProfiles)


def profiles_of_job(job: Job) -> tuple[CallProfile, ...]:
    """Return the profiles of AWS Backup that a job has, by its kind, type and whether its vault's key counts.

    Of an unknown type, only the profiles of all types are its own.
    """
    kind, resource_type = job.kind, resource_type_of(job)
    return tuple(
        profile
        for profile in call_profiles().profiles
        if profile.service == "backup"
        and kind in profile.task
        and (not profile.resource_types or resource_type in profile.resource_types)
        and _has_its_vault_key(profile, job)
        and _is_given(profile.only_with, job)
    )


def profile_ids(job: Job) -> tuple[str, ...]:
    """Return the ids of the profiles that a job has."""
    return tuple(profile.id for profile in profiles_of_job(job))


def profiles_of_service(service: str, resource_type: str | None = None) -> tuple[CallProfile, ...]:
    """Return the profiles of a service, of AWS Backup (`backup`) those of a resource type if one is named."""
    return tuple(
        profile
        for profile in call_profiles().profiles
        if profile.service == service.lower()
        and (resource_type is None or not profile.resource_types or plain_type(resource_type) in profile.resource_types)
    )


def profiles_checked_by(event_source: str, event_name: str) -> tuple[CallProfile, ...]:
    """Return the profiles of a service whose callers must be able to use a key that a call of its API names."""
    service = event_source.partition(".")[0]
    return tuple(
        profile
        for profile in call_profiles().profiles
        if event_name in profile.checked_by and profile.service == service
    )


def _is_given(circumstance: Circumstance | None, job: Job) -> bool:
    """Check whether a job's descriptor shows a circumstance; what it does not tell is not assumed."""
    match circumstance:
        case None:
            return True
        case "other-account":
            return arn_account(job.vault) != arn_account(job.source_vault)
        case "other-region":
            return arn_region(job.vault) != arn_region(job.source_vault)
        case _:
            return False


def _has_its_vault_key(profile: CallProfile, job: Job) -> bool:
    """Check whether the key of the vault, if the profile is of one, is one that the job uses."""
    if profile.keys == ("vault",):
        return is_vault_key_used(job)
    return profile.keys != ("source-vault",) or is_vault_key_read(job)
