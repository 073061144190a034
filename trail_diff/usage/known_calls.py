"""The calls that AWS is known to make on a key, by the steps of a service, to be tried as if they had been seen."""

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from trail_diff.arns import arn_region
from trail_diff.errors import UsageError
from trail_diff.events.vaults import plain_type
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.profiles.catalogue import call_profiles, profiles_of_service
from trail_diff.profiles.expected import Setting, make_calls
from trail_diff.profiles.interface import CallProfile
from trail_diff.usage.requests import ObservedRequest

_REGION = re.compile(r"[.:]([a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})[.:]")
_OF_A_ROLE = frozenset({"job-role", "scanner-role", "service-role", "forward-access-session"})
_CIRCUMSTANCES = frozenset({None, "other-account", "other-region"})
"""Circumstances of call profiles that any use of a key may come to; the others need a vault or role of their own."""


class KnownCalls(Struct, frozen=True):
    """Whose known calls are tried: a service, and of AWS Backup a resource type.

    `role` is the one that a job would have, or that uses the service.
    """

    service: str = "backup"
    resource_type: str | None = None
    role: str | None = None


BACKUP = KnownCalls()


def service_name(text: str) -> str:
    """Return a service's name as docs/who-calls-kms.md has it, given its principal or full name."""
    return re.sub(r"^(?:aws|amazon) ", "", " ".join(text.lower().split())).removesuffix(".amazonaws.com")


def expected_calls(account: str, key: str, known: KnownCalls = BACKUP) -> Iterator[ObservedRequest]:
    """Yield the calls that a service is known to make, as if they had been seen, each once.

    The default is AWS Backup. Those that a role makes are left out where the role is not known, and so is the retiring
    of grants, in which no key policy has a say.

    Raises:
        UsageError: no calls are known of this service or resource type.
    """
    made: dict[Hashable, ObservedRequest] = {}
    for step in known_steps(account, key, known):
        for one in step:
            made.setdefault((one.event.caller.across_sessions(), one.event.accesses), one)
    yield from made.values()


def known_steps(account: str, key: str, known: KnownCalls = BACKUP) -> Iterator[tuple[ObservedRequest, ...]]:
    """Yield the calls of each step that a service is known to take, as `expected_calls` has them.

    A call of a step that only the key's policy lets through is marked so: grants have no say in it, and the service's
    name is the one that AWS's text gives the policy.
    """
    _check_known("service", known.service, {profile.service for profile in call_profiles().profiles})
    types = {name for profile in profiles_of_service("backup") for name in profile.resource_types}
    _check_known("resource type", known.resource_type or next(iter(types)), types)
    setting = Setting(account, key, known.role)
    for profile in steps_of(known):
        events = [one for one in make_calls(profile, setting) if one.accesses[0].action.lower() != RETIRE_GRANT]
        is_alone = profile.is_by_policy_alone
        calls = [ObservedRequest(one, one.accesses[0], observed=False, is_by_policy_alone=is_alone) for one in events]
        if calls:
            yield tuple(calls)


def steps_of(known: KnownCalls) -> tuple[CallProfile, ...]:
    """Return the profiles of a service whose steps any use of a key may come to."""
    profiles = profiles_of_service(known.service, known.resource_type)
    return tuple(profile for profile in profiles if profile.only_with in _CIRCUMSTANCES)


def are_calls_left_out(known: KnownCalls) -> bool:
    """Check whether some of the known calls are made by a role or user, and who that would be is not said."""
    return known.role is None and any(one.actions and one.caller.identity in _OF_A_ROLE for one in steps_of(known))


def demand_calls(known: KnownCalls, key: str) -> UsageError:
    """Return why no call of a service could be made up to be tried, and what to give."""
    if not arn_region(key) and any("{region}" in (one.caller.name or "") for one in steps_of(known)):
        why = f"the calls of {known.service} are made by a service whose name has the Region in it"
        return UsageError(why, hint="name the key with --key, as an ARN")
    if are_calls_left_out(known):
        why = f"all calls to KMS that are known of {known.service} are made by a role or user"
        return UsageError(why, hint="name it with --role, e.g. --role arn:aws:iam::111122223333:role/app")
    why = f"no call to KMS that could be tried is known of {known.service}"
    return UsageError(why, hint="docs/who-calls-kms.md has what is known")


def stand_in(account: str, policy: Mapping[str, Any] | None) -> str:
    """Return what stands for a key that is not named: of the Region that its policy names first, if it names one."""
    found = _REGION.search(str(policy))
    return f"arn:aws:kms:{found[1] if found else ''}::{account}"


def _check_known(what: str, name: str, known: Collection[str]) -> None:
    if plain_type(name) not in known:
        raise UsageError(f"no calls to KMS are known of the {what} {name!r}", hint=f"known: {', '.join(sorted(known))}")
