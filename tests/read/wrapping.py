"""Wraps records in every form in which people export them; each gives the bytes of a file."""

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

Record = dict[str, Any]
Wrap = Callable[[list[Record]], bytes]


def dump(value: object) -> bytes:
    """Return JSON on one line."""
    return json.dumps(value).encode()


def lines(values: Sequence[object]) -> bytes:
    """Return NDJSON."""
    return b"".join(dump(value) + b"\n" for value in values)


def lookup(records: list[Record]) -> Record:
    """Return a page of lookup-events."""
    return {
        "Events": [
            {"EventId": r["eventID"], "EventTime": 1772388300.0, "CloudTrailEvent": json.dumps(r)} for r in records
        ]
    }


def event_bridge(record: Record) -> Record:
    """Return an EventBridge event."""
    detail_type = "AWS API Call via CloudTrail"
    return {"version": "0", "id": "1", "detail-type": detail_type, "source": "aws.kms", "detail": record}


def subscription(records: list[Record]) -> Record:
    """Return a CloudWatch Logs subscription document."""
    events = [{"id": "1", "timestamp": 1, "message": json.dumps(r)} for r in records]
    return {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s", "logEvents": events}


def table(rows: list[list[str]], delimiter: str = ",") -> bytes:
    """Return a CSV."""
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue().encode()


def flat(record: Record) -> dict[str, str]:
    """Return a record as Athena's flat columns."""
    identity, issuer = record["userIdentity"], record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    plain = ("eventTime", "eventSource", "eventName", "awsRegion", "eventID", "recipientAccountId", "errorCode")
    return {
        **{name.lower(): str(record.get(name) or "") for name in plain},
        "readonly": str(record["readOnly"]).lower(),
        "useridentity_type": identity.get("type", ""),
        "useridentity_invokedby": identity.get("invokedBy", ""),
        "useridentity_arn": identity.get("arn", ""),
        "useridentity_accountid": identity.get("accountId", ""),
        "useridentity_sessioncontext_sessionissuer_arn": issuer.get("arn", ""),
        "requestparameters": json.dumps(record["requestParameters"]),
        "resources": json.dumps(record.get("resources", [])),
    }


def struct(value: object) -> str:
    """Return a value as Athena prints structs."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name.lower()}={struct(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(struct, value)) + "]"
        case None:
            return "null"
        case _:
            return str(value)


def athena_structs(records: list[Record]) -> bytes:
    """Return an Athena result whose structs are printed as text."""
    rows = []
    for record in records:
        row = {name: value for name, value in flat(record).items() if not name.startswith("useridentity_")}
        row |= {"useridentity": struct(record["userIdentity"]), "resources": struct(record.get("resources", []))}
        rows.append(row)
    return table([list(rows[0]), *(list(row.values()) for row in rows)])


def athena_answer(records: list[Record]) -> bytes:
    """Return the answer of Athena's GetQueryResults."""
    rows = [flat(record) for record in records]
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    return dump({"ResultSet": {"Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in cells]}})


def ocsf(record: Record) -> Record:
    """Return a record as Security Lake has it."""
    identity = record["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn")
    return {
        "class_uid": 6003,
        "time": 1772388300000,
        "api": {
            "operation": record["eventName"],
            "service": {"name": record["eventSource"]},
            "request": {"data": json.dumps(record["requestParameters"]), "uid": "r"},
            "response": {"error": record.get("errorCode")},
        },
        "actor": {
            "user": {
                "type": identity.get("type"),
                "uid": identity.get("arn"),
                "account": {"uid": identity.get("accountId")},
            },
            "session": {"issuer": issuer},
            "invoked_by": identity.get("invokedBy"),
        },
        "cloud": {"region": record["awsRegion"]},
        "metadata": {"uid": record["eventID"], "product": {"version": "1.11"}, "event_code": "AwsApiCall"},
        "resources": [{"uid": resource["ARN"], "type": "AWS::KMS::Key"} for resource in record.get("resources", [])],
        "unmapped": {"recipientAccountId": record["recipientAccountId"], "readOnly": "true"},
    }


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w") -> bytes:
    """Return a tar archive."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return written.getvalue()


def base64_gz(content: bytes) -> str:
    """Return what Lambda and Kinesis carry."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def flat_by_dots(value: object, path: str = "") -> dict[str, str]:
    """Return a record as Logs Insights and Splunk name its fields: `userIdentity.type`, `resources.0.ARN`."""
    match value:
        case dict():
            inner = [flat_by_dots(one, f"{path}.{name}" if path else name) for name, one in value.items()]
        case list():
            inner = [flat_by_dots(one, f"{path}.{index}") for index, one in enumerate(value)]
        case None:
            inner = []
        case bool():
            inner = [{path: str(value).lower()}]
        case _:
            inner = [{path: str(value)}]
    return {name: text for part in inner for name, text in part.items()}


def splunk_csv_fields(records: list[Record]) -> bytes:
    """Return the fields that Splunk found, as a table: braces stand for what comes several times."""
    rows = [{name.replace(".0.", "{}."): text for name, text in flat_by_dots(record).items()} for record in records]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return table([names, *([row.get(name, "") for name in names] for row in rows)])


def athena_pages(records: list[Record]) -> bytes:
    """Return pages of Athena's GetQueryResults: only the first repeats the header, only the last has no token."""
    rows = [flat(record) for record in records]
    header = list(rows[0])
    columns = {"ColumnInfo": [{"Name": name} for name in header]}
    pages = [[header, list(rows[0].values())], *([list(row.values())] for row in rows[1:])]
    answers = [
        {
            "ResultSet": {
                "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in page],
                "ResultSetMetadata": columns,
            },
            **({"NextToken": "x"} if number < len(pages) else {}),
        }
        for number, page in enumerate(pages, 1)
    ]
    return b"".join(json.dumps(answer, indent=4).encode() + b"\n" for answer in answers)


def sentinel(record: Record) -> Record:
    """Return a record as Microsoft Sentinel's table AWSCloudTrail names its fields."""
    identity, issuer = record["userIdentity"], record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    return {
        "TimeGenerated": record["eventTime"],
        "AwsEventId": record["eventID"],
        "EventSource": record["eventSource"],
        "EventName": record["eventName"],
        "EventTypeName": record["eventType"],
        "AWSRegion": record["awsRegion"],
        "RecipientAccountId": record["recipientAccountId"],
        "ErrorCode": record.get("errorCode", ""),
        "ReadOnly": record["readOnly"],
        "UserIdentityType": identity.get("type", ""),
        "UserIdentityArn": identity.get("arn", ""),
        "UserIdentityAccountId": identity.get("accountId", ""),
        "UserIdentityInvokedBy": identity.get("invokedBy", ""),
        "SessionIssuerArn": issuer.get("arn", ""),
        "RequestParameters": json.dumps(record["requestParameters"]),
        "Resources": json.dumps(record.get("resources", [])),
        "Type": "AWSCloudTrail",
    }


def ecs(record: Record) -> Record:
    """Return a record as Elastic's integration takes it apart, without its original."""
    identity, issuer = record["userIdentity"], record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    user = {
        "type": identity.get("type"),
        "arn": identity.get("arn"),
        "invoked_by": identity.get("invokedBy"),
        "session_context": {"session_issuer": {"type": issuer.get("type"), "arn": issuer.get("arn")}},
    }
    resources = [{"arn": one["ARN"], "account_id": one["accountId"]} for one in record.get("resources", [])]
    details = {
        "event_type": record["eventType"],
        "user_identity": user,
        "error_code": record.get("errorCode"),
        "request_parameters": struct(record["requestParameters"]),
        "read_only": record["readOnly"],
        "recipient_account_id": record["recipientAccountId"],
        "resources": resources,
        "flattened": {"request_parameters": record["requestParameters"]},
    }
    return {
        "@timestamp": record["eventTime"],
        "event": {"action": record["eventName"], "provider": record["eventSource"], "id": record["eventID"]},
        "cloud": {"region": record["awsRegion"], "account": {"id": identity.get("accountId")}},
        "aws": {"cloudtrail": details},
    }


def ecs_rows(records: list[Record]) -> list[dict[str, str]]:
    """Return records as Kibana writes them to a sheet: names with dots, structs as JSON."""
    rows = []
    for record in records:
        details = ecs(record)["aws"]["cloudtrail"]
        whole = {name: json.dumps(details.pop(name)) for name in ("request_parameters", "resources")}
        details["flattened"] = None
        named = {f"aws.cloudtrail.{name}": text for name, text in whole.items()}
        rest = {**ecs(record), "aws": {"cloudtrail": details}}
        named["aws.cloudtrail.request_parameters"] = json.dumps(record["requestParameters"])
        rows.append({**flat_by_dots(rest), **named})
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in names} for row in rows]


def ecs_search(row: dict[str, str]) -> Record:
    """Return a row as a search answers it: every value in a list, resources by their fields."""
    arns = [one["arn"] for one in json.loads(row["aws.cloudtrail.resources"])]
    fields = {name: [text] for name, text in row.items() if text and name != "aws.cloudtrail.resources"}
    return {**fields, "aws.cloudtrail.resources.arn": arns}


def notebook(records: list[Record]) -> Record:
    """Return a Jupyter notebook: one record printed, one shown as JSON, the others printed as lines."""
    lines_printed = [json.dumps(record) + "\n" for record in records[2:]]
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "".join(json.dumps(one) for one in records[:1])},
        *(
            {"output_type": "execute_result", "data": {"application/json": one, "text/plain": "x"}}
            for one in records[1:2]
        ),
        {"output_type": "display_data", "data": {"text/plain": lines_printed}},
    ]
    return {"cells": [{"cell_type": "code", "source": ["x"], "outputs": outputs}], "metadata": {}, "nbformat": 4}


