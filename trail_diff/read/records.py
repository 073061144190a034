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
UNREAD = {
    "event_version": "eventVersion",
    "user_agent": "userAgent",
    "request_id": "requestID",
    "api_version": "apiVersion",
    "management_event": "managementEvent",
    "vpc_endpoint_account_id": "vpcEndpointAccountId",
    "event_category": "eventCategory",
    "addendum": "addendum",
    "edge_device_details": "edgeDeviceDetails",
    "credential_from_console": "sessionCredentialFromConsole",
    "tls_details": "tlsDetails",
}
"""Fields that nobody reads. They are known so that a SlimRecord can be written as long as it was."""
_QUOTE = ord('"')


class SlimRecord(
    msgspec.Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    rename={
        **PEEK_FIELDS,
        **UNREAD,
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
    """A record by its fields: what decides is checked, the rest stays JSON until `normalize` reads it, or for good.

    A record that does not fit (another type, no id, no time) is no SlimRecord and is read in full; so is one without a
    `userIdentity`, which may be a wrapper around one. Fields are in the order of records, in which they are found the
    quickest.
    """

    event_version: msgspec.Raw = NULL
    user_identity: msgspec.Raw
    event_time: str
    event_source: str
    event_name: str
    aws_region: str | None = None
    source_ip_address: msgspec.Raw = NULL
    user_agent: msgspec.Raw = NULL
    error_code: msgspec.Raw = NULL
    error_message: msgspec.Raw = NULL
    request_parameters: msgspec.Raw = NULL
    response_elements: msgspec.Raw = NULL
    additional_event_data: msgspec.Raw = NULL
    request_id: msgspec.Raw = NULL
    event_id: Annotated[str, msgspec.Meta(min_length=1)]
    read_only: bool | None = None
    resources: msgspec.Raw = NULL
    event_type: PlainType | None = None
    api_version: msgspec.Raw = NULL
    management_event: msgspec.Raw = NULL
    recipient_account_id: str | None = None
    shared_event_id: msgspec.Raw = NULL
    service_event_details: msgspec.Raw = NULL
    vpc_endpoint_id: msgspec.Raw = NULL
    vpc_endpoint_account_id: msgspec.Raw = NULL
    event_category: msgspec.Raw = NULL
    event_context: msgspec.Raw = NULL
    addendum: msgspec.Raw = NULL
    edge_device_details: msgspec.Raw = NULL
    credential_from_console: msgspec.Raw = NULL
    tls_details: msgspec.Raw = NULL

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


READ_FIELDS = {
    name: member
    for name, member in zip(SlimRecord.__struct_fields__, SlimRecord.__struct_encode_fields__, strict=True)
    if name not in UNREAD
}
"""The fields that `normalize` reads, and as what a record has them."""
