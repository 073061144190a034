"""The only importer of boto3: one set of credentials, calls by name, and every botocore error as one of ours.

Only calls that read are made. An operation is named as boto3 has it (`describe_key`); its IAM action
(`kms:DescribeKey`) is derived from it, so that a missing permission can be named.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from trail_diff.errors import (
    AwsAccessDeniedError,
    AwsConnectionError,
    AwsCredentialsError,
    AwsError,
    AwsNotFoundError,
    AwsThrottledError,
)

_RETRIES = botocore.config.Config(
    retries={"mode": "adaptive", "max_attempts": 8},
    connect_timeout=10,
    read_timeout=60,
    user_agent_extra="trail-diff",
    max_pool_connections=32,
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
_MISSING = frozenset({"NotFoundException", "ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404"})
_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
)


class Aws:
    """One set of credentials, as the AWS CLI would choose it. `region` may be None when the profile names one."""

    def __init__(self, profile: str | None = None, region: str | None = None, endpoint_url: str | None = None) -> None:
        """Begin a session.

        Raises:
            AwsCredentialsError: there is no such profile.
        """
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str | None], Any] = {}
        with translating_errors("the profile", None):
            self._session = boto3.Session(profile_name=profile, region_name=region)
        self.profile = profile
        self.region: str | None = self._session.region_name

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Make one call and give its answer.

        Raises:
            AwsError: the call failed; see errors for the kinds.
        """
        with translating_errors(iam_action(service, operation), region or self.region):
            answer: dict[str, Any] = getattr(self._client(service, region), operation)(**(parameters or {}))
            return answer

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Give every page of an answer, as botocore pages it.

        Raises:
            AwsError: a call failed; the pages before it were given.
        """
        with translating_errors(iam_action(service, operation), region or self.region):
            yield from self._client(service, region).get_paginator(operation).paginate(**(parameters or {}))

    def _client(self, service: str, region: str | None) -> Any:
        place = (service, region or self.region)
        if place not in self._clients:
            self._clients[place] = self._session.client(
                service, region_name=place[1], endpoint_url=self._endpoint_url, config=_RETRIES
            )
        return self._clients[place]


def iam_action(service: str, operation: str) -> str:
    """Give the IAM action of an operation: `kms:DescribeKey` for kms and describe_key."""
    return f"{service}:{''.join(word.capitalize() for word in operation.split('_'))}"


@contextmanager
def translating_errors(action: str, region: str | None) -> Iterator[None]:
    """Turn botocore's errors into ours, each with a hint."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise _translate(error, action, region) from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
        raise AwsCredentialsError(
            "no AWS credentials found", hint="name a profile with --profile, or give an export with --events"
        ) from error
    except botocore.exceptions.ProfileNotFound as error:
        raise AwsCredentialsError(f"{error}", hint="'aws configure list-profiles' lists those there are") from error
    except botocore.exceptions.NoRegionError as error:
        raise AwsCredentialsError("no Region chosen", hint="name it with --region") from error
    except (botocore.exceptions.SSOError, botocore.exceptions.UnauthorizedSSOTokenError) as error:
        raise AwsCredentialsError(f"the SSO session cannot be used: {error}", hint="run 'aws sso login'") from error
    except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError) as error:
        raise AwsConnectionError(
            f"{action} could not be reached in {region or 'the Region'}: {error}",
            hint="check the Region's name and the network",
        ) from error
    except botocore.exceptions.BotoCoreError as error:
        raise AwsError(f"{action} failed: {error}", hint="check the options and the AWS configuration") from error


def _translate(error: botocore.exceptions.ClientError, action: str, region: str | None) -> AwsError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", "")) or code
    place = f" in {region}" if region else ""
    if code in _DENIED:
        return AwsAccessDeniedError(f"{action} was refused{place}: {said}", hint=f"allow {action}", action=action)
    if code in _EXPIRED:
        return AwsCredentialsError("the AWS credentials have expired", hint="log in again, then run the same command")
    if code in _INVALID:
        return AwsCredentialsError(f"the AWS credentials are not valid: {said}", hint="check --profile and --region")
    if code in _MISSING:
        return AwsNotFoundError(f"{action} found nothing{place}: {said}", hint="check the name, --region and --profile")
    if code in _THROTTLED:
        return AwsThrottledError(f"{action} was throttled{place}: {said}", hint="run the same command again later")
    return AwsError(f"{action} failed{place}: {said}", hint="check the options; --region and --profile choose where")
