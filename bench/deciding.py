"""How many distinct requests a second are decided against a policy."""

import time

from msgspec import structs
from recording import Recording

from trail_diff.events.normalize import normalize_record
from trail_diff.model.learnt import Event
from trail_diff.policy import PolicySet, compile_policies, decide
from trail_diff.policy.request.context import build_request


def decisions_per_second() -> float:
    """Decide distinct requests against a policy of ten statements with a condition each, compiled once."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
    ]
    statements += [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:n": str(number)}},
        }
        for number in range(9)
    ]
    compiled = compile_policies(PolicySet.assuming_no_limits({"Statement": statements}, ()))
    made = Recording()
    record = made.kms(
        "2026-03-01T18:00:00Z", "Decrypt", made.key_arn("k"), made.service("backup-storage.amazonaws.com")
    )
    event = normalize_record(record, "")
    if not isinstance(event, Event):
        raise SystemExit("the record is no event")
    base = build_request(event, event.accesses[0])
    requests = [structs.replace(base, context={**base.context, "aws:userid": str(number)}) for number in range(50_000)]
    began = time.perf_counter()
    for request in requests:
        decide(request, compiled)
    return len(requests) / (time.perf_counter() - began)
