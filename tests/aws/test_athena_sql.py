"""The SQL for Athena, run for real on DuckDB over the tables of AWS's documentation."""

from datetime import datetime
from typing import Any

import pytest
import sqlglot
from aws.athena_tables import COLUMNS, IDENTITY_TYPE, LAYOUTS, describe_table, run_on_duckdb
from aws.offline import JOBS, incident_records, offline_events, read_content
from msgspec import structs
from recording import Recording

from trail_diff.aws.engines.athena_sql import build_sql, parse_table_name, read_table, unused_partition_keys
from trail_diff.errors import SourceError, UsageError
from trail_diff.model.learnt import Window
from trail_diff.read.interface import ReadOptions

NAME = parse_table_name("logs.cloudtrail_logs")
NIGHT = ReadOptions(
    windows=(Window(datetime.fromisoformat("2026-02-28T22:00:00Z"), datetime.fromisoformat("2026-02-28T23:30:00Z")),)
)


def make_sql(metadata: dict[str, Any], query: ReadOptions = JOBS) -> str:
    """Build the statement for a table that is described like this."""
    return build_sql(read_table(NAME, metadata), query)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_yields_the_events_of_the_offline_path(layout: str) -> None:
    """The result of the statement, read as a CSV, gives the same events as the trail files, whatever the partitions."""
    records = incident_records()

    csv = run_on_duckdb(make_sql(describe_table(layout)), layout, records)

    assert read_content(csv).events == offline_events(records)
    assert len(offline_events(records)) > 30


def test_records_of_every_kind_of_caller_survive() -> None:
    """Callers of every kind, grants, an error, a ReEncrypt of two keys and hostile text come back as they went in."""
    recording = Recording()
    key, other = recording.key_arn("a"), recording.key_arn("b")
    time = "2026-03-01T18:00:00Z"
    user = recording.user("o=mal,ley+@b")
    context = {"aws:dynamodb:tableName": 'a"b, c=d}', "empty": ""}
    recording.kms(time, "Decrypt", key, recording.service("backup-storage.amazonaws.com"), context)
    recording.kms(
        time, "Decrypt", key, recording.role("service-role/R", "AWSBackup-R", "dynamodb.amazonaws.com"), context
    )
    recording.kms(time, "Encrypt", key, user, **recording.denied(user, "kms:Encrypt", key, 'because no, "really"'))
    two = [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": arn} for arn in (key, other)]
    recording.kms(time, "ReEncrypt", key, user, resources=two, parameters={"destinationKeyId": other})
    recording.kms(
        time,
        "CreateGrant",
        key,
        user,
        parameters={"operations": ["Decrypt"], "constraints": {"encryptionContextSubset": context}},
    )
    recording.kms(time, "RetireGrant", key, user, additionalEventData={"grantId": "g-1"}, vpcEndpointId="vpce-1")
    recording.kms(time, "ScheduleKeyDeletion", key, user, parameters={"pendingWindowInDays": 7}, readOnly=False)

    csv = run_on_duckdb(make_sql(describe_table("none")), "none", recording.records)

    assert read_content(csv).events == offline_events(recording.records)
    assert len(read_content(csv).events) == 7


def test_files_delivered_after_midnight_are_looked_for_in_the_next_day() -> None:
    """The partitions of a window that ends shortly before midnight are those of its day and the next."""
    sql = make_sql(describe_table("by hand"), NIGHT)

    assert "\"year\" IN ('2026') AND \"month\" IN ('02') AND \"day\" IN ('28')" in sql
    assert "\"year\" IN ('2026') AND \"month\" IN ('03') AND \"day\" IN ('01')" in sql


def test_a_projected_date_is_compared_in_its_own_form() -> None:
    """A partition key that is projected as a date is compared in the form that the table's properties name."""
    metadata = describe_table("projection")
    metadata["Parameters"]["projection.timestamp.format"] = "yyyy-MM-dd-HH"

    sql = make_sql(metadata, NIGHT)

    assert "\"timestamp\" BETWEEN '2026-02-28-22' AND '2026-03-01-00'" in sql


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("int", {}, '"month" IN (2)'),
        ("string", {"projection.month.type": "integer"}, "\"month\" IN ('2')"),
        ("string", {"projection.month.type": "integer", "projection.month.digits": "2"}, "\"month\" IN ('02')"),
    ],
)
def test_parts_of_a_date_are_written_as_the_partitions_have_them(
    kind: str, properties: dict[str, str], expected: str
) -> None:
    """Numbers stay numbers; projected numbers have the digits that the properties name."""
    metadata = describe_table("by hand")
    metadata["PartitionKeys"][2]["Type"] = kind
    metadata["Parameters"] = properties

    assert expected in make_sql(metadata, NIGHT)


