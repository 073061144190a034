"""Which fields hold names and which hold words of AWS. Redaction is closed by default: what neither lists is a name."""

import re
from functools import lru_cache

from trail_diff.read.forms.spelling import SPELLING
from trail_diff.read.stream import SPLIT_NAMES

NAME_FIELDS = frozenset(
    """
    accesskeyid accountid aliasname backupplanname backuprulename backupvaultname bucketname dbclusteridentifier
    dbinstanceidentifier destinationbackupvaultname destinationkeyid displayname filesystemid functionname
    granteeprincipal groupname instanceid instanceprofilename issuingaccount keyid loggroupname
    logicallyairgappedbackupvaultname mfaserialnumber owner ownerid policyname principalid
    recipientaccountid resourcename retiringprincipal rolename rolesessionname secretid secretname
    sessionname snapshotid sourceaccount sourcebackupvaultname sourceidentity sourcekeyid
    sourceregiontablename subscriberid tablename targetkeyid tagkey tagvalue trailname username account
    volumeid vpcendpointaccountid vpcendpointid credentialid userid logstream credentialsissuedto awsaccountid
    awsaccesskey
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Fields whose values are learnt as names, and replaced in running text as well; in lower case, words run together."""

ACCOUNT_FIELDS = frozenset("accountid account recipientaccountid awsaccountid owner ownerid sourceaccount".split())  # noqa: SIM905

_CONTEXT_FIELD = re.compile(r"\A(?:\w*encryptioncontext(?:subset|equals)?|\w*tags|tagset|constraints)\Z")
_CONTEXT_KEYS_OF_AWS = re.compile(r"\A(?:aws[:-]|(?:SecretARN|SecretVersionId|PARAMETER_ARN)\Z)", re.IGNORECASE)
_TAG_FIELDS = frozenset({"key", "value", "tagkey", "tagvalue", "field", "name", *SPELLING})
_CONSTRAINTS = frozenset({"encryptioncontextsubset", "encryptioncontextequals"})

_OPEN_FIELDS = frozenset(
    """
    action actions addendum alias apiversion authenticationmethod awsregion backupjobid backuptype
    bypasspolicylockoutsafetycheck childjobsinstate ciphersuite code copyjobid customermasterkeyspec detail-type effect
    encryptionalgorithm encryptionalgorithms equals errorcode errormessage eventcategory eventid eventname eventsource
    eventtime eventtype eventtypename eventversion expirationmodel field grantid includemanagementevents invokedby
    invokingservice jobid keymanager keyorigin keyspec keystate keyusage macalgorithms managementevent message
    messagecategory messagetype mfaauthenticated multiregionkeytype notaction notequals notstartswith operation
    operations origin parentjobid presence product readonly readwritetype region replicaregion requestid resourcetype
    restorejobid rotationtype schema sharedeventid sid signingalgorithm signingalgorithms source sourceipaddress
    startswith state statereason status statusmessage tlsversion type version service categories category log msg
    subjecttype sourceeventid eventday year month day hour providertype platform language logstatus errors
    awseventid timegenerated detailtype conditionoperator unit regionname primaryregion
    """.split()  # noqa: SIM905
)
"""Fields of AWS's own words, ids and running text: in these only what is known or looks like a name is replaced."""
_WRAPPERS = SPLIT_NAMES | frozenset(
    """
    CloudTrailEvent Messages Body body Sns Message kinesis data awslogs detail hits results ResultSet Rows Data
    VarCharValue QueryResultRows NextToken nextToken _source _raw @message event original fields searchedLogStreams
    CreationDate CompletionDate State Status StatusMessage IamRoleArn ResourceArn ResourceType BackupVaultArn
    RecoveryPointArn Policy KeyMetadata Grants Statement Condition Principal Resource
    """.split()  # noqa: SIM905
)
TEXT_FIELDS = frozenset(
    {"errormessage", "statusmessage", "message", "log", "msg", "statereason", "payload", "rawevent", "rawlog"}
)

_OPEN_CONDITIONS = re.compile(
    r"\A(?:kms:(?:viaservice|grantoperations|grantisforawsresource|grantconstrainttype|keyspec|keyusage|keyorigin|\w*"
    r"algorithm|multiregion\w*|primaryregion|replicaregion|expirationmodel|messagetype|rotationperiodindays|validto)"
    r"|aws:(?:calledvia\w*|viaawsservice|principalisawsservice|principalservicename\w*|principaltype|requestedregion"
    r"|securetransport|currenttime|epochtime|tokenissuetime|multifactorauth\w*))\Z",
    re.IGNORECASE,
)
_NAMED_CONDITION = re.compile(
    r"\A(kms:EncryptionContext:|aws:(?:Principal|Request|Resource)Tag/|kms:RequestTag/)(.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
ADDRESS_CONDITIONS = frozenset({"aws:sourceip", "aws:vpcsourceip"})

_ENDPOINTS = ("amazonaws.com", "amazonaws.com.cn")
_SERVICE = re.compile(r"\A[a-z0-9-]+(?:\.[a-z0-9-]+){0,2}\.amazonaws\.com(?:\.cn)?\Z")
_REGION = r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-isob?|-isoe|-isof)?-[a-z]{4,9}-\d"
_OWN_HOST = re.compile(
    rf"\A((?!s3[.-])[\w.-]+?)(\.[a-z0-9-]+\.{_REGION}(?:\.vpce)?\.amazonaws\.com(?:\.cn)?)\Z", re.IGNORECASE | re.ASCII
)
"""An endpoint of the customer's own: a name, then the service, then the Region."""
_BUCKET_HOST = re.compile(r"\A(.+?)(\.s3[.-][a-z0-9.-]{0,100}amazonaws\.com(?:\.cn)?)\Z")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_PLAIN = re.compile(
    r"\A(?:-?\d{1,11}(?:\.\d+)?|\d{13,20}|\d{4}-\d\d-\d\d(?:[T ][\d:.,+ZUTC -]*)?"
    rf"|{_MONTH} \d\d?, \d{{4}}, [\d:]+(?: [AP]M)?(?: \(?(?:UTC|GMT)[\d:+-]*\)?)?|[Tt]rue|[Ff]alse|null|-|"
    r"AWS::\w+(?:::\w+)*|(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-isob?|-isoe|-isof)?-(?:[a-z]{4,9})-\d[a-z]?)\Z"
)
_AGENT_OF_AWS = re.compile(
    r"(?:aws-cli|aws-sdk-[a-z0-9-]+|Boto3|Botocore|AWS|Internal|Coral|Netty\d*|md|ua|os|lang|cfg|exec-env|api|console"
    r"|S3Console|python|linux|macos|windows|[a-z0-9-]+(?:\.[a-z0-9-]+)?\.amazonaws\.com|[\d.]+)\Z"
)
_AGENT_WORD = re.compile(r"(?:[^\W_]|[-_.@])+")

VOCABULARY = frozenset(
    """
    aws amazon backup kms dynamodb s3 ec2 ebs rds efs fsx key keys vault role user root policy account
    table bucket volume snapshot default service-role admin administrator test decrypt encrypt
    generatedatakey reencrypt creategrant awsapicall awsserviceevent assumedrole iamuser awsservice
    failed completed aborted running created expired partial allow deny statement action resource
    principal condition true false null name type resources region arn iam
    root federateduser awsaccount samluser webidentityuser identitycenteruser directory
    sts job restore copy console signin internal management data event events records error
    and any are arn because boundary but cannot denied deletion disabled does either exist explicit
    access allows authorized based endpoint for from has identity identity-based invalid its not pending perform
    permissions resource-based service control session that the this was with within
    """.split()  # noqa: SIM905
)
"""Words of AWS and of its messages; a name that is one of them stays in running text."""


@lru_cache(maxsize=10_000)
def plain(name: str) -> str:
    """Return a field's name, or the last step of a column's path, in lower case and as one word."""
    lower = name.strip().strip('"').lower()
    steps = re.split(r"[._]", lower)
    if any(is_context(step) for step in steps[:-1]):
        return "encryptioncontext"
    return lower if lower in ("detail-type",) else steps[-1].replace(" ", "").replace("-", "")


@lru_cache(maxsize=10_000)
def is_field(name: str) -> bool:
    """Check whether a name is that of a field, of AWS's or of what wraps its records, and so never a customer's."""
    field = plain(name)
    return field in NAME_FIELDS or field in _OPEN_FIELDS or name.lower() in SPELLING or name in _WRAPPERS


@lru_cache(maxsize=10_000)
def is_context(field: str) -> bool:
    """Check whether a field holds a map whose keys and values are the customer's own."""
    return bool(_CONTEXT_FIELD.match(field))


@lru_cache(maxsize=10_000)
def is_key_of_aws(key: str, field: str) -> bool:
    """Check whether a key of such a map is one that AWS sets, or the shape of a list of tags."""
    is_shape = key.lower() in (_CONSTRAINTS if field == "constraints" else _TAG_FIELDS if "tag" in field else ())
    return is_shape or bool(_CONTEXT_KEYS_OF_AWS.match(key))


def is_open(field: str, text: str) -> bool:
    """Check whether a value is one of AWS's words, a number, a time, or running text."""
    return field in _OPEN_FIELDS or bool(_PLAIN.match(text)) or is_column(text) or is_service(text)


def is_column(text: str) -> bool:
    """Check whether a text is a field of CloudTrail's, or the column of one."""
    return all(step in SPELLING for step in text.lower().replace("_", ".").split("."))


def is_service(text: str) -> bool:
    """Check whether a text is a service principal or endpoint, with no name of the customer's before it."""
    return text.endswith(_ENDPOINTS) and bool(_SERVICE.match(text)) and split_host(text) is None


def split_host(text: str) -> tuple[str, str] | None:
    """Return the name and the rest of an endpoint that begins with one: of a bucket, or of the customer's own."""
    found = (_BUCKET_HOST.match(text) or _OWN_HOST.match(text)) if text.endswith(_ENDPOINTS) else None
    return (found[1], found[2]) if found else None


def split_condition(key: str) -> tuple[str, str] | None:
    """Return AWS's part and the customer's part of a condition key that ends in one."""
    found = _NAMED_CONDITION.match(key)
    return (found[1], found[2]) if found else None


def is_open_condition(key: str) -> bool:
    """Check whether the values of a condition key are AWS's words."""
    return bool(_OPEN_CONDITIONS.match(key))


def agent_words(text: str) -> list[tuple[str, bool]]:
    """Split a user agent, and say of each part whether it has to be replaced."""
    parts, at = [], 0
    for found in _AGENT_WORD.finditer(text):
        parts += [(text[at : found.start()], False), (found[0], not _AGENT_OF_AWS.match(found[0]))]
        at = found.end()
    return [*parts, (text[at:], False)]
