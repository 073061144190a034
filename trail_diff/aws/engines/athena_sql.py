"""The SQL for a table of CloudTrail records in Athena, from what the table's own description says. Pure.

Works on the tables of AWS's documentation (Athena user guide, "Query AWS CloudTrail logs": by hand, with partition
projection, for an organization, without partitions) and on others with the same columns. Every name and value that
comes from outside is checked or quoted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from msgspec import Struct

from trail_diff.errors import SourceError, UsageError
from trail_diff.events.changes import GLOBAL_SOURCES
from trail_diff.events.service_refusals import CODE_WORDS, MESSAGE_WORDS
from trail_diff.model.learnt import Window
from trail_diff.read.interface import ReadOptions
from trail_diff.read.spans import (
    CHANGES,
    DELIVERY_MARGIN,
    EVENT_SOURCES,
    covers_windows,
    home_of,
    list_days,
    merge_spans,
    pushed_keys,
)

_NEEDED = ("eventsource", "eventname", "eventtime")
_PLAIN = (
    "eventid",
    "eventtime",
    "eventsource",
    "eventname",
    "eventtype",
    "awsregion",
    "recipientaccountid",
    "sharedeventid",
    "errorcode",
    "errormessage",
    "readonly",
    "sourceipaddress",
    "vpcendpointid",
    "requestparameters",
    "responseelements",
    "additionaleventdata",
    "serviceeventdetails",
)
_IDENTITY = (
    "useridentity.type",
    "useridentity.principalid",
    "useridentity.arn",
    "useridentity.accountid",
    "useridentity.username",
    "useridentity.invokedby",
    "useridentity.sessioncontext.sessionissuer.arn",
    "useridentity.sessioncontext.sessionissuer.username",
    "useridentity.sessioncontext.attributes.mfaauthenticated",
    "useridentity.onbehalfof.userid",
    "useridentity.inscopeof.sourcearn",
    "useridentity.inscopeof.sourceaccount",
)
_NAME = re.compile(r"[A-Za-z0-9_$-]{1,255}", re.ASCII)
_REGION_KEYS = frozenset({"region", "awsregion", "aws_region"})
_SORTING_DATE = re.compile(r"(yyyy)([-/._]?)(MM)([-/._]?)(dd)(?:([-/._]?)(HH))?")
_DATE_PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_TEXT_OF_CALL = ("requestparameters", "responseelements", "additionaleventdata", "errormessage")


class TableName(Struct, frozen=True):
    """A table, as `--athena-table` names it."""

    database: str
    table: str
    catalog: str = "AwsDataCatalog"


class Table(Struct, frozen=True):
    """What Athena says of a table: its columns and partition keys with their types, and its properties."""

    name: TableName
    columns: Mapping[str, str]
    partition_keys: Mapping[str, str]
    properties: Mapping[str, str]


def parse_table_name(text: str) -> TableName:
    """Read `db.table`, or `catalog.db.table`.

    Raises:
        UsageError: it is neither, or a name holds what no name in Athena may.
    """
    parts = text.split(".")
    if len(parts) not in (2, 3) or not all(_NAME.fullmatch(part) for part in parts):
        raise UsageError(
            f"--athena-table {text!r} names no table",
            hint="write it as DATABASE.TABLE, with letters, digits and underscores",
        )
    return TableName(parts[-2], parts[-1], *parts[:-2])


def read_table(name: TableName, metadata: Mapping[str, Any]) -> Table:
    """Read Athena's description of a table (`TableMetadata` of GetTableMetadata).

    Raises:
        SourceError: the table lacks the columns that every table of CloudTrail records has.
    """
    columns = {column["Name"].lower(): column.get("Type", "string").lower() for column in metadata.get("Columns", ())}
    keys = {key["Name"].lower(): key.get("Type", "string").lower() for key in metadata.get("PartitionKeys", ())}
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        raise SourceError(
            f"{name.database}.{name.table} holds no CloudTrail records: it has no column {missing[0]}",
            hint="name the table that was made for CloudTrail logs",
        )
    return Table(name, columns, keys, metadata.get("Parameters", {}))


def build_sql(table: Table, query: ReadOptions) -> str:
    """Build the statement that brings what the query wants, and no more of it than the table can tell apart."""
    name = table.name
    place = f'"{name.database}"."{name.table}"'
    if name.catalog != "AwsDataCatalog":
        place = f'"{name.catalog}".{place}'
    conditions = [
        *_partition_conditions(table, query),
        *_region_condition(table, query),
        _event_condition(table, query),
    ]
    columns = ",\n  ".join(_select(table))
    return f"SELECT\n  {columns}\nFROM {place}\nWHERE " + "\n  AND ".join(conditions)


def unused_partition_keys(table: Table, query: ReadOptions) -> tuple[str, ...]:
    """Name the partition keys that no condition can be made for, so that the query reads more than it needs."""
    used = " ".join(_partition_conditions(table, query))
    return tuple(key for key in table.partition_keys if f'"{key}"' not in used)


# ---- columns


def _select(table: Table) -> Iterator[str]:
    """Name the columns that a record is made of; structs are flattened, because their text is ambiguous."""
    for column in _PLAIN:
        if table.columns.get(column, "").startswith("map<"):
            yield f'json_format(CAST("{column}" AS JSON)) AS {column}'
        elif column in table.columns:
            yield f'"{column}" AS {column}'
    if not table.columns.get("useridentity", "").startswith("struct<"):
        yield from ['"useridentity" AS useridentity'] if "useridentity" in table.columns else []
    else:
        fields = set(_struct_paths("useridentity", table.columns["useridentity"]))
        for path in _IDENTITY:
            if path in fields:
                yield f"{path} AS {path.replace('.', '_')}"
    if table.columns.get("resources", "").startswith("array<struct<"):
        arns = "transform(resources, resource -> MAP(ARRAY['ARN'], ARRAY[resource.arn]))"
        yield f"json_format(CAST({arns} AS JSON)) AS resources"
    elif "resources" in table.columns:
        yield '"resources" AS resources'


def _struct_paths(path: str, kind: str) -> Iterator[str]:
    """Yield the path of every field of a struct type as Hive writes it: `struct<type:string,inner:struct<…>>`."""
    if not kind.startswith("struct<"):
        yield path
        return
    depth, begin, inner = 0, 0, kind[len("struct<") : -1]
    for at, letter in enumerate(f"{inner},"):
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            name, _, field = inner[begin:at].partition(":")
            begin = at + 1
            yield from _struct_paths(f"{path}.{name.strip()}", field.strip())


# ---- conditions on the partitions


def _partition_conditions(table: Table, query: ReadOptions) -> Iterator[str]:
    keys = set(table.partition_keys)
    spans = merge_spans(query)
    for key in sorted(keys & _REGION_KEYS):
        if query.regions:
            yield f'"{key}" IN ({sql_texts((*query.regions, *filter(None, [home_of(query)])))})'
    if not spans:
        return
    if "year" in keys:
        yield _by_day(table, list_days(spans))
        return
    for key in sorted(keys):
        form = _date_form(key, table)
        if form is not None:
            ends = [(span.start.strftime(form), (span.end + DELIVERY_MARGIN).strftime(form)) for span in spans]
            yield _any(f'"{key}" BETWEEN {first} AND {last}' for first, last in ends)


def _by_day(table: Table, days: Sequence[date]) -> str:
    """Name every day by its year, month and day, as far as there are such keys; the days of a month together."""
    alternatives = []
    for (year, month), group in groupby(days, key=lambda day: (day.year, day.month)):
        parts = [("year", [year]), ("month", [month]), ("day", [day.day for day in group])]
        alternatives.append(
            " AND ".join(
                f'"{key}" IN ({", ".join(_part(table, key, value) for value in values)})'
                for key, values in parts
                if key in table.partition_keys
            )
        )
    return _any(dict.fromkeys(alternatives))


def _part(table: Table, key: str, value: int) -> str:
    """Write a part of a date as the partitions have it: a number, or text of two digits unless projection says else."""
    if not table.partition_keys[key].startswith(("string", "varchar", "char")):
        return str(value)
    is_counted = table.properties.get(f"projection.{key}.type") == "integer"
    digits = int(table.properties.get(f"projection.{key}.digits", "1")) if is_counted else 2
    return f"'{value:0{digits}d}'"


def _date_form(key: str, table: Table) -> str | None:
    """Return the form in which a partition key holds a day, for strftime; None when it is not known or does not sort.

    Only projection tells the form; partitions that were added by hand under a single date may be written in any.
    """
    if table.partition_keys[key] == "date":
        return "DATE '%Y-%m-%d'"
    is_date = table.properties.get(f"projection.{key}.type") == "date"
    found = _SORTING_DATE.fullmatch(table.properties.get(f"projection.{key}.format", "")) if is_date else None
    return "'" + "".join(_DATE_PARTS.get(part, part) for part in found.groups(default="")) + "'" if found else None


# ---- conditions on the events


def _region_condition(table: Table, query: ReadOptions) -> Iterator[str]:
    if query.regions and "awsregion" in table.columns:
        yield in_regions(query)


def in_regions(query: ReadOptions) -> str:
    """Want the records of the Regions, and those of roles and organizations from where they are recorded."""
    here, home = f"awsregion IN ({sql_texts(query.regions)})", home_of(query)
    if home is None:
        return here
    return _any([here, f"awsregion = {_text(home)} AND eventsource IN ({sql_texts(GLOBAL_SOURCES)})"])


def _event_condition(table: Table, query: ReadOptions) -> str:
    """Want every KMS and AWS Backup event in the windows, and what changes something in the span of the changes.

    Names are written once, however many windows there are: a statement is limited in size.
    """
    names = f"eventname IN ({sql_texts(CHANGES)})"
    sources = f"eventsource IN ({sql_texts(EVENT_SOURCES)})"
    if {"errorcode", "errormessage"} <= {*table.columns} and not query.kms_only:
        sources = _any([sources, *for_kms()])
    if (keys := pushed_keys(query)) and (of_keys := _key_condition(table, keys)):
        sources, names_of_keys = f"({sources} AND {of_keys})", f"({names} AND {of_keys})"
    else:
        names_of_keys = names
    inside = _any(_within(table, span) for span in query.windows) if query.windows else ""
    if query.changes is None:
        events = f"({sources} OR {names_of_keys})"
        return f"{inside} AND {events}" if inside else events
    changed = f"{_within(table, query.changes)} AND {names}"
    if not inside:
        return changed
    events = sources if covers_windows(query) else f"({sources} OR {names_of_keys})"
    return _any([f"{inside} AND {events}", changed])


def for_kms() -> Iterator[str]:
    """Yield what wants the errors of other services that KMS may stand behind."""
    for column, words in (("errormessage", MESSAGE_WORDS), ("errorcode", CODE_WORDS)):
        yield from (f"lower({column}) LIKE '%{word}%'" for word in words)


def _within(table: Table, span: Window) -> str:
    is_timestamp = table.columns["eventtime"].startswith("timestamp")
    form = "TIMESTAMP '%Y-%m-%d %H:%M:%S'" if is_timestamp else "'%Y-%m-%dT%H:%M:%SZ'"
    return f"eventtime BETWEEN {span.start.strftime(form)} AND {span.end.strftime(form)}"


def _key_condition(table: Table, keys: Sequence[str]) -> str | None:
    """Leave out the KMS calls that name other keys; a call may name its key by ARN or by id, or only in its error.

    None where no column can be searched for a key, so that every KMS call has to be read.
    """
    ids = [_text(key.rpartition("/")[2]) for key in keys]
    named = []
    if table.columns.get("resources", "").startswith("array<struct<"):
        named.append(f"cardinality(filter(resources, resource -> resource.arn IN ({sql_texts(keys)}))) > 0")
    for column in ("resources", *_TEXT_OF_CALL):
        match table.columns.get(column, "").partition("<")[0]:
            case "string" | "varchar":
                named += [f'strpos("{column}", {key_id}) > 0' for key_id in ids]
            case "map":
                values = f'map_values("{column}")'
                named += [f"cardinality(filter({values}, value -> strpos(value, {key_id}) > 0)) > 0" for key_id in ids]
    return _any(["eventsource <> 'kms.amazonaws.com'", *named]) if named else None


def _any(conditions: Iterable[str]) -> str:
    joined = list(conditions)
    return joined[0] if len(joined) == 1 else "(" + "\n    OR ".join(f"({one})" for one in joined) + ")"


def sql_texts(values: Sequence[str]) -> str:
    """Write text literals, with commas between them."""
    return ", ".join(map(_text, values))


def _text(value: str) -> str:
    """Write a text literal."""
    return "'" + value.replace("'", "''") + "'"
