"""Security Lake: OCSF API Activity (class 6003) back to CloudTrail's own field names.

Source: the CloudTrail mapping of the OCSF examples and of Amazon Security Lake; 1.0 and 1.1 differ in a few names.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from trail_diff.model.learnt import Record
from trail_diff.read.forms.columns import record_from_columns
from trail_diff.times import parse_time

_UNMAPPED_AT_TOP = (
    "recipientAccountId",
    "sharedEventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "eventCategory",
    "vpcEndpointId",
    "errorCode",
    "errorMessage",
    "responseElements",
    "additionalEventData",
    "serviceEventDetails",
)
_UNMAPPED_INSIDE = (
    "userIdentity.",
    "requestParameters.",
    "responseElements.",
    "additionalEventData.",
    "serviceEventDetails.",
)


def record_from_ocsf(thing: Mapping[str, Any]) -> Record | None:
    """Return the record that an OCSF object stands for; None when it names no API call."""
    api, metadata, cloud = (_object(thing.get(name)) for name in ("api", "metadata", "cloud"))
    response, request = _object(api.get("response")), _object(api.get("request"))
    unmapped = _pairs(thing.get("unmapped"))
    columns: dict[str, Any] = {
        "eventSource": _object(api.get("service")).get("name"),
        "eventName": api.get("operation"),
        "eventTime": _time(thing),
        "eventID": metadata.get("uid"),
        "eventVersion": _object(metadata.get("product")).get("version"),
        "eventType": metadata.get("event_code"),
        "awsRegion": cloud.get("region"),
        "errorCode": response.get("error"),
        "errorMessage": response.get("message"),
        "requestID": request.get("uid"),
        "requestParameters": request.get("data"),
        "responseElements": response.get("data"),
        "sourceIPAddress": _source(thing),
        "userAgent": _object(thing.get("http_request")).get("user_agent"),
        "userIdentity": _identity(thing),
        "resources": [_resource(resource) for resource in _objects(thing.get("resources"))],
        "recipientAccountId": _object(cloud.get("account")).get("uid") or cloud.get("account_uid"),
        **{name: unmapped[name] for name in _UNMAPPED_AT_TOP if unmapped.get(name)},
        **{name: value for name, value in unmapped.items() if name.startswith(_UNMAPPED_INSIDE)},
    }
    return record_from_columns({name: value for name, value in columns.items() if value is not None})


def _identity(thing: Mapping[str, Any]) -> Record:
    actor = _object(thing.get("actor"))
    user, session = _object(actor.get("user")), _object(actor.get("session"))
    identity = {
        "type": user.get("type"),
        "arn": _first(user.get("uid"), user.get("uuid"), accept=lambda text: text.startswith("arn:")),
        "principalId": user.get("uid_alt") or _first(user.get("uid"), accept=lambda text: not text.startswith("arn:")),
        "accountId": _object(user.get("account")).get("uid") or user.get("account_uid"),
        "accessKeyId": user.get("credential_uid"),
        "userName": user.get("name"),
        "invokedBy": actor.get("invoked_by"),
    }
    issuer, created = session.get("issuer"), _moment(session.get("created_time_dt") or session.get("created_time"))
    context: Record = {}
    if isinstance(issuer, str) and issuer.startswith("arn:"):
        context["sessionIssuer"] = {"type": "Role", "arn": issuer}
    if created:
        context["attributes"] = {"creationDate": created}
    identity["sessionContext"] = context or None
    return {name: value for name, value in identity.items() if value not in (None, "")}


def _first(*values: object, accept: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and accept(value)), None)


def _time(thing: Mapping[str, Any]) -> str | None:
    return next(filter(None, (_moment(thing.get(name)) for name in ("time", "time_dt", "eventTime"))), None)


def _moment(value: object) -> str | None:
    """Write a moment as CloudTrail does; Parquet gives datetimes, JSON milliseconds or text."""
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    moment = parse_time(value)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _source(thing: Mapping[str, Any]) -> Any:
    endpoint = _object(thing.get("src_endpoint"))
    return endpoint.get("domain") or endpoint.get("ip") or endpoint.get("svc_name")


def _resource(resource: Mapping[str, Any]) -> Record:
    owner = _object(resource.get("owner"))
    account = _object(owner.get("account")).get("uid") or owner.get("account_uid") or resource.get("account_uid")
    return {"ARN": resource.get("uid"), "accountId": account, "type": resource.get("type")}


def _pairs(value: object) -> dict[str, Any]:
    """Return a map as a dict: Parquet writes one as a list of pairs."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs: dict[str, Any] = {}
    for pair in value if isinstance(value, list) else ():
        match pair:
            case (str() as key, inner) | {"key": str() as key, "value": inner}:
                pairs[key] = inner
            case _:
                continue
    return pairs


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
