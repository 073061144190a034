"""AWS on loopback for sources: moto's server, and in front of it what moto lacks and what goes wrong.

An operation that a test answers itself is checked against botocore's own model, the request and the answer. Everything
else goes to moto as it came.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from moto.server import ThreadedMotoServer
from msgspec import Struct

from trail_diff.aws.client import Aws
from trail_diff.read.interface import Link

Handler = Callable[[dict[str, Any]], Mapping[str, Any]]
_SESSION = botocore.session.get_session()
_SERVICES = {"AmazonAthena": "athena", "Logs_20140328": "logs", "CloudTrail_20131101": "cloudtrail"}


class FaultError(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Seen(Struct, frozen=True):
    """One request: `GetQueryResults` with its parameters, or `GET /bucket/key` with none."""

    operation: str
    parameters: dict[str, Any]


class Loopback:
    """What a test sets up, and what was asked.

    `cuts` counts down, by path, how often half a body is sent; requests named like one of `refused` are denied.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.handlers: dict[str, Handler] = {}
        self.cuts: dict[str, int] = {}
        self.faults: dict[str, list[FaultError]] = {}
        self.refused: tuple[str, ...] = ()
        self.seen: list[Seen] = []
        self.notes: list[str] = []
        self.waited: list[float] = []
        self.failures: list[str] = []

    def forget(self, patch: pytest.MonkeyPatch) -> "Loopback":
        """Forget what the test before set up and asked, and let credentials be found."""
        with_credentials(patch)
        self.handlers, self.faults, self.cuts, self.refused = {}, {}, {}, ()
        self.seen.clear()
        self.notes.clear()
        return self

    def link(self) -> Link:
        """Return what a source is connected to."""
        return Link(Aws(region="eu-west-1", endpoint_url=self.url), self.notes.append, self.waited.append)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of every request of an operation."""
        return [seen.parameters for seen in self.seen if seen.operation == operation]


def with_credentials(patch: pytest.MonkeyPatch) -> None:
    """Let made-up credentials be found."""
    patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@contextmanager
def aws_on_loopback() -> Iterator[Loopback]:
    """Serve while the block runs; a request or answer that AWS's models do not allow fails at the end."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    port = moto.get_host_and_port()[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Front)
    server.daemon_threads = True
    loopback = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    _Front.loopback, _Front.moto_port = loopback, port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        moto.stop()
    assert not loopback.failures


class _Front(BaseHTTPRequestHandler):
    """Answers what a test answers, and hands on the rest."""

    loopback: Loopback
    moto_port: int
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        prefix, _, operation = self.headers.get("X-Amz-Target", "").rpartition(".")
        name = operation or f"{self.command} {self.path.partition('?')[0]}"
        self.loopback.seen.append(Seen(name, json.loads(body or b"{}") if operation else {}))
        try:
            self._fail_if_wanted(name)
            if name in self.loopback.handlers:
                self._send(200, {"Content-Type": "application/x-amz-json-1.1"}, self._answer(prefix, operation, body))
            else:
                self._send(*self._hand_on(body))
        except FaultError as fault:
            self._send_fault(fault, is_json=bool(operation))

    def _fail_if_wanted(self, name: str) -> None:
        if name.startswith(self.loopback.refused):
            raise FaultError("AccessDenied", "Access Denied", 403)
        if faults := self.loopback.faults.get(name):
            raise faults.pop(0)

    def _answer(self, prefix: str, operation: str, body: bytes) -> bytes:
        model = _SESSION.get_service_model(_SERVICES[prefix.rpartition(".")[2]]).operation_model(operation)
        asked = json.loads(body or b"{}")
        answer = self.loopback.handlers[operation](asked)
        for shape, value in ((model.input_shape, asked), (model.output_shape, answer)):
            assert shape is not None
            report = ParamValidator().validate(value, shape)
            unknown = set(value) - set(shape.members)
            if report.has_errors() or unknown:
                self.loopback.failures.append(f"{operation}: {report.generate_report()} {unknown or ''}")
        return json.dumps(answer).encode()

    def _hand_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        moto = http.client.HTTPConnection("127.0.0.1", self.moto_port, timeout=20)
        moto.request(self.command, self.path, body, dict(self.headers))
        answer = moto.getresponse()
        content = answer.read()
        moto.close()
        headers = {key: value for key, value in answer.getheaders() if key.lower() not in _OWN_HEADERS}
        return answer.status, headers, content

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        path = self.path.partition("?")[0]
        is_cut = self.command == "GET" and self.loopback.cuts.get(path, 0) > 0
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if is_cut else content)
        if is_cut:
            self.loopback.cuts[path] -= 1
            self.close_connection = True

    def _send_fault(self, fault: FaultError, *, is_json: bool) -> None:
        text = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
        content = json.dumps({"__type": fault.code, "message": fault.message}) if is_json else text
        kind = "application/x-amz-json-1.1" if is_json else "application/xml"
        self._send(fault.status, {"Content-Type": kind, "x-amzn-ErrorType": fault.code}, content.encode())


_OWN_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date", "server"})
