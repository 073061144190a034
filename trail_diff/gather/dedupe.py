"""Which events were met before, in 16 bytes each: a set of their ids would be larger than all that is counted."""

import hashlib
from collections.abc import Iterable

_BUCKETS = 1 << 16


def digest_of(identity: str) -> bytes:
    """Return the digest of an event's id that a Once takes."""
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Once:
    """A set of digests: buckets of digests that lie one behind the other, without an object for each."""

    def __init__(self) -> None:
        self._buckets = [b""] * _BUCKETS

    def add(self, digest: bytes) -> bool:
        """Take a digest of 16 bytes in; tell whether it is new."""
        return self.add_all((digest,))[0]

    def add_all(self, digests: Iterable[bytes]) -> list[bool]:
        """Take digests in, one after the other; tell of each whether it is new."""
        buckets, news = self._buckets, []
        for digest in digests:
            place = hash(digest) % _BUCKETS
            bucket = buckets[place]
            at = bucket.find(digest)
            while at % 16 and at >= 0:
                at = bucket.find(digest, at + 1)
            news.append(at < 0)
            if at < 0:
                buckets[place] = bucket + digest
        return news
