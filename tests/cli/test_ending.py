"""A command that is told to end while it works, as a real process in a group of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from recording import Recording

FILES, RECORDS = 24, 200


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write enough files that writing the copies takes a while on all cores."""
    folder, made = tmp_path_factory.mktemp("made") / "trail", Recording()
    key = made.key_arn("a")
    folder.mkdir()
    for file in range(FILES):
        made.records.clear()
        for number in range(RECORDS):
            made.kms(f"2026-03-01T{file:02}:00:00Z", "Decrypt", key, made.role(f"role-{file}", f"session-{number}"))
        (folder / f"{file}.json").write_text(json.dumps({"Records": made.records}))
    return folder


@pytest.mark.parametrize("is_whole_group", [True, False])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_redaction_that_is_ended_leaves_nothing_behind(
    ending: signal.Signals, trail: Path, tmp_path: Path, *, is_whole_group: bool
) -> None:
    """SIGTERM is as clean as Ctrl-C, to the process or to all of its group: status 130, no traceback, no draft."""
    place = tmp_path / "place"
    place.mkdir()
    command = [sys.executable, "-m", "trail_diff", "redact", str(trail), "-o", str(place / "out.zip")]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 60
    while not any(place.glob(".*.partial/.*")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)

    if is_whole_group:
        os.killpg(process.pid, ending)
    else:
        process.send_signal(ending)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert list(place.iterdir()) == []
