"""OCSF API Activity, as Security Lake writes it, comes back as the CloudTrail record it was made of."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.model.learnt import Record
from trail_diff.read.forms.ocsf import record_from_ocsf

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
ISSUER = "arn:aws:iam::111122223333:role/service-role/r"
SESSION = "arn:aws:sts::111122223333:assumed-role/r/s"
CONTEXT = {"aws:backup:backup-vault": "Main, a=b"}


def activity(**changes: Any) -> Record:
    """Return a denied Decrypt of a role session, in the names of OCSF 1.1."""
    return {
        "class_uid": 6003,
        "time": 1772388300000,
        "status": "Failure",
        "api": {
            "operation": "Decrypt",
            "service": {"name": "kms.amazonaws.com"},
            "request": {"uid": "r-1", "data": json.dumps({"keyId": KEY, "encryptionContext": CONTEXT})},
            "response": {"error": "AccessDenied", "message": "is not authorized"},
        },
        "actor": {
            "user": {"type": "AssumedRole", "uid": SESSION, "uid_alt": "AROAX:s", "account": {"uid": "111122223333"}},
            "session": {"issuer": ISSUER, "created_time": 1772388000000},
        },
        "cloud": {"region": "eu-west-1"},
        "metadata": {"uid": "e-1", "product": {"version": "1.11"}, "event_code": "AwsApiCall"},
        "resources": [{"uid": KEY, "type": "AWS::KMS::Key", "owner": {"account": {"uid": "111122223333"}}}],
        "src_endpoint": {"ip": "198.51.100.7"},
        "http_request": {"user_agent": "aws-cli, v=2"},
        "unmapped": {"recipientAccountId": "111122223333", "sharedEventID": "s-1", "readOnly": "true"},
        **changes,
    }


def record_of(**changes: Any) -> Record:
    """Read an activity back."""
    record = record_from_ocsf(activity(**changes))
    assert record is not None
    return record


def test_activity_is_read_back() -> None:
    """Every field that decides has CloudTrail's name, form and place."""
    assert record_of() == {
        "eventVersion": "1.11",
        "eventTime": "2026-03-01T18:05:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "eu-west-1",
        "eventID": "e-1",
        "eventType": "AwsApiCall",
        "requestID": "r-1",
        "sharedEventID": "s-1",
        "recipientAccountId": "111122223333",
        "readOnly": True,
        "errorCode": "AccessDenied",
        "errorMessage": "is not authorized",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli, v=2",
        "requestParameters": {"keyId": KEY, "encryptionContext": CONTEXT},
        "resources": [{"ARN": KEY, "accountId": "111122223333", "type": "AWS::KMS::Key"}],
        "userIdentity": {
            "type": "AssumedRole",
            "arn": SESSION,
            "principalId": "AROAX:s",
            "accountId": "111122223333",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": ISSUER},
                "attributes": {"creationDate": "2026-03-01T18:00:00Z"},
            },
        },
    }


def test_names_of_the_first_version_are_known() -> None:
    """OCSF 1.0 puts the ARN into `uuid`, the account into `account_uid` and the event type into `unmapped`."""
    user = {"type": "AssumedRole", "uuid": SESSION, "uid": "AROAX:s", "account_uid": "111122223333"}

    record = record_of(actor={"user": user}, metadata={"uid": "e-1"}, unmapped={"eventType": "AwsApiCall"})

    assert record["userIdentity"] == {
        "type": "AssumedRole",
        "arn": SESSION,
        "principalId": "AROAX:s",
        "accountId": "111122223333",
    }
    assert record["eventType"] == "AwsApiCall"


def test_service_principal_is_read() -> None:
    """A service principal has a type and the service that called, and nothing else."""
    record = record_of(actor={"user": {"type": "AWSService"}, "invoked_by": "backup-storage.amazonaws.com"})

    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "backup-storage.amazonaws.com"}


