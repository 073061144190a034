"""Keeps tests against a server of their own quick: it answers at once, and what botocore reads of its data stays read."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from botocore.loaders import create_loader

from trail_diff.aws.engines import waiting


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses between two looks at a query short."""
    monkeypatch.setattr(waiting, "_PAUSES_SECONDS", (0.01,))
    monkeypatch.setattr(waiting, "_LAST_PAUSE_SECONDS", 0.01)


@pytest.fixture(autouse=True, scope="session")
def one_loader() -> Iterator[None]:
    """Let all sessions have one loader of botocore's data, as all clients of one session have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        yield