def test_a_date_of_unknown_form_is_named_and_not_guessed() -> None:
    """A date partition whose form nobody tells gets no condition, which would bring nothing if it were wrong."""
    metadata = describe_table("projection")
    metadata["Parameters"] = {}

    assert '"timestamp" ' not in make_sql(metadata)
    assert unused_partition_keys(read_table(NAME, metadata), JOBS) == ("timestamp",)
    assert unused_partition_keys(read_table(NAME, describe_table("projection")), JOBS) == ()


def test_regions_prune_partitions_and_rows() -> None:
    """Regions that were asked for become a condition on the partition and on the records; roles are of all Regions."""
    sql = make_sql(describe_table("by hand"), structs.replace(JOBS, regions=("us-east-1",)))
    elsewhere = make_sql(describe_table("by hand"), structs.replace(JOBS, regions=("eu-west-1",)))

    assert "\"region\" IN ('us-east-1')" in sql
    assert "awsregion IN ('us-east-1')" in sql
    assert "\"region\" IN ('eu-west-1', 'us-east-1')" in elsewhere
    assert (
        "awsregion = 'us-east-1' AND eventsource IN ('iam.amazonaws.com', 'organizations.amazonaws.com')" in elsewhere
    )


def test_change_of_a_role_comes_from_where_iam_records() -> None:
    """With Regions, a change of a role in us-east-1 comes with them, and a use of a key there does not."""
    here, there = Recording(region="eu-west-1"), Recording(region="us-east-1")
    time = "2026-03-01T18:00:00Z"
    used = here.kms(time, "Decrypt", here.key_arn("a"), here.user("ann"))
    there.kms(time, "Decrypt", there.key_arn("b"), there.user("ann"))
    changed = there.add(time, "iam.amazonaws.com", "PutRolePolicy", there.user("ann"), readOnly=False)
    query = structs.replace(JOBS, regions=("eu-west-1",))

    csv = run_on_duckdb(make_sql(describe_table("by hand"), query), "by hand", [*here.records, *there.records])

    assert {event.event_id for event in read_content(csv, query).events} == {used["eventID"], changed["eventID"]}


def test_keys_leave_out_calls_on_other_keys() -> None:
    """With keys, KMS calls on other keys are left out; those that name the key by id or in an error only are kept."""
    recording = Recording()
    key, other = recording.key_arn("a"), recording.key_arn("b")
    time, user = "2026-03-01T18:00:00Z", recording.user("ann")
    recording.kms(time, "Decrypt", key, user)
    recording.kms(time, "Decrypt", other, user)
    recording.kms(time, "DescribeKey", None, user, parameters={"keyId": key.rpartition("/")[2]})
    recording.kms(time, "Decrypt", None, user, **recording.denied(user, "kms:Decrypt", key, "because"))
    query = structs.replace(JOBS, keys=(key,), only_keys=True)

    csv = run_on_duckdb(make_sql(describe_table("none"), query), "none", recording.records)

    kept = [recording.records[index] for index in (0, 2, 3)]
    assert read_content(csv).events == offline_events(kept)


@pytest.mark.parametrize("kind", ["map<string,string>", "string"])
def test_keys_are_found_in_columns_of_any_kind(kind: str) -> None:
    """A call that names its key in a map of texts only is found, and what such a map holds is read."""
    recording = Recording()
    key, other = recording.key_arn("a"), recording.key_arn("b")
    time, user = "2026-03-01T18:00:00Z", recording.user("ann")
    for named in (key, other):
        recording.kms(time, "Decrypt", None, user, parameters={"keyId": named})
    query, columns = structs.replace(JOBS, keys=(key,), only_keys=True), {**COLUMNS, "requestparameters": kind}

    csv = run_on_duckdb(make_sql(describe_table("none", columns), query), "none", recording.records, columns)

    assert read_content(csv).events == offline_events(recording.records[:1])


