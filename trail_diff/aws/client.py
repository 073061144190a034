"""The only importer of boto3: one set of credentials, calls by name, and every botocore error as one of ours.

Only calls that read are made. An operation is named as boto3 has it (`describe_key`); its IAM action
(`kms:DescribeKey`) is derived from it, so that a missing permission can be named.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import botocore.parsers

from trail_diff.errors import (
    AwsAccessDeniedError,
    AwsConnectionError,
    AwsCredentialsError,
    AwsError,
    AwsNotFoundError,
    AwsThrottledError,
    UsageError,
)

_ATTEMPTS = 8
_ADDRESS = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
_ANSWERS: tuple[tuple[frozenset[str], type[AwsError], str, str], ...] = (
    (
        frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}),
        AwsCredentialsError,
        "the AWS credentials have expired",
        "log in again, then run the same command",
    ),
    (
        frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"}),
        AwsCredentialsError,
        "the AWS credentials are not valid{place}: {said}",
        "check --profile, and that the Region is enabled for the account",
    ),
    (
        frozenset({"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}),
        AwsCredentialsError,
        "AWS does not accept the signature{place}: {said}",
        "check the secret access key and this machine's clock",
    ),
    (
        frozenset({"NotFoundException", "ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404"}),
        AwsNotFoundError,
        "{action} found nothing{place}: {said}",
        "check the name, --region and --profile",
    ),
    (
        frozenset(
            {
                "Throttling",
                "ThrottlingException",
                "TooManyRequestsException",
                "RequestLimitExceeded",
                "SlowDown",
                "LimitExceededException",
                "MaxConcurrentQueriesException",
            }
        ),
        AwsThrottledError,
        "{action} was throttled{place}: {said}",
        "run the same command again later",
    ),
)
"""What AWS answers: error codes, the kind of error, its message and hint."""
_NAMED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,80})")
"""What a denial says is missing: reading an encrypted object lacks kms:Decrypt, a table's description glue:GetTable."""
_CHUNK_BYTES = 1 << 20
_FIRST_ERROR = 300
_PAGE_START_BYTES = 64
_PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")

_ACTIONS = {
    ("s3", "list_objects_v2"): "s3:ListBucket",
    ("s3", "head_object"): "s3:GetObject",
    ("s3", "head_bucket"): "s3:ListBucket",
}
"""Operations whose IAM action is not their own name."""