def test_source_address_does_not_add_to_a_known_caller() -> None:
    """A service's name as source address is no `invokedBy` when the activity names its caller."""
    assert "invokedBy" not in record_of(src_endpoint={"domain": "backup.amazonaws.com"})["userIdentity"]


def test_absent_stays_absent() -> None:
    """A bare activity gives no field that it does not have."""
    bare = {"api": {"operation": "Decrypt", "service": {"name": "kms.amazonaws.com"}}, "actor": {}}

    assert record_from_ocsf(bare) == {
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "eventTime": None,
        "resources": [],
        "userIdentity": {},
    }


@pytest.mark.parametrize(
    "unmapped",
    [
        {
            "userIdentity.invokedBy": "x.amazonaws.com",
            "serviceEventDetails": '{"backupJobId": "j"}',
            "responseElements.keyId": "k",
        },
        [
            ("userIdentity.invokedBy", "x.amazonaws.com"),
            ("serviceEventDetails.backupJobId", "j"),
            ("responseElements", '{"keyId": "k"}'),
        ],
        [
            {"key": "userIdentity.invokedBy", "value": "x.amazonaws.com"},
            {"key": "serviceEventDetails", "value": '{"backupJobId": "j"}'},
            {"key": "responseElements.keyId", "value": "k"},
        ],
    ],
    ids=["dict", "pairs", "key and value"],
)
def test_unmapped_fields_find_their_place(unmapped: Any) -> None:
    """What OCSF has no name for lies in `unmapped`, by path or as JSON, and goes back where it was."""
    record = record_of(unmapped=unmapped)

    assert (record["userIdentity"]["invokedBy"], record["userIdentity"]["type"]) == ("x.amazonaws.com", "AssumedRole")
    assert record["serviceEventDetails"] == {"backupJobId": "j"}
    assert record["responseElements"] == {"keyId": "k"}


def test_unmapped_session_adds_to_the_issuer() -> None:
    """Details of the session in `unmapped` do not replace the role that issued it."""
    record = record_of(unmapped={"userIdentity.sessionContext.sessionIssuer.userName": "r"})

    assert record["userIdentity"]["sessionContext"]["sessionIssuer"] == {"type": "Role", "arn": ISSUER, "userName": "r"}


@pytest.mark.parametrize(
    "times",
    [
        {"time": 1772388300000},
        {"time": None, "time_dt": "2026-03-01T18:05:00.000Z"},
        {"time": None, "time_dt": datetime(2026, 3, 1, 18, 5, tzinfo=UTC)},
        {"time": datetime(2026, 3, 1, 18, 5)},  # noqa: DTZ001 - as Parquet gives a time without a zone
    ],
    ids=["milliseconds", "text", "datetime", "without zone"],
)
def test_times_are_read(times: dict[str, Any]) -> None:
    """The time is milliseconds, text or, from Parquet, a datetime; without a zone it is UTC."""
    assert record_of(**times)["eventTime"] == "2026-03-01T18:05:00Z"


@pytest.mark.parametrize(
    "thing", [{}, {"api": None}, {"api": {"operation": "x"}}, {"api": {"operation": 1, "service": {"name": "x"}}}]
)
def test_what_names_no_call_is_no_record(thing: dict[str, Any]) -> None:
    """An activity without service or operation gives nothing."""
    assert record_from_ocsf(thing) is None


PARTS = st.sampled_from(
    [*activity(), "user", "session", "issuer", "created_time", "service", "response", "uid", "userIdentity.a", "\ud800"]
)
THINGS = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("{a=" * 400), st.datetimes()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(PARTS, inner, max_size=4), st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(activity())), THINGS, max_size=5))
@settings(deadline=None, max_examples=examples(400))
def test_no_activity_crashes_the_reader(changes: dict[str, Any]) -> None:
    """Whatever stands in an activity, it is a record with a caller or nothing."""
    record = record_from_ocsf(activity(**changes))

    assert record is None or "userIdentity" in record
