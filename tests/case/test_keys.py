"""Which keys a job has, and where each was learnt."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import ROLE, VAULT, make_events, make_job, moment
from msgspec import structs
from recording import Recording

from trail_diff.case.event_index import EventIndex
from trail_diff.case.keys import concerned_key, learn_from_baseline, learn_from_option, learn_keys
from trail_diff.model.codes import KeyRole
from trail_diff.model.learnt import Job, JobKey, Window

CASES = json.loads((Path(__file__).parent / "key_roles.json").read_text(encoding="utf-8"))
MADE = Recording()
WINDOW = Window(moment("2026-03-01T17:50:00Z"), moment("2026-03-01T18:30:00Z"))
WORDS = {"VAULT": VAULT, "VOLUME": MADE.arn("ec2", "volume/vol-0123456789abcdef0")}
CALLERS = {
    "storage": MADE.service("backup-storage.amazonaws.com"),
    "sns": MADE.service("sns.amazonaws.com"),
    "role": MADE.role(ROLE.split(":role/")[1], "s"),
    "app": MADE.role("app", "s"),
}


def spell(value: Any) -> Any:
    """Return a value of a case with its short words written out."""
    return WORDS.get(value, value) if isinstance(value, str) else value


def read_job(case: dict[str, Any]) -> Job:
    """Return the job of a case; its key is named by a word."""
    fields = {name: spell(value) for name, value in case.get("job", {}).items()}
    return make_job(**{**fields, **({"key": MADE.key_arn(fields["key"])} if "key" in fields else {})})


def read_baseline(case: dict[str, Any]) -> Job | None:
    """Return the baseline of a case, on the job's own vault if not said otherwise."""
    given = case.get("baseline")
    if given is None:
        return None
    vault = VAULT.replace("prod-vault", given.get("vault_name", "prod-vault"))
    roles = (JobKey("vault", MADE.key_arn(given["vault"]), "encryption-context"),) if "vault" in given else ()
    return make_job("baseline", "2026-02-28T18:05:00Z", vault=vault, key_roles=roles)


def learn(case: dict[str, Any]) -> Job:
    """Return the job of a case with what is learnt of its keys."""
    made, job = Recording(), read_job(case)
    for caller, key, context, *time in case["calls"]:
        spelled = {name: spell(value) for name, value in context.items()}
        made.kms(time[0] if time else "2026-03-01T18:08:00Z", "Decrypt", made.key_arn(key), CALLERS[caller], spelled)
    if "created" in case:
        parameters = {"backupVaultName": "prod-vault", "encryptionKeyArn": made.key_arn(case["created"])}
        time = "2026-02-25T00:00:00Z"
        made.add(time, "backup.amazonaws.com", "CreateBackupVault", made.user("admin"), requestParameters=parameters)
    jobs = [make_job(created, created, key=made.key_arn(key)) for created, key in case.get("other_jobs", [])]
    job = structs.replace(job, key_roles=learn_keys(job, WINDOW, EventIndex(make_events(made.sorted())), [job, *jobs]))
    baseline = read_baseline(case)
    return structs.replace(job, key_roles=(*job.key_roles, *(learn_from_baseline(job, baseline) if baseline else ())))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_keys_of_a_job(case: dict[str, Any]) -> None:
    """Each key of a job has its part and its origin, and the one that is concerned is never guessed."""
    job = learn(case)
    asked = [MADE.key_arn(key) for key in case.get("asked", [])]

    concerned = concerned_key(job, asked, read_baseline(case))

    wanted = tuple(JobKey(role, MADE.key_arn(key), origin) for role, key, origin in case["roles"])
    assert job.key_roles == wanted
    assert concerned == (MADE.key_arn(case["concerned"]) if case["concerned"] else None)


@pytest.mark.parametrize(
    ("fields", "roles", "expected"),
    [
        ({}, (), ("vault",)),
        ({}, (("resource", "asked"),), ()),
        ({}, (("vault", "known"),), ()),
        ({"kind": "restore"}, (), ("source-vault",)),
        ({"kind": "restore", "resource_type": "RDS"}, (), ("resource",)),
        ({"resource_type": "EBS"}, (), ("resource",)),
    ],
)
def test_key_asked_about_stands_in_for_the_part_that_is_not_known(
    fields: dict[str, Any], roles: tuple[tuple[KeyRole, str], ...], expected: tuple[KeyRole, ...]
) -> None:
    """The key asked about is that of the part concerned, unless that is known or the key plays another part."""
    job = make_job(**fields, key_roles=tuple(JobKey(role, key, "encryption-context") for role, key in roles))

    assert learn_from_option(job, ["asked"]) == tuple(JobKey(role, "asked", "option") for role in expected)
    assert learn_from_option(job, []) == ()
