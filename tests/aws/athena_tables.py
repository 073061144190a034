"""Tables as AWS's documentation makes them for CloudTrail logs: described as Athena does, and filled in DuckDB.

Source: Athena user guide, "Create a table for CloudTrail logs in Athena using manual partitioning", "… using partition
projection", "… for an organization wide trail using manual partitioning".
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import sqlglot
from recording import Record

IDENTITY_TYPE = (
    "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,"
    "username:string,onbehalfof:struct<userid:string,identitystorearn:string>,"
    "sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "ec2roledelivery:string,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>"
)
COLUMNS = {
    "eventversion": "string",
    "useridentity": IDENTITY_TYPE,
    "eventtime": "string",
    "eventsource": "string",
    "eventname": "string",
    "awsregion": "string",
    "sourceipaddress": "string",
    "useragent": "string",
    "errorcode": "string",
    "errormessage": "string",
    "requestparameters": "string",
    "responseelements": "string",
    "additionaleventdata": "string",
    "requestid": "string",
    "eventid": "string",
    "readonly": "string",
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    "eventtype": "string",
    "apiversion": "string",
    "recipientaccountid": "string",
    "serviceeventdetails": "string",
    "sharedeventid": "string",
    "vpcendpointid": "string",
    "vpcendpointaccountid": "string",
    "eventcategory": "string",
    "addendum": "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>",
    "sessioncredentialfromconsole": "string",
    "edgedevicedetails": "string",
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
}

_OF_DAY: Mapping[str, Callable[[Record], Any]] = {
    "account": lambda record: record["recipientAccountId"],
    "region": lambda record: record["awsRegion"],
    "year": lambda record: record["eventTime"][:4],
    "month": lambda record: record["eventTime"][5:7],
    "day": lambda record: record["eventTime"][8:10],
    "timestamp": lambda record: record["eventTime"][:10].replace("-", "/"),
}
DATE_PROJECTION = {
    "projection.enabled": "true",
    "projection.timestamp.format": "yyyy/MM/dd",
    "projection.timestamp.type": "date",
    "projection.timestamp.range": "2020/01/01,NOW",
}
LAYOUTS: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
    "by hand": (("region", "year", "month", "day"), {}),
    "projection": (("timestamp",), DATE_PROJECTION),
    "organization by hand": (("account", "region", "year", "month", "day"), {}),
    "organization, projection": (("account", "region", "timestamp"), DATE_PROJECTION),
    "none": ((), {}),
}


def describe_table(layout: str, columns: Mapping[str, str] = COLUMNS) -> dict[str, Any]:
    """Return what GetTableMetadata says of a table of that layout."""
    keys, properties = LAYOUTS[layout]
    return {
        "Name": "cloudtrail_logs",
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "Parameters": dict(properties),
    }


def run_on_duckdb(sql: str, layout: str, records: Sequence[Record], table: Mapping[str, str] = COLUMNS) -> bytes:
    """Run a statement in Athena's dialect over a table that holds the records; give the result as Athena's CSV."""
    keys, _ = LAYOUTS[layout]
    kinds = {**table, **dict.fromkeys(keys, "string")}
    with duckdb.connect() as database:
        database.execute("CREATE SCHEMA logs")
        columns = ", ".join(f'"{name}" {_duckdb_type(kind)}' for name, kind in kinds.items())
        database.execute(f"CREATE TABLE logs.cloudtrail_logs ({columns})")
        for record in records:
            row = [_cell(record, name, kind) for name, kind in table.items()]
            row += [_OF_DAY[key](record) for key in keys]
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO logs.cloudtrail_logs VALUES ({marks})", row)  # noqa: S608 - marks only
        (translated,) = sqlglot.transpile(sql, read="athena", write="duckdb")
        result = database.execute(translated)
        names = [column[0] for column in result.description or ()]
        return _as_csv([names, *result.fetchall()])


def _cell(record: Record, name: str, kind: str) -> Any:
    """Return the value that the table's reader of JSON finds under a column: names are matched without case."""
    value = next((value for key, value in record.items() if key.lower() == name), None)
    return _as_type(value, kind)


def _as_type(value: Any, kind: str) -> Any:
    if kind.startswith("struct<"):
        fields = {str(key).lower(): inner for key, inner in value.items()} if isinstance(value, dict) else {}
        inner = {name: _as_type(fields.get(name), own) for name, own in _fields(kind).items()}
        return inner if isinstance(value, dict) else None
    if kind.startswith("array<"):
        return [_as_type(item, kind[6:-1]) for item in value] if isinstance(value, list) else None
    if kind.startswith("map<"):
        texts = {key: _as_type(inner, "string") for key, inner in value.items()} if isinstance(value, dict) else None
        return {"key": list(texts), "value": list(texts.values())} if texts is not None else None
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _fields(kind: str) -> dict[str, str]:
    """Take a struct type apart."""
    fields, depth, part = {}, 0, ""
    for letter in f"{kind[7:-1]},":
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            name, _, own = part.partition(":")
            fields[name], part = own, ""
        else:
            part += letter
    return fields


def _duckdb_type(kind: str) -> str:
    if kind.startswith("struct<"):
        return "STRUCT(" + ", ".join(f'"{name}" {_duckdb_type(own)}' for name, own in _fields(kind).items()) + ")"
    if kind.startswith("array<"):
        return _duckdb_type(kind[6:-1]) + "[]"
    return "MAP(VARCHAR, VARCHAR)" if kind.startswith("map<") else "VARCHAR"


def _as_csv(rows: Sequence[Sequence[str | None]]) -> bytes:
    """Write rows as Athena does: every value in quotes, nothing at all for NULL."""
    lines = (",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()
