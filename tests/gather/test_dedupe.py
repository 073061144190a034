"""The compact set of digests is a set."""

from hypothesis import given
from hypothesis import strategies as st

from trail_diff.gather.dedupe import Once, digest_of


@given(st.lists(st.text(max_size=3)))
def test_once_knows_what_it_has_met(identities: list[str]) -> None:
    """An identity is new exactly the first time."""
    once = Once()

    new = [once.add(digest_of(identity)) for identity in identities]

    assert new == [identity not in identities[:place] for place, identity in enumerate(identities)]


def test_once_is_not_misled_by_digests_that_overlap() -> None:
    """Bytes that lie across two digests of a bucket are not taken for one that was met."""
    once = Once()
    bucket = b"\1" * 16 + b"\2" * 16
    across = bucket[8:24]
    place = hash(across) % (1 << 16)
    once._buckets[place] = bucket

    assert once.add(across)
    assert not once.add(across)
