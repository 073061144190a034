"""The call profiles: their form, and which of them a job has."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import msgspec
import pytest
from making import VAULT, make_job

from trail_diff.profiles.catalogue import call_profiles, profiles_of_job, profiles_of_service
from trail_diff.profiles.interface import CallProfile, CallProfiles

PROFILES = call_profiles().profiles
DATA = files("trail_diff").joinpath("data")
OTHER_ACCOUNT_VAULT = VAULT.replace("111122223333", "444455556666")


def test_data_follows_its_schema() -> None:
    """The file is valid by the JSON Schema that ships with it; one with an unknown identity is not."""
    schema = json.loads(DATA.joinpath("call_profiles.schema.json").read_text(encoding="utf-8"))
    document = json.loads(DATA.joinpath("call_profiles.json").read_text(encoding="utf-8"))

    jsonschema.validate(document, schema)
    document["profiles"][0]["caller"]["identity"] = "somebody"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, CallProfiles)


def test_ids_are_unique() -> None:
    """No two rows have one id."""
    assert len({profile.id for profile in PROFILES}) == len(PROFILES)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
def test_row_is_complete(profile: CallProfile) -> None:
    """A row names known sources, known actions, and says of no role or user that service keys are sent."""
    assert set(profile.sources) <= set(call_profiles().sources)
    assert profile.sources
    assert all(re.fullmatch(r"kms:[A-Z][A-Za-z]+", action) for action in (*profile.actions, *profile.optional_actions))
    assert not set(profile.actions) & set(profile.optional_actions)
    if profile.caller.identity not in ("service-principal", "unknown"):
        assert profile.source_keys == "not-applicable"
    if profile.caller.identity == "service-principal":
        assert "caller-trail" not in profile.refusal or profile.id == "L7"


def test_every_source_is_used() -> None:
    """No source is listed that no row names."""
    assert {name for profile in PROFILES for name in profile.sources} == set(call_profiles().sources)


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"resource_type": "EFS"}, {"B1", "B2", "B7"}),
        ({"resource_type": "efs"}, {"B1", "B2", "B7"}),
        ({"resource_type": "EBS"}, {"B1", "B8"}),
        ({"resource_type": None}, {"B1", "B2", "B3", "B4", "B5"}),
        (
            {"recovery_point": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/backup/01"},
            {"B1", "B3", "B4", "B5"},
        ),
        ({"kind": "restore", "resource_type": "EFS"}, {"R0", "R4"}),
        ({"kind": "restore", "resource_type": "RDS"}, {"R5"}),
        ({"kind": "copy", "resource_type": "EFS", "source_vault": VAULT}, {"C1", "C2"}),
        ({"kind": "copy", "resource_type": "EFS", "source_vault": OTHER_ACCOUNT_VAULT}, {"C1", "C2", "C9"}),
        ({"kind": "copy", "resource_type": "EBS", "source_vault": OTHER_ACCOUNT_VAULT}, {"C3", "C8"}),
        ({"kind": "window"}, set()),
    ],
)
def test_profiles_of_a_job(fields: dict[str, Any], ids: set[str]) -> None:
    """A job has the profiles of its kind and type; those of a circumstance only where its descriptor shows it."""
    assert {profile.id for profile in profiles_of_job(make_job(**fields))} == ids


def test_profiles_of_a_service() -> None:
    """A service is named in any letter case; of AWS Backup a resource type narrows the rows."""
    assert {profile.id for profile in profiles_of_service("SNS")} == {"N1", "N6"}
    assert "R4" in {profile.id for profile in profiles_of_service("backup", "EFS")}
    assert "R5" not in {profile.id for profile in profiles_of_service("backup", "EFS")}
