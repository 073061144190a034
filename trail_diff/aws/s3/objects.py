"""Objects in S3 as streams: a connection that is cut is taken up again where it ended."""

import re
from collections.abc import Iterator

from trail_diff.errors import (
    AwsAccessDeniedError,
    AwsConnectionError,
    AwsCredentialsError,
    AwsError,
    AwsNotFoundError,
    AwsThrottledError,
    UsageError,
)
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Damaged
from trail_diff.read.interface import Link

ATTEMPTS = 5
"""How often an object whose connection is cut is taken up again; botocore's own retries come before."""

_URL = re.compile(r"s3://([a-z0-9A-Z._-]{1,255})(?:/(.*))?\Z", re.DOTALL)


def split_url(url: str) -> tuple[str, str]:
    """Return the bucket and the key of an s3:// address; the key may be empty.

    Raises:
        UsageError: it is none.
    """
    found = _URL.match(url)
    if found is None:
        raise UsageError(f"{url!r} is no address of S3", hint="write it as s3://bucket/prefix")
    return found[1], found[2] or ""


def stream_object(link: Link, bucket: str, key: str) -> Iterator[bytes]:
    """Yield the content of an object.

    Raises:
        AwsError: it is not there, or nothing can be read for a reason that holds for others as well (no permission).
        Damaged: the rest cannot be read; what came before was given.
    """
    given, failures = 0, 0
    while True:
        try:
            for chunk in link.aws.chunks(bucket, key, given):
                given += len(chunk)
                yield chunk
        except AwsConnectionError as error:
            failures += 1
            if failures >= ATTEMPTS:
                raise Damaged(Reason.UNREADABLE_FILE) from error
            link.wait(0.2 * 2**failures)
        except (AwsAccessDeniedError, AwsCredentialsError, AwsNotFoundError, AwsThrottledError):
            raise
        except AwsError as error:
            raise Damaged(Reason.UNREADABLE_FILE) from error
        else:
            return
