"""Credentials as the AWS CLI finds them, and every way in which AWS says no, as one of ours with a hint."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aws_server import AwsServer, Fault

from trail_diff.aws.client import Aws, as_document, iam_action
from trail_diff.cli import run
from trail_diff.errors import (
    AwsAccessDeniedError,
    AwsConnectionError,
    AwsCredentialsError,
    AwsError,
    AwsNotFoundError,
    AwsThrottledError,
)

ACCOUNT = "111122223333"
SSO = f"""[profile a]
sso_start_url = https://made-up.awsapps.com/start
sso_region = eu-west-1
sso_account_id = {ACCOUNT}
sso_role_name = reader
"""
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def use_config(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Let this be the user's AWS configuration."""
    (folder / "config").write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))


def refused(aws: Aws, operation: str = "describe_key") -> AwsError:
    """Return the error that a call ends in."""
    with pytest.raises(AwsError) as caught:
        aws.call("kms", operation, {"KeyId": KEY})
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def test_account_is_asked_for_once(server: AwsServer) -> None:
    """Which account the credentials are of is asked of STS, once."""
    aws = Aws("main", endpoint_url=server.url)

    assert (aws.account_id(), aws.account_id()) == (ACCOUNT, ACCOUNT)
    assert server.count("GetCallerIdentity") == 1


def test_role_is_assumed_as_the_profile_says(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile with role_arn and source_profile asks with the credentials of the role, in its account."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    use_config(
        monkeypatch,
        tmp_path,
        f"[profile base]\naws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = made-up\nregion = eu-west-1\n"
        "[profile there]\nrole_arn = arn:aws:iam::444455556666:role/reader\nsource_profile = base\nregion = eu-west-1\n",
    )

    aws = Aws("there")

    assert aws.account_id() == "444455556666"
    assert server.count("AssumeRole", RoleArn="arn:aws:iam::444455556666:role/reader") == 1


