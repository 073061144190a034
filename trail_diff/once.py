"""Which events were met before, in 16 bytes each: a set of their ids would be larger than all that is counted."""

import hashlib

_BUCKETS = 1 << 16


def digest_of(identity: str) -> bytes:
    """Give the digest of an event's id that a Once takes."""
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Once:
    """A set of digests: buckets of digests that lie one behind the other, without an object for each."""

    def __init__(self) -> None:
        self._buckets: dict[int, bytes] = {}

    def add(self, digest: bytes) -> bool:
        """Take a digest of 16 bytes in; tell whether it is new."""
        place = hash(digest) % _BUCKETS
        bucket = self._buckets.get(place, b"")
        at = bucket.find(digest)
        while at % 16 and at >= 0:
            at = bucket.find(digest, at + 1)
        if at >= 0:
            return False
        self._buckets[place] = bucket + digest
        return True
