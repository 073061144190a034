"""Taking ARNs apart."""

import pytest

from trail_diff.arns import is_replica, places_of_alike

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REPLICA = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"


def test_keys_of_one_id_are_told_apart_by_account_and_region() -> None:
    """Only ARNs whose last name another one has get a place; one ARN named twice is one."""
    other = KEY.replace("1234abcd-", "9999abcd-")
    elsewhere = KEY.replace("111122223333", "444455556666")

    assert places_of_alike([KEY, other, elsewhere, KEY]) == {
        KEY: "111122223333 eu-west-1",
        elsewhere: "444455556666 eu-west-1",
    }
    assert places_of_alike([KEY, KEY, other]) == {}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (REPLICA.replace("eu-west-1", "us-east-1"), True),
        (REPLICA, False),
        (REPLICA.replace("111122223333", "444455556666"), False),
        (REPLICA.replace("mrk-12", "mrk-99").replace("eu-west-1", "us-east-1"), False),
        (None, False),
    ],
)
def test_replica_is_the_same_id_in_another_region(other: str | None, expected: bool) -> None:  # noqa: FBT001
    """A replica of a multi-Region key has its id and account, and another Region."""
    assert is_replica(REPLICA, other) is expected
    assert not is_replica(KEY, KEY.replace("eu-west-1", "us-east-1"))