class Aws:
    """One set of credentials, as the AWS CLI would choose it: profile, environment, SSO, roles to assume.

    `region` is None when neither the caller nor the profile names one. Calls may come from several threads.
    """

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        *,
        attempts: int = _ATTEMPTS,
    ) -> None:
        """Begin a session. A call is made up to so many times, slower each time AWS says that it is too busy.

        Raises:
            AwsCredentialsError: there is no such profile.
            UsageError: the endpoint is no address.
        """
        self._endpoint_url = endpoint_url
        self._attempts = attempts
        self._config = botocore.config.Config(
            retries={"mode": "adaptive", "max_attempts": attempts},
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="trail-diff",
            max_pool_connections=32,
        )
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()
        if endpoint_url is not None and not _ADDRESS.match(endpoint_url):
            raise UsageError(f"--endpoint-url {endpoint_url} is no address", hint="write it as http://localhost:4566")
        with translating_errors("the profile", None):
            self._session = boto3.Session(profile_name=profile, region_name=region)
        self.profile = profile
        self.region: str | None = self._session.region_name

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Make one call and return its answer.

        Raises:
            AwsError: the call failed; see errors for the kinds.
        """
        with translating_errors(iam_action(service, operation), region or self.region):
            answer: dict[str, Any] = getattr(self._client(service, region), operation)(**(parameters or {}))
            return answer

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield every page of an answer, as botocore pages it.

        Raises:
            AwsError: a call failed; the pages before it were given.
        """
        with translating_errors(iam_action(service, operation), region or self.region):
            yield from self._client(service, region).get_paginator(operation).paginate(**(parameters or {}))

    def chunks(self, bucket: str, key: str, start: int = 0) -> Iterator[bytes]:
        """Yield the content of an object from byte `start` on, as it comes.

        Raises:
            AwsError: the call failed, or the connection was cut (AwsConnectionError); what came before was given.
        """
        place = {"Range": f"bytes={start}-"} if start else {}
        with translating_errors("s3:GetObject", self.region):
            body = self._client("s3", None).get_object(Bucket=bucket, Key=key, **place)["Body"]
            with closing(body):
                yield from body.iter_chunks(_CHUNK_BYTES)

    def account_id(self) -> str:
        """Return the account that the credentials are of; asked once.

        Raises:
            AwsError: the call failed.
        """
        return self._account_id

    def credentials_method(self) -> str:
        """Name the provider that the credentials come from, as botocore names it.

        Raises:
            AwsCredentialsError: there are none, or they cannot be retrieved.
        """
        with translating_errors("the credentials", self.region):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise botocore.exceptions.NoCredentialsError
            return str(credentials.method)

    def offers(self, service: str, operation: str) -> bool:
        """Check whether the installed SDK knows the operation; older ones lack the newest."""
        with translating_errors(iam_action(service, operation), self.region):
            return hasattr(self._client(service, None), operation)

    @cached_property
    def _account_id(self) -> str:
        return str(self.call("sts", "get_caller_identity")["Account"])

    def _client(self, service: str, region: str | None) -> Any:
        place = (service, region or self.region)
        with self._lock:
            if place not in self._clients:
                client = self._session.client(
                    service, region_name=place[1], endpoint_url=self._endpoint_url, config=self._config
                )
                client.meta.events.register_last("needs-retry", self._retry_cut_answer)
                client.meta.events.register("after-call", _refuse_cut_answer)
                client.meta.events.register("before-parse", _refuse_page)
                client.meta.events.register("after-call", _refuse_error_page)
                self._clients[place] = client
            return self._clients[place]

    def _retry_cut_answer(self, response: Any, attempts: int, operation: Any, **_told: Any) -> float | None:
        """Have a call made again whose answer was cut: botocore takes one for whole, and finds nothing in it."""
        is_cut = response is not None and _missing_bytes(response[0], operation) and attempts < self._attempts
        return min(2.0**attempts / 4, 10.0) if is_cut else None


def _refuse_cut_answer(http_response: Any, model: Any, **_told: Any) -> None:
    """Let no answer through that is still cut after every retry."""
    missing = _missing_bytes(http_response, model)
    if missing:
        read = len(http_response.content)
        raise botocore.exceptions.IncompleteReadError(actual_bytes=read, expected_bytes=read + missing)


def _refuse_page(operation_model: Any, response_dict: Mapping[str, Any], **_told: Any) -> None:
    """Let no web page through to the parser, which takes one for an answer in which nothing is, or breaks on it."""
    body = response_dict["body"]
    if response_dict["status_code"] < _FIRST_ERROR and isinstance(body, bytes):
        is_json = operation_model.service_model.resolved_protocol in ("json", "rest-json")
        start = body.lstrip()[:_PAGE_START_BYTES].lower()
        if start.startswith(_PAGE_STARTS) or (is_json and start and not start.startswith((b"{", b"["))):
            raise botocore.parsers.ResponseParserError


def _refuse_error_page(http_response: Any, **_told: Any) -> None:
    """Let no web page pass for an error of AWS, once every retry has ended in one."""
    is_error = http_response.status_code >= _FIRST_ERROR
    if is_error and http_response.content.lstrip()[:_PAGE_START_BYTES].lower().startswith(_PAGE_STARTS):
        raise botocore.parsers.ResponseParserError


def _missing_bytes(http_response: Any, model: Any) -> int:
    """Return how much is missing of an answer; 0 of one that is streamed, as the stream checks itself."""
    if model.has_streaming_output or model.has_event_stream_output or model.http.get("method") == "HEAD":
        return 0
    stated = http_response.headers.get("content-length")
    return int(stated) - len(http_response.content) if stated is not None else 0


