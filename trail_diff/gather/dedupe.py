"""A compact set of 16-byte digests, used to drop duplicate events."""

import hashlib
from collections.abc import Iterable, Iterator

from trail_diff.model.learnt import Event

_BUCKETS = 1 << 16


def event_identity(event: Event) -> str:
    """Return what makes an event one call: an event delivered to two accounts has two ids but one `sharedEventID`."""
    return event.shared_event_id or event.event_id


def digest_of(identity: str) -> bytes:
    """Return the digest of an event's id that a Once takes."""
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Once:
    """A set of digests: buckets of digests that lie one behind the other, without an object for each."""

    def __init__(self) -> None:
        self._buckets = [b""] * _BUCKETS

    def add(self, digest: bytes) -> bool:
        """Add a digest of 16 bytes; return whether it is new."""
        return self.add_all((digest,))[0]

    def add_all(self, digests: Iterable[bytes]) -> list[bool]:
        """Add digests one after the other; return of each whether it is new."""
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

    def common(self, other: "Once") -> set[bytes]:
        """Return the digests that are in both."""
        pairs = zip(self.buckets(), other.buckets(), strict=True)
        return {digest for one, another in pairs if one and another for digest in one & another}

    def buckets(self) -> Iterator[set[bytes]]:
        """Yield the digests of each bucket."""
        for bucket in self._buckets:
            yield {bucket[at : at + 16] for at in range(0, len(bucket), 16)}