def test_role_that_may_not_be_assumed_is_the_missing_permission(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The action named is sts:AssumeRole, not the call that came after."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    server.account().denied.add("sts:AssumeRole")
    use_config(
        monkeypatch,
        tmp_path,
        f"[profile base]\naws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = made-up\n"
        "[profile there]\nrole_arn = arn:aws:iam::444455556666:role/reader\nsource_profile = base\nregion = eu-west-1\n",
    )

    error = refused(Aws("there"))

    assert isinstance(error, AwsAccessDeniedError)
    assert error.action == "sts:AssumeRole"


PAGE = b"<!DOCTYPE html>\n<html><body>\n<h1>Sign in to the proxy</h1></body></html>"


@contextmanager
def answering(status: int, content: bytes) -> Iterator[str]:
    """Give every request one answer, at the address yielded."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the names are http.server's

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("cloudtrail", "lookup_events", {}),
        ("backup", "list_backup_jobs", {}),
        ("sts", "get_caller_identity", {}),
        ("s3", "list_objects_v2", {"Bucket": "trail"}),
        ("s3", "get_object", {"Bucket": "trail", "Key": "a"}),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 502])
@pytest.mark.usefixtures("server")
def test_page_of_a_proxy_is_no_answer(service: str, operation: str, parameters: dict[str, str], status: int) -> None:
    """A web page in place of an answer is an error that says so, whatever its status; an object may be a page."""
    if operation == "get_object" and status == HTTPStatus.OK:
        return
    with answering(status, PAGE) as url, pytest.raises(AwsConnectionError, match="is not AWS") as caught:
        Aws("main", endpoint_url=url, attempts=1).call(service, operation, parameters)

    assert "\n" not in caught.value.message
    assert "proxy" in caught.value.hint


@pytest.mark.usefixtures("server")
def test_page_of_a_proxy_is_one_line_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line ends with exit status 2 and one line when what answers is not AWS."""
    with answering(200, PAGE) as url:
        status = run(["--job-id", "j-1", "--endpoint-url", url, "--region", "eu-west-1"])

    stderr = capsys.readouterr().err.strip()
    assert (status, stderr.count("\n")) == (2, 0)
    assert "is not AWS" in stderr


@pytest.mark.parametrize(
    ("kind", "code", "expected", "hint"),
    [
        ("error", "AccessDeniedException", AwsAccessDeniedError, "allow kms:DescribeKey"),
        ("error", "ExpiredTokenException", AwsCredentialsError, "log in again"),
        ("error", "UnrecognizedClientException", AwsCredentialsError, "--profile"),
        ("error", "InvalidSignatureException", AwsCredentialsError, "clock"),
        ("error", "NotFoundException", AwsNotFoundError, "--region"),
        ("error", "KMSInvalidStateException", AwsError, "--region"),
        ("throttle", "", AwsThrottledError, "later"),
        ("cut", "", AwsConnectionError, "network"),
    ],
)
def test_what_aws_answers_becomes_our_error(
    server: AwsServer, kind: str, code: str, expected: type[AwsError], hint: str
) -> None:
    """Each kind of refusal is told apart, in one line, with what to do."""
    server.faults.append(Fault("DescribeKey", kind, times=9, code=code))  # type: ignore[arg-type]
    server.keys_exist(KEY)

    error = refused(Aws("main", endpoint_url=server.url, attempts=2))

    assert type(error) is expected
    assert hint in error.hint


@pytest.mark.parametrize(
    "case",
    [
        ("", None, "no AWS credentials", "--events"),
        ("", "nobody", "nobody", "list-profiles"),
        ("[profile a]\nregion = eu-west-1\n", "a", "no AWS credentials", "--profile"),
        (SSO, "a", "SSO session", "aws sso login"),
        (
            "[profile a]\ncredential_process = false\nregion = eu-west-1\n",
            "a",
            "no credentials could be had",
            "profile",
        ),
    ],
)
def test_credentials_that_are_not_there_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: tuple[str, str | None, str, str]
) -> None:
    """Without usable credentials, the error says which are missing and how to get them."""
    config, profile, said, hint = case
    monkeypatch.setenv("HOME", str(tmp_path))
    use_config(monkeypatch, tmp_path, config)

    with pytest.raises(AwsCredentialsError) as caught:
        Aws(profile, region="eu-west-1").account_id()

    assert said in caught.value.message
    assert hint in caught.value.hint


def test_region_that_is_not_one_is_refused(server: AwsServer) -> None:
    """A Region that cannot be one is an error of ours as well."""
    assert refused(Aws("main", region="eu west", endpoint_url=server.url)).hint


def test_nobody_listening_is_a_connection_error(server: AwsServer) -> None:
    """An endpoint where nothing listens is told as such."""
    assert server.url
    aws = Aws("main", region="eu-west-1", endpoint_url="http://127.0.0.1:9", attempts=1)

    with pytest.raises(AwsConnectionError) as caught:
        aws.account_id()

    assert "network" in caught.value.hint


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("kms", "get_key_policy", "kms:GetKeyPolicy"),
        ("cloudtrail", "lookup_events", "cloudtrail:LookupEvents"),
        ("s3", "list_objects_v2", "s3:ListBucket"),
        ("s3", "get_object", "s3:GetObject"),
    ],
)
def test_permission_of_a_call_is_named(service: str, operation: str, action: str) -> None:
    """The IAM action follows from the operation, but where AWS names it otherwise."""
    assert iam_action(service, operation) == action


def test_answers_are_kept_as_the_cli_prints_them(server: AwsServer) -> None:
    """Times are ISO text in UTC, and nothing of the HTTP exchange is left."""
    server.keys_exist(KEY)

    document = as_document(Aws("main", endpoint_url=server.url).call("kms", "describe_key", {"KeyId": KEY}))

    assert list(document) == ["KeyMetadata"]
    assert document["KeyMetadata"]["CreationDate"] == "2026-01-01T00:00:00Z"
