"""What one writes first: gzip and json from the standard library. Prints `[[caller, action, code, calls]]`."""

import gzip
import json
import sys
from collections import Counter
from pathlib import Path


def main() -> None:
    """Count the KMS calls in a folder."""
    calls: Counter[tuple[str, str, str]] = Counter()
    for file in sorted(Path(sys.argv[1]).rglob("*.gz")):
        with gzip.open(file) as opened:
            records = json.load(opened)["Records"]
        for record in records:
            if record["eventSource"] == "kms.amazonaws.com":
                identity = record["userIdentity"]
                issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
                who = issuer.get("arn") or identity["invokedBy"]
                calls[who, record["eventName"], record.get("errorCode") or ""] += 1
    json.dump([[*call, count] for call, count in calls.items()], sys.stdout)


if __name__ == "__main__":
    main()
