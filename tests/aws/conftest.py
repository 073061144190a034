"""Keeps tests against a server of their own quick: it answers at once, and what botocore reads of its data stays read."""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import botocore.endpoint
import botocore.retries.bucket
import botocore.session
import pytest
from botocore.loaders import create_loader

from trail_diff.aws.engines import waiting


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses between two looks at a query short, and those of botocore before it asks again none."""
    monkeypatch.setattr(waiting, "_PAUSES_SECONDS", (0.01,))
    monkeypatch.setattr(waiting, "_LAST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setattr(botocore.retries.bucket.TokenBucket, "acquire", lambda *_, **__: True)


@pytest.fixture(autouse=True, scope="session")
def one_loader() -> Iterator[None]:
    """Let all sessions have one loader of botocore's data, as all clients of one session have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        yield