def test_a_table_in_which_keys_cannot_be_found_is_read_whole() -> None:
    """Where no column tells the key, no call is left out."""
    columns = {name: COLUMNS[name] for name in ("eventsource", "eventname", "eventtime", "useridentity")}
    query = structs.replace(JOBS, keys=("arn:aws:kms:eu-west-1:111122223333:key/abc",), only_keys=True)

    assert make_sql(describe_table("none", columns), query) == make_sql(describe_table("none", columns))


def test_keys_that_only_matter_or_are_aliases_leave_nothing_out() -> None:
    """Keys of a case do not narrow it, and an alias, which is in no record, narrows nothing."""
    arn = "arn:aws:kms:eu-west-1:111122223333:key/abc"

    assert arn not in make_sql(describe_table("none"), structs.replace(JOBS, keys=(arn,)))
    assert "alias/a" not in make_sql(
        describe_table("none"), structs.replace(JOBS, keys=(arn, "alias/a"), only_keys=True)
    )


def test_a_table_of_parquet_with_timestamps_is_compared_as_such() -> None:
    """A table whose times are timestamps is not compared with text."""
    sql = make_sql(describe_table("none", {**COLUMNS, "eventtime": "timestamp"}))

    assert "eventtime BETWEEN TIMESTAMP '2026-03-01 17:45:00' AND TIMESTAMP '2026-03-01 19:00:00'" in sql


def test_only_fields_that_the_table_has_are_selected() -> None:
    """A struct field that the table lacks is not named, for Athena would refuse the whole statement."""
    old = IDENTITY_TYPE.replace("onbehalfof:struct<userid:string,identitystorearn:string>,", "")
    new = IDENTITY_TYPE[:-1] + ",inscopeof:struct<sourcearn:string,sourceaccount:string>>"

    assert "onbehalfof" not in make_sql(describe_table("none", {**COLUMNS, "useridentity": old}))
    assert "useridentity.inscopeof.sourcearn AS" in make_sql(describe_table("none", {**COLUMNS, "useridentity": new}))


def test_a_caller_kept_as_json_text_is_taken_whole() -> None:
    """A table that keeps the caller as text has that column selected as it is."""
    sql = make_sql(describe_table("none", {**COLUMNS, "useridentity": "string"}))

    assert '"useridentity" AS useridentity' in sql


def test_only_needed_columns_are_read() -> None:
    """Columns that no event is made of are not read: in columnar tables each costs."""
    sql = make_sql(describe_table("none"))

    assert not {"useragent", "tlsdetails", "requestid", "accesskeyid"} & set(sql.replace(".", " ").split())


def test_the_statement_is_one_select_in_athenas_dialect() -> None:
    """What is generated parses as one query, even when a Region and a key hold quotes."""
    query = structs.replace(
        JOBS, regions=("eu'; DROP TABLE x; --",), keys=("arn:aws:kms:eu-west-1:1:key/a' OR '1'='1",)
    )

    (statement,) = sqlglot.parse(make_sql(describe_table("by hand"), query), read="athena")

    assert isinstance(statement, sqlglot.exp.Select)
    assert not list(statement.find_all(sqlglot.exp.Drop))
    assert "eu'; DROP TABLE x; --" in {literal.this for literal in statement.find_all(sqlglot.exp.Literal)}


@pytest.mark.parametrize("text", ["logs", 'logs."x"', "logs.x; DROP TABLE y", "a.b.c.d", "logs.", "lögs.x"])
def test_names_that_are_none_are_refused(text: str) -> None:
    """A table's name with anything but letters, digits and underscores is no name."""
    with pytest.raises(UsageError, match="names no table"):
        parse_table_name(text)


def test_a_catalog_may_be_named() -> None:
    """A table of another catalog is named by three parts."""
    name = parse_table_name("other.logs.cloudtrail_logs")

    sql = build_sql(read_table(name, describe_table("none")), JOBS)

    assert 'FROM "other"."logs"."cloudtrail_logs"' in sql


def test_a_table_of_something_else_is_refused() -> None:
    """A table without CloudTrail's columns is refused before anything is scanned."""
    with pytest.raises(SourceError, match="no column eventsource"):
        make_sql(describe_table("none", {"id": "string"}))
