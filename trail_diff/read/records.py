"""A record as far as it is looked at before it is decoded in full: what decides, and what `normalize` reads."""

import re
from typing import Annotated, Any, Literal

import msgspec

PEEK_FIELDS = {
    "event_source": "eventSource",
    "event_name": "eventName",
    "event_time": "eventTime",
    "event_id": "eventID",
    "event_type": "eventType",
    "aws_region": "awsRegion",
    "recipient_account_id": "recipientAccountId",
    "read_only": "readOnly",
    "error_code": "errorCode",
    "error_message": "errorMessage",
}


def is_source(text: str) -> bool:
    """Check whether text can be an `eventSource`: a link that a chat made of it, or a space behind it, cannot."""
    return _SOURCE.fullmatch(text) is not None


def is_plain(source: str) -> bool:
    """Check whether an `eventSource` is in lower case, as AWS writes it; what passes on events may not keep that."""
    return source == source.lower()


class Peek(msgspec.Struct, frozen=True, rename=PEEK_FIELDS):
    """The few fields that decide whether a record matters; any JSON type may stand in each."""

    event_source: Any = None
    event_name: Any = None
    event_time: Any = None
    event_id: Any = None
    event_type: Any = None
    aws_region: Any = None
    recipient_account_id: Any = None
    read_only: Any = None
    error_code: Any = None
    error_message: Any = None


PlainType = Literal["AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn", "AwsVpceEvent"]
"""Every `eventType` of records; Insight events have another one and are told apart from them."""

_SOURCE = re.compile(r"(?!(?:aws\.)?kms(?!\.amazonaws\.com\Z)(?![\w-]))[\w.:-]{1,256}", re.ASCII | re.IGNORECASE)
"""KMS by another name (`kms`, as a query cuts it short) is none: the calls of such a record would count for no key."""

NULL = msgspec.Raw(b"null")
"""What stands for a field that a record lacks; always this very object."""
_QUOTE = ord('"')


class SlimRecord(
    msgspec.Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    rename={
        **PEEK_FIELDS,
        "user_identity": "userIdentity",
        "source_ip_address": "sourceIPAddress",
        "request_parameters": "requestParameters",
        "response_elements": "responseElements",
        "additional_event_data": "additionalEventData",
        "shared_event_id": "sharedEventID",
        "service_event_details": "serviceEventDetails",
        "vpc_endpoint_id": "vpcEndpointId",
        "event_context": "eventContext",
    },
):
    """A record as far as `normalize` reads it: what decides is checked, the rest stays JSON until it is asked for.

    A record that does not fit (another type, no id, no time) is no SlimRecord and is read in full; so is one without a
    `userIdentity`, which may be a wrapper around one. Fields are in the order of records, in which they are found the
    quickest.
    """

    user_identity: msgspec.Raw
    event_time: str
    event_source: str
    event_name: str
    aws_region: str | None = None
    source_ip_address: msgspec.Raw = NULL
    error_code: msgspec.Raw = NULL
    error_message: msgspec.Raw = NULL
    request_parameters: msgspec.Raw = NULL
    response_elements: msgspec.Raw = NULL
    additional_event_data: msgspec.Raw = NULL
    event_id: Annotated[str, msgspec.Meta(min_length=1)]
    read_only: bool | None = None
    resources: msgspec.Raw = NULL
    event_type: PlainType | None = None
    recipient_account_id: str | None = None
    shared_event_id: msgspec.Raw = NULL
    service_event_details: msgspec.Raw = NULL
    vpc_endpoint_id: msgspec.Raw = NULL
    event_context: msgspec.Raw = NULL

    def is_structured(self) -> bool:
        """Check whether no part that should be an object is text, as in rows of a table that pass for records."""
        parts = (
            self.user_identity,
            self.request_parameters,
            self.response_elements,
            self.resources,
            self.additional_event_data,
            self.service_event_details,
            self.event_context,
        )
        return _QUOTE not in [memoryview(part)[0] for part in parts if part is not NULL]
