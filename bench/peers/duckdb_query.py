"""DuckDB. Usage: python duckdb_query.py FOLDER [auto]. Prints `[[caller, action, code, calls]]`.

With `auto`, as its documentation reads JSON (`read_json` finds the columns out); else by `read_json_objects`, of nine
ways that were tried the fastest by far.
"""

import json
import sys

import duckdb

OBJECTS = """
SELECT coalesce(r->>'$.userIdentity.sessionContext.sessionIssuer.arn', r->>'$.userIdentity.invokedBy'),
       r->>'eventName', coalesce(r->>'errorCode', ''), count(*)
FROM (SELECT unnest(from_json(json->'Records', '["JSON"]')) AS r
      FROM read_json_objects('{files}', maximum_object_size=268435456))
WHERE r->>'eventSource' = 'kms.amazonaws.com' GROUP BY ALL
"""
AUTO = """
SELECT coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, r.userIdentity.invokedBy),
       r.eventName, coalesce(r.errorCode, ''), count(*)
FROM (SELECT unnest(Records) AS r FROM read_json('{files}', maximum_object_size=268435456))
WHERE r.eventSource = 'kms.amazonaws.com' GROUP BY ALL
"""


def main() -> None:
    """Count the KMS calls in a folder."""
    query = AUTO if sys.argv[2:] == ["auto"] else OBJECTS
    duckdb.execute(query.format(files=f"{sys.argv[1]}/**/*.json.gz"))
    json.dump(duckdb.fetchall(), sys.stdout)


if __name__ == "__main__":
    main()