def iam_action(service: str, operation: str) -> str:
    """Return the IAM action of an operation: `kms:DescribeKey` for kms and describe_key."""
    own = f"{service}:{''.join(word.capitalize() for word in operation.split('_'))}"
    return _ACTIONS.get((service, operation), own)


def as_document(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as JSON has it: as the AWS CLI prints it, times in UTC, nothing about the HTTP exchange."""
    return {name: _plain(value) for name, value in answer.items() if name != "ResponseMetadata"}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return value


@contextmanager
def translating_errors(action: str, region: str | None) -> Iterator[None]:
    """Turn botocore's errors into ours, each one line and with a hint."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise _translate(error, _action_of(error, action), region) from error
    except botocore.exceptions.BotoCoreError as error:
        raise _translate_local(error, action, region) from error
    except botocore.parsers.ResponseParserError as error:
        where = f" in {region}" if region else ""
        raise AwsConnectionError(
            f"what answered {action}{where} is not AWS",
            hint="check the network: a proxy or a login page may be in between; and --endpoint-url",
        ) from error


def _action_of(error: botocore.exceptions.ClientError, action: str) -> str:
    """Return the action that failed: not the one asked for when assuming a role or refreshing a login failed before it.

    A ClientError names its operation; those of the credential chain are all of STS or SSO.
    """
    named = str(error.operation_name)
    if named in {"AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken"}:
        return f"sts:{named}"
    return f"sso:{named}" if named in {"GetRoleCredentials", "CreateToken"} else action


def _translate_local(error: botocore.exceptions.BotoCoreError, action: str, region: str | None) -> AwsError:
    """Translate what botocore itself finds wrong: credentials, configuration, the network."""
    kind: type[AwsError] = AwsCredentialsError
    said = " ".join(str(error).split())
    match error:
        case botocore.exceptions.NoCredentialsError() | botocore.exceptions.PartialCredentialsError():
            said, hint = "no AWS credentials found", "name a profile with --profile, or give an export with --events"
        case botocore.exceptions.ProfileNotFound():
            hint = "'aws configure list-profiles' lists those there are"
        case botocore.exceptions.NoRegionError():
            said, hint = "no Region chosen", "name it with --region"
        case botocore.exceptions.SSOError() | botocore.exceptions.TokenRetrievalError():
            said, hint = f"the SSO session cannot be used: {said}", "run 'aws sso login'"
        case botocore.exceptions.CredentialRetrievalError() | botocore.exceptions.MetadataRetrievalError():
            said, hint = f"no credentials could be had: {said}", "check the profile's configuration"
        case (
            botocore.exceptions.HTTPClientError()
            | botocore.exceptions.ConnectionError()
            | botocore.exceptions.IncompleteReadError()
        ):
            kind, said = AwsConnectionError, f"{action} could not be reached in {region or 'the Region'}: {said}"
            hint = "check the Region's name and the network, then run the same command again"
        case _:
            kind, said = AwsError, f"{action} failed: {said}"
            hint = "check the options and the AWS configuration"
    return kind(said, hint=hint)


def _translate(error: botocore.exceptions.ClientError, action: str, region: str | None) -> AwsError:
    """Translate what AWS answered; `AccessDenied` and its kin are in no service's model, so codes are compared."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = " ".join(str(error.response.get("Error", {}).get("Message", "")).split()) or code
    place = f" in {region}" if region else ""
    if code in _DENIED:
        named = _NAMED_ACTION.search(said)
        action = named[1] if named else action
        return AwsAccessDeniedError(f"{action} was refused{place}: {said}", hint=f"allow {action}", action=action)
    for codes, kind, message, hint in _ANSWERS:
        if code in codes:
            return kind(message.format(action=action, place=place, said=said), hint=hint)
    return AwsError(
        f"{action} failed{place}: {said}", hint="check the options; --region and --profile choose where", code=code
    )
