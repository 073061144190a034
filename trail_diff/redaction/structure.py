"""The fields that a record's meaning rests on: what they hold passes its own parser as it is, or is replaced whole.

Learnt names never touch them: a role session that is called after the hour it runs for must not change a time.
"""

import re

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_JOB_ID = r"[A-Za-z0-9]{1,12}(?:-[A-Za-z0-9]{1,12}){0,5}"
"""Looser than a UUID, as a job is asked about by its id."""
_TIME = (
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d){0,2}(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
    r"|\d{1,4}[/.]\d{1,2}[/.]\d{1,4},?(?: \d\d?(?::\d\d){1,2}(?:\.\d{1,9})?(?: ?[AP]M)?)?(?: UTC)?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d\d?, \d{4},? [\d:]+(?: [AP]M)?"
    r"(?: \(?(?:UTC|GMT)[\d:+-]*\)?)?"
)
_REGION = r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-isob?|-isoe|-isof)?-[a-z]{4,9}-\d[a-z]?|aws-global"
_WORD = r"[A-Za-z]{2,64}"
_SERVICE = r"(?i:[a-z0-9-]+(?:\.[a-z0-9-]+){0,2}\.amazonaws\.com(?:\.cn)?|aws[.:][a-z0-9.-]{1,40})"
_NAME = r"(?i:[a-z]{3,80})(?:\d{4}_?\d\d_?\d\d(?:v\d)?|[Vv]\d{1,2}|\d)?|REST\.[A-Z_.]{3,60}"
_VERSION = r"[\d.]{1,12}|\d{4}-\d\d-\d\d|\d{4}_\d\d_\d\d"

_GRAMMARS = {
    _TIME: "eventtime timegenerated _time",
    _NAME: "eventname",
    _SERVICE: "eventsource",
    _REGION: "awsregion regionname primaryregion",
    _WORD: "eventtype eventtypename eventcategory",
    _VERSION: "eventversion apiversion",
    _UUID: "eventid requestid sharedeventid sourceeventid awseventid awsrequestid",
    _JOB_ID: "backupjobid copyjobid restorejobid parentjobid recoverypointjobid",
    r"[A-Za-z][A-Za-z.]{2,80}": "errorcode",
}
_PARSERS = {
    field: re.compile(grammar, re.ASCII).fullmatch for grammar, fields in _GRAMMARS.items() for field in fields.split()
}
_ANYWHERE = re.compile(
    rf"{_TIME}|{_REGION}|[Tt]rue|[Ff]alse|null|AWS::\w{{2,40}}(?:::\w{{2,40}}){{0,3}}", re.ASCII
).fullmatch
_ABSENT = frozenset({"", "null", "-"})

ID_FIELDS = frozenset("backupjobid copyjobid restorejobid jobid parentjobid recoverypointjobid".split())  # noqa: SIM905
"""Fields whose ids also stay in running text, as a job is asked about by its id."""

UNLEARNT_MEMBERS = frozenset(
    """
    eventVersion eventTime eventID requestID sharedEventID awsRegion readOnly managementEvent apiVersion eventCategory
    """.split()  # noqa: SIM905
)
"""Members of a record that tell no name, nor any word of AWS that its messages use."""


def is_structural(field: str) -> bool:
    """Check whether a field is one that a record's meaning rests on."""
    return field in _PARSERS


def passes(field: str, text: str) -> bool:
    """Check whether what a structural field holds can be what the field is named."""
    return text in _ABSENT or bool(_PARSERS[field](text))


def is_plain(text: str) -> bool:
    """Check whether a text is a time, a Region, a type of resource or a truth value, in whatever field it stands."""
    return bool(_ANYWHERE(text))
