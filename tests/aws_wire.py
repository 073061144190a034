"""The wire protocols of AWS as a server sees them, driven by botocore's own service models.

A request is parsed and an answer written by the model of its operation; both are checked against it, so that a client
that sends what AWS would refuse, or a test that answers what AWS never would, fails.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session
from botocore.validate import ParamValidator

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_SESSION = botocore.session.get_session()
_MODELS: dict[str, Any] = {}


@dataclass(frozen=True)
class Call:
    """One request, parsed: who asks, where, and for what."""

    access_key: str
    region: str
    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass
class Answer:
    """What goes back: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class AwsFaultError(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def model_of(service: str) -> Any:
    """Return botocore's model of a service."""
    if service not in _MODELS:
        _MODELS[service] = _SESSION.get_service_model(service)
    return _MODELS[service]


def parse_call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Read a request in the protocol of its service, and check it against the model of its operation."""
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    assert found, "the request is not signed"
    access_key, region, service = found.groups()
    model = model_of(service)
    match model.metadata["protocol"]:
        case "json":
            operation = headers["X-Amz-Target"].rsplit(".", 1)[-1]
            assert headers["X-Amz-Target"] == f"{model.metadata['targetPrefix']}.{operation}"
            raw = json.loads(body or b"{}")
        case "query":
            fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            assert fields.pop("Version") == model.metadata["apiVersion"]
            operation, raw = fields.pop("Action"), fields
        case _:
            operation, raw = _match_rest(model, method, target)
    shape = model.operation_model(operation).input_shape
    parameters: dict[str, Any] = _from_wire(shape, raw) if shape else {}
    _check(shape, parameters, f"request of {operation}")
    return Call(access_key, region, service, operation, parameters)


def write_answer(call: Call, content: Mapping[str, Any]) -> Answer:
    """Write an answer, after checking it against the model."""
    model = model_of(call.service)
    shape = model.operation_model(call.operation).output_shape
    _check(shape, content, f"answer of {call.operation}")
    if model.metadata["protocol"] == "query":
        inner = _to_xml(content)
        result = f"<{call.operation}Result>{inner}</{call.operation}Result>"
        text = f'<{call.operation}Response xmlns="{model.metadata["xmlNamespace"]}">{result}</{call.operation}Response>'
        return Answer(200, {"Content-Type": "text/xml"}, text.encode())
    return Answer(200, {"Content-Type": _json_type(model)}, json.dumps(_to_wire(shape, content)).encode())


def write_fault(call: Call, fault: AwsFaultError) -> Answer:
    """Write an error."""
    model = model_of(call.service)
    if model.metadata["protocol"] == "query":
        inner = f"<Error><Type>Sender</Type><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
        return Answer(fault.status, {"Content-Type": "text/xml"}, f"<ErrorResponse>{inner}</ErrorResponse>".encode())
    content = {"__type": fault.code, "message": fault.message}
    headers = {"Content-Type": _json_type(model), "x-amzn-ErrorType": fault.code}
    return Answer(fault.status, headers, json.dumps(content).encode())


def _json_type(model: Any) -> str:
    return f"application/x-amz-json-{model.metadata['jsonVersion']}"


def _match_rest(model: Any, method: str, target: str) -> tuple[str, dict[str, Any]]:
    """Find the operation whose URI fits, and read its parameters from path and query string."""
    parts = urlsplit(target)
    for name in model.operation_names:
        operation = model.operation_model(name)
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.http["requestUri"]))
        found = re.fullmatch(pattern, parts.path)
        if operation.http["method"] == method and found:
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            sent = {**{key: unquote(value) for key, value in found.groupdict().items()}, **query}
            names = {
                member.serialization.get("name", own): own for own, member in operation.input_shape.members.items()
            }
            return name, {names[key]: value for key, value in sent.items()}
    raise AssertionError(f"no operation for {method} {target}")


def _from_wire(shape: Any, value: Any) -> Any:
    match shape.type_name:
        case "structure":
            return {name: _from_wire(shape.members[name], part) for name, part in value.items()}
        case "list":
            return [_from_wire(shape.member, part) for part in value]
        case "timestamp":
            return _moment(value)
        case "integer" | "long":
            return int(value)
        case _:
            return value


def _to_wire(shape: Any, value: Any) -> Any:
    match shape.type_name:
        case "structure":
            return {name: _to_wire(shape.members[name], part) for name, part in value.items()}
        case "list":
            return [_to_wire(shape.member, part) for part in value]
        case "timestamp":
            return value.timestamp()
        case _:
            return value


def _moment(value: Any) -> datetime:
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value).astimezone(UTC)


def _check(shape: Any, value: Any, what: str) -> None:
    """Check types, required members and names; AWS's models leave further rules to the service."""
    report = ParamValidator().validate(value, shape) if shape else None
    assert report is None or not report.has_errors(), f"{what}: {report.generate_report()}"
    _check_names(shape, value, what)


def _check_names(shape: Any, value: Any, what: str) -> None:
    if shape is not None and shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{what}: no such members: {unknown}"
        for name, part in value.items():
            _check_names(shape.members[name], part, what)
    if shape is not None and shape.type_name == "list":
        for part in value:
            _check_names(shape.member, part, what)


def _to_xml(value: Any) -> str:
    match value:
        case Mapping():
            return "".join(f"<{name}>{_to_xml(part)}</{name}>" for name, part in value.items())
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return escape(str(value))