def pandas_table(records: list[Record], *, is_csv: bool) -> bytes:
    """Return a table as pandas writes it: columns beside rows, or a CSV with an index, with structs as Python has them."""
    names = [*dict.fromkeys(name for record in records for name in record)]
    rows = [[record.get(name) for name in names] for record in records]
    if not is_csv:
        return dump({"columns": names, "index": [*range(len(rows))], "data": rows})
    cells = [[str(at), *("" if cell is None else str(cell) for cell in row)] for at, row in enumerate(rows)]
    written = io.StringIO()
    csv.writer(written).writerows([["", *names], *cells])
    return written.getvalue().encode()


def text_output(records: list[Record]) -> bytes:
    """Return `aws cloudtrail lookup-events --query 'Events[].CloudTrailEvent' --output text`: all on one line."""
    return b"\t".join(map(dump, records)) + b"\n"


def logs_tail_json(records: list[Record]) -> bytes:
    """Return `aws logs tail --format json`: a time, a stream, and the record over many lines."""
    prefix = b"2026-03-01T18:00:00.123000+00:00 111122223333_CloudTrail_eu-west-1 "
    return b"".join(prefix + json.dumps(record, indent=4).encode() + b"\n" for record in records)


TRAIL: Wrap = lambda records: dump({"Records": records})  # noqa: E731 - a table of small wraps reads best this way

