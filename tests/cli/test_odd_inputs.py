"""Inputs that are no export, or no longer: one line and status 2, or a count of what was skipped; never a crash."""

import gzip
import io
import json
import os
import tarfile
import threading
from pathlib import Path

import pytest
from read.wrapping import TRAIL, tarred, zipped
from recording import Recording

from trail_diff.cli import run

MADE = Recording()
MADE.kms("2026-03-01T18:00:00Z", "Decrypt", MADE.key_arn("k"), MADE.role("r", "s"))
WHOLE = TRAIL(MADE.records)
ZIP = zipped({"a.json": WHOLE})


def special(*kinds: bytes) -> bytes:
    """Return a tar of members that are no files."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for kind in kinds:
            info = tarfile.TarInfo("x")
            info.type, info.linkname = kind, "../../etc/passwd"
            archive.addfile(info)
    return written.getvalue()


def nested(times: int) -> bytes:
    """Return archives in one another."""
    data = WHOLE
    for _ in range(times):
        data = zipped({"inner": data})
    return data


ODD: dict[str, tuple[bytes, int, list[str]]] = {
    "links only": (special(tarfile.SYMTYPE, tarfile.LNKTYPE), 0, ["archive-link"]),
    "a pipe and a device in a tar": (special(tarfile.FIFOTYPE, tarfile.CHRTYPE), 0, ["empty-file"]),
    "lost central directory": (ZIP[: ZIP.index(b"PK\x01\x02")], 0, ["truncated-archive"]),
    "cut central directory": (ZIP[:-30], 0, ["truncated-archive"]),
    "no names": (tarred({"": WHOLE}), 1, []),
    "ten archives in one another": (nested(10), 0, ["nesting-limit"]),
    "gz of gz": (gzip.compress(gzip.compress(WHOLE)), 1, []),
    "gz with more behind it": (gzip.compress(WHOLE) + b"garbage", 1, ["truncated-archive"]),
    "nothing": (b"", 0, ["empty-file"]),
    "only a mark": (b"\xef\xbb\xbf", 0, ["empty-file"]),
    "only a mark of UTF-16": (b"\xff\xfe", 0, ["empty-file"]),
    "half a character": (WHOLE.decode().encode("utf-16")[:-1], 1, ["invalid-json"]),
    "EBCDIC": (WHOLE.decode().encode("cp037"), 0, ["not-cloudtrail"]),
    "a page": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", 0, ["not-cloudtrail"]),
    "half a surrogate": (WHOLE.replace(b"kms.amazonaws", b"\\ud800"), 0, ["invalid-record"]),
    "100,000 brackets": (b"[" * 100_000, 0, ["nesting-limit"]),
    **{
        encoding: (WHOLE.decode().encode(encoding), 1, [])
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "utf-8-sig")
    },
}


@pytest.mark.parametrize("name", ODD)
def test_odd_inputs_are_read_or_counted(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can be read is read, the rest is counted by its reason, beside an export that holds nothing."""
    data, records, reasons = ODD[name]
    (tmp_path / "odd.json").write_bytes(data)
    (tmp_path / "valid.json").write_bytes(b'{"Records": []}')

    status = run(["callers", "--events", str(tmp_path), "--format", "json"])

    shown = capsys.readouterr()
    coverage = json.loads(shown.out)["coverage"]
    assert (status, coverage["records_read"], [one["reason"] for one in coverage["skipped"]]) == (0, records, reasons)
    assert not shown.err


@pytest.mark.parametrize("name", ODD)
def test_a_job_in_odd_inputs_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no job can be found, one line says so, with what to do."""
    (tmp_path / "odd.json").write_bytes(ODD[name][0])

    status = run(["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", str(tmp_path / "odd.json")])

    shown = capsys.readouterr()
    assert (status, shown.out, shown.err.count("\n")) == (2, "", 1)


def test_a_pipe_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export may come through a pipe with a name."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(WHOLE))
    writer.start()

    status = run(["callers", "--events", str(tmp_path / "pipe"), "--format", "json"])

    writer.join()
    assert (status, json.loads(capsys.readouterr().out)["coverage"]["records_read"]) == (0, 1)


@pytest.mark.parametrize("option", ["--plan", "--key-policy"])
def test_source_code_is_refused_under_the_option_that_it_was_given_by(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terraform code is no plan: one line names the option that was typed, and the command that makes a plan."""
    code = tmp_path / "main.tf"
    code.write_text('resource "aws_kms_key" "vault" {}\n', encoding="utf-8")

    assert run(["what-if", option, str(code), "--events", str(tmp_path)]) == 2

    told = capsys.readouterr().err
    assert told.startswith(f"trail-diff: {option} {code}: ")
    assert "terraform show -json" in told
