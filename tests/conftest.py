"""Keeps every test away from real AWS accounts, the user's own cache, and the locale and CI of whoever runs them."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from aws_server import AwsServer, serving
from hypothesis import settings

from trail_diff.aws.event_history.lookup_events import HistoryOptions

for name in ("LC_MESSAGES", "LANG", "NO_COLOR", "FORCE_COLOR", "TZ", "PAGER", "TRAIL_DIFF_PAGER", "LESS"):
    os.environ.pop(name, None)
for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)
os.environ["LC_ALL"] = "C.UTF-8"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins with Ctrl-C ignored

# How long an example takes says nothing on a busy machine or while coverage is measured. The same examples each time, so
# that no change is blamed for what chance found; HYPOTHESIS_PROFILE=search looks for others.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def _repeatable_pseudonyms(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let each test have secrets of its own that are the same in every run, but in a search."""
    if os.environ.get("HYPOTHESIS_PROFILE") != "search":
        made = (sha256(f"{request.node.name} {number}".encode()).digest() for number in count())
        repeatable = SimpleNamespace(token_bytes=lambda _size: next(made))
        monkeypatch.setattr("trail_diff.redaction.owner_map.secrets", repeatable)


@pytest.fixture(autouse=True)
def _one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every question be asked on one day, a few weeks after what most fixtures tell of."""
    monkeypatch.setattr("trail_diff.inputs._now", lambda: datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an endless row of folders, none of which is made: for thousands of tests that takes seconds."""
    place = tmp_path_factory.mktemp("homes")
    return (place / str(number) for number in count())


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> None:
    """Let no credentials be found but those that a test makes."""
    home = next(homes)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsServer]:
    """Serve AWS on loopback, without a limit on its rate; the profiles `main` and `keys` are of two accounts.

    `main` is the default as well.
    """
    monkeypatch.setattr("trail_diff.aws.live.connection.HistoryOptions", partial(HistoryOptions, seconds_for_two=0))
    config = tmp_path / "aws-config"
    accounts = {"default": "111122223333", "main": "111122223333", "keys": "444455556666"}
    config.write_text(
        "".join(
            f"[{name if name == 'default' else f'profile {name}'}]\nregion = eu-west-1\n"
            f"aws_access_key_id = AKIA{account}\naws_secret_access_key = made-up\n"
            for name, account in accounts.items()
        )
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with serving() as running:
        for account in accounts.values():
            running.account(account)
        yield running