WRAPS: dict[str, Wrap] = {
    "trail": TRAIL,
    "trail-pretty": lambda records: json.dumps({"Records": records}, indent=2).encode(),
    "trail-gz": lambda records: gzip.compress(TRAIL(records), mtime=0),
    "gz-members": lambda records: b"".join(gzip.compress(TRAIL([record]), mtime=0) for record in records),
    "utf8-bom": lambda records: b"\xef\xbb\xbf" + TRAIL(records),
    "utf16": lambda records: TRAIL(records).decode().encode("utf-16"),
    "utf16-be-no-mark": lambda records: TRAIL(records).decode().encode("utf-16-be"),
    "utf32": lambda records: TRAIL(records).decode().encode("utf-32"),
    "utf32-be-no-mark": lambda records: TRAIL(records).decode().encode("utf-32-be"),
    "padded-with-nuls": lambda records: TRAIL(records) + bytes(5000),
    "array": dump,
    "array-of-text": lambda records: dump([json.dumps(record) for record in records]),
    "ndjson": lambda records: lines([*records]),
    "ndjson-crlf": lambda records: b"\r\n".join(map(dump, records)),
    "ndjson-cr": lambda records: b"\r".join(map(dump, records)),
    "ndjson-records-separated": lambda records: b"".join(b"\x1e" + dump(record) + b"\n" for record in records),
    "array-of-arrays": lambda records: dump([[record] for record in records]),
    "pages-in-an-array": lambda records: dump([lookup([record]) for record in records]),
    "ndjson-of-text": lambda records: lines([json.dumps(record) for record in records]),
    "concatenated": lambda records: b"".join(map(dump, records)),
    "pretty-concatenated": lambda records: b"\n".join(json.dumps(record, indent=2).encode() for record in records),
    "lookup-events": lambda records: dump(lookup(records)),
    "lookup-events-pages": lambda records: b"\n".join(dump(lookup([record])) for record in records),
    "lookup-events-raw-newlines": lambda records: dump(lookup(records)).replace(b'\\", ', b'\\",\n '),
    "event-bridge": lambda records: lines([event_bridge(record) for record in records]),
    "sqs": lambda records: dump({"Messages": [{"Body": json.dumps(event_bridge(record))} for record in records]}),
    "sqs-lambda": lambda records: dump({"Records": [{"body": json.dumps(event_bridge(record))} for record in records]}),
    "sns": lambda records: lines([{"Type": "Notification", "Message": json.dumps(record)} for record in records]),
    "sns-lambda": lambda records: dump({"Records": [{"Sns": {"Message": json.dumps(r)}} for r in records]}),
    "firehose": lambda records: dump(
        {"records": [{"recordId": "1", "data": base64.b64encode(dump(record)).decode()} for record in records]}
    ),
    "kinesis": lambda records: dump({"Records": [{"kinesis": {"data": base64_gz(dump(subscription(records)))}}]}),
    "kinesis-lambda": lambda records: dump(
        {
            "Records": [
                {
                    "kinesis": {"data": base64_gz(dump(subscription(records)))},
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventName": "aws:kinesis:record",
                }
            ]
        }
    ),
    "kinesis-get-records": lambda records: dump(
        {"Records": [{"SequenceNumber": "1", "Data": base64_gz(dump(subscription(records)))}], "NextShardIterator": "x"}
    ),
    "filter-log-events": lambda records: dump(
        {"events": [{"timestamp": 1, "message": json.dumps(record)} for record in records], "searchedLogStreams": []}
    ),
    "insights": lambda records: dump(
        {"results": [[{"field": "@message", "value": json.dumps(record)}] for record in records], "status": "Complete"}
    ),
    "insights-csv": lambda records: table(
        [["@timestamp", "@message"], *(["t", json.dumps(record)] for record in records)]
    ),
    "log-lines": lambda records: b"".join(b"2026-03-01T18:00:00.000Z " + dump(record) + b"\n" for record in records),
    "awslogs-lines": lambda records: b"".join(b"group stream " + dump(record) + b"\n" for record in records),
    "subscription": lambda records: dump(subscription(records)),
    "subscription-concatenated": lambda records: b"".join(dump(subscription([record])) for record in records),
    "lambda-awslogs": lambda records: dump({"awslogs": {"data": base64_gz(dump(subscription(records)))}}),
    "text-output": text_output,
    "text-output-events": lambda records: b"".join(
        b"EVENTS\tAKIA\t" + dump(record) + b"\tid\tname\t2026-03-01T18:05:00+00:00\n" for record in records
    ),
    "logs-tail-json": logs_tail_json,
    "insights-fields": lambda records: dump([{"@timestamp": "t", **flat_by_dots(record)} for record in records]),
    "excel-separator": lambda records: (
        b"sep=;\r\n" + table([["@timestamp", "@message"], *(["t", json.dumps(record)] for record in records)], ";")
    ),
    "athena-flat": lambda records: table(
        [list(flat(records[0])), *(list(flat(record).values()) for record in records)]
    ),
    "athena-tsv": lambda records: table([list(flat(records[0])), *(list(flat(r).values()) for r in records)], "\t"),
    "athena-structs": athena_structs,
    "athena-answer": athena_answer,
    "athena-pages": athena_pages,
    "lake-event-json": lambda records: dump(
        {"QueryResultRows": [[{"eventJson": json.dumps(record)}] for record in records]}
    ),
    "lake-event-json-csv": lambda records: table([["eventJson"], *([json.dumps(record)] for record in records)]),
    "lake-rows": lambda records: dump(
        {"QueryResultRows": [[{name: value} for name, value in flat(record).items()] for record in records]}
    ),
    "elastic": lambda records: dump(
        {"hits": {"hits": [{"_source": {"event": {"original": json.dumps(r)}}} for r in records]}}
    ),
    "elastic-dotted": lambda records: lines(
        [{"@timestamp": "t", "event.original": json.dumps(record)} for record in records]
    ),
    "splunk": lambda records: lines([{"preview": False, "result": {"_raw": json.dumps(record)}} for record in records]),
    "splunk-hec": lambda records: lines([{"time": 1.0, "sourcetype": "aws:cloudtrail", "event": r} for r in records]),
    "powershell-csv": lambda records: (
        b"#TYPE Amazon.CloudTrail.Model.Event\r\n"
        + table([["EventId", "CloudTrailEvent"], *([r["eventID"], json.dumps(r)] for r in records)])
    ),
    "splunk-csv": lambda records: table([["_time", "_raw"], *(["t", json.dumps(record)] for record in records)]),
    "splunk-csv-fields": splunk_csv_fields,
    "splunk-json-rows": lambda records: dump(
        {"fields": ["_time", "_raw"], "rows": [["t", json.dumps(record)] for record in records]}
    ),
    "journal-bytes": lambda records: lines([{"MESSAGE": [*dump(r)], "PRIORITY": "6"} for r in records]),
    "notebook": lambda records: dump(notebook(records)),
    "pandas-split": lambda records: pandas_table(records, is_csv=False),
    "pandas-csv": lambda records: pandas_table(records, is_csv=True),
    "steampipe": lambda records: dump(
        [{"event_name": r["eventName"], "event_source": r["eventSource"], "cloudtrail_event": r} for r in records]
    ),
    "payload-csv": lambda records: table(
        [["Event Name", "Payload"], *([r["eventName"], f"<13>Mar 01 18:00:17 host {json.dumps(r)}"] for r in records)]
    ),
    "packed-in-any-field": lambda records: dump(
        {"rawLogs": [{"logType": "AWS_CLOUDTRAIL", "logData": base64.b64encode(dump(r)).decode()} for r in records]}
    ),
    "psql": lambda records: (
        b" id | record\n----+--------\n"
        + b"".join(b" 1 | " + dump(record) + b"\n" for record in records)
        + b"(3 rows)\n"
    ),
    "docker-pieces": lambda records: lines(
        [
            {"log": text[at : at + 300], "stream": "stdout", "time": f"2026-03-01T18:{number:02}:00Z"}
            for number, text in enumerate(json.dumps(record) + "\n" for record in records)
            for at in range(0, len(text), 300)
        ]
    ),
    "elastic-apart": lambda records: lines([{"_index": "i", "_source": ecs(record)} for record in records]),
    "elastic-search": lambda records: dump(
        {"hits": {"hits": [{"fields": ecs_search(row)} for row in ecs_rows(records)]}}
    ),
    "elastic-sheet": lambda records: table(
        [list(ecs_rows(records)[0]), *(list(row.values()) for row in ecs_rows(records))]
    ),
    "elastic-lists": lambda records: lines(
        [{"_id": "1", "fields": {name: [text] for name, text in flat_by_dots(record).items()}} for record in records]
    ),
    "elastic-fields": lambda records: lines([{"fields": {"event.original": [json.dumps(r)]}} for r in records]),
    "datadog": lambda records: lines([{"content": {"message": "{", "attributes": record}} for record in records]),
    "datadog-answer": lambda records: dump({"data": [{"id": "A", "attributes": {"attributes": r}} for r in records]}),
    "sumo": lambda records: dump({"messages": [{"map": {"_raw": json.dumps(record)}} for record in records]}),
    "sentinel": lambda records: dump([sentinel(record) for record in records]),
    "sentinel-csv": lambda records: table(
        [list(sentinel(records[0])), *([str(cell) for cell in sentinel(record).values()] for record in records)]
    ),
    "unknown-name": lambda records: lines([{"n": [1, {"a": "{"}], "cloudtrail": record} for record in records]),
    "unknown-name-text": lambda records: dump([{"time": "t", "text": json.dumps(record)} for record in records]),
    "siem-extras": lambda records: lines([{**record, "@timestamp": "t", "p_row_id": "1"} for record in records]),
    "ocsf": lambda records: lines([ocsf(record) for record in records]),
    "zip": lambda records: zipped(
        {"a/b.json": TRAIL(records[:1]), "c.json.gz": gzip.compress(TRAIL(records[1:]), mtime=0)}
    ),
    "bzip2": lambda records: b"".join(bz2.compress(TRAIL([record])) for record in records),
    "xz": lambda records: lzma.compress(TRAIL(records[:1])) + lzma.compress(TRAIL(records[1:])),
    "gz-of-gz": lambda records: gzip.compress(gzip.compress(TRAIL(records), mtime=0)),
    "zip-of-gz-of-wraps": lambda records: zipped(
        {f"{number}.gz": gzip.compress(dump(event_bridge(record))) for number, record in enumerate(records)}
    ),
    "tar-xz": lambda records: tarred({"a.json": TRAIL(records)}, "w:xz"),
    "tar": lambda records: tarred({"a.json": TRAIL(records)}),
    "tar-gz": lambda records: tarred({"a.json.gz": gzip.compress(TRAIL(records), mtime=0)}, "w:gz"),
}
