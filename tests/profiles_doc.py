"""docs/who-calls-kms.md, and the JSON Schema of the call profiles, made of data/call_profiles.json and its form."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from trail_diff.profiles.catalogue import call_profiles
from trail_diff.profiles.interface import CallProfile, CallProfiles

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "who-calls-kms.md"
SCHEMA = ROOT / "trail_diff" / "data" / "call_profiles.schema.json"
HEAD = """# Who calls KMS

For each kind of job and each feature: who calls AWS KMS, as which identity, with which actions, on which key, and what
lets the call through. Where no job succeeded that the failed one can be compared with, these calls take its place
([how](causes.md)); `trail-diff what-if` without events replays them.

`{role}` is the job's role, `{user}` whoever calls the service. A service after "through" makes the call with their
identity (a forward access session); what `kms:ViaService` is then may be another name. A name marked with ? is only
inferred. An action in parentheses is one that AWS's text allows the caller as well, and without which the step is not
known to fail: `what-if` does not ask for it. Grades: a real record shows it (recorded), AWS's text has it (documented), somebody reported it
(reported), it follows from such facts (inferred).

A refusal is seen: in your trail (caller-trail), in none of yours, as the caller's account is AWS's own (not-in-trail), only
in the trail of the other account (caller-account-only), in the status of the job or resource (job-status), in a metric or
another log (other-log). Where the error of a call of the service's own API is named, that call fails when the caller of
the row may not use the key; `trail-diff compare` then decides the row's calls by the key policy.
"""
_IDENTITIES = {
    "job-role": "{role}",
    "scanner-role": "the scanner's role",
    "service-role": "a role given to the service",
    "ec2-infrastructure": "`aws:ec2-infrastructure`",
    "unknown": "not known",
}
_TITLES = {"backup": "AWS Backup"}


def make_page() -> str:
    """Return the page: a table for each service, and the sources."""
    known = call_profiles()
    parts = [HEAD]
    for service in dict.fromkeys(profile.service for profile in known.profiles):
        parts += list(_section(service, [one for one in known.profiles if one.service == service]))
    parts.append(f"## Sources\n\nAs of {known.as_of}. {known.origin}\n")
    parts += [f"- `{name}`: {title}" for name, title in known.sources.items()]
    return "\n".join(parts) + "\n"


def make_schema() -> str:
    """Return the JSON Schema of the profiles."""
    schema = msgspec.json.schema(CallProfiles)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _section(service: str, profiles: Sequence[CallProfile]) -> Iterator[str]:
    yield f"## {_TITLES.get(service, service)}\n"
    yield "| id | step | caller | actions | key | encryption context | through | a refusal is seen | grade | mistake met |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for profile in profiles:
        yield f"| {' | '.join(_cells(profile))} |"
    yield ""


def _cells(profile: CallProfile) -> Sequence[str]:
    task = "" if profile.task == ("use",) else f"{', '.join(profile.task)}: "
    types = f" ({', '.join(profile.resource_types)})" if profile.resource_types else ""
    only = f" [only with: {profile.only_with}]" if profile.only_with else ""
    return (
        f"`{profile.id}`",
        f"{task}{profile.step}{types}{only}",
        _caller(profile),
        _actions(profile),
        ", ".join(profile.keys),
        ", ".join(f"`{key}`" if key != "?" else "not known" for key in profile.context_keys) or "none",
        profile.through,
        ", ".join([*profile.refusal, *(f"the error of `{call}`" for call in profile.checked_by)]) or "not known",
        f"{profile.grade} ({', '.join(profile.sources)})",
        profile.mistake or "",
    )


def _actions(profile: CallProfile) -> str:
    needed = [f"`{action}`" for action in profile.actions]
    return ", ".join([*needed, *(f"(`{action}`)" for action in profile.optional_actions)]) or "not known"


def _caller(profile: CallProfile) -> str:
    caller = profile.caller
    doubt = "?" if caller.is_name_inferred else ""
    match caller.identity:
        case "service-principal" | "service-linked-role":
            return f"`{caller.name}`{doubt}"
        case "forward-access-session":
            who = "{role}" if caller.session_of == "job-role" else "{user}"
            return f"{who} through `{caller.name}`{doubt}{_via(profile)}"
        case identity:
            return _IDENTITIES[identity] + _via(profile)


def _via(profile: CallProfile) -> str:
    """Return what kms:ViaService is: each service's name with the Region."""
    names = " or ".join(f"`{service}.{{region}}.amazonaws.com`" for service in profile.via)
    return f"; kms:ViaService {names}" if names and profile.caller.identity != "unknown" else ""


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
    SCHEMA.write_text(make_schema(), encoding="utf-8")
