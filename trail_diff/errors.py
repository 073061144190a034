"""The errors a user can fix. Anything else that goes wrong is a bug and keeps its traceback.

TrailDiffError              a message and a hint; the command line prints both and exits 2
├── SourceError             an input could not be opened, or holds nothing that can be used
├── JobNotFoundError        no descriptor of the job in the inputs
├── AmbiguousJobError       the id fits jobs of several accounts or Regions
├── FactError               --key-policy, --key-state, --grants or --job holds something else
├── CaseFileError           a case bundle cannot be written, or cannot be read back
├── PolicyError             a policy document is malformed, with the place
├── UsageError              options that contradict each other
└── AwsError                a call to AWS failed
    ├── AwsAccessDeniedError    a permission is missing; it is named
    ├── AwsConnectionError      AWS could not be reached
    ├── AwsCredentialsError     no credentials, expired ones, or wrong ones
    ├── AwsNotFoundError        what was asked for is not there
    └── AwsThrottledError       too many requests, after every retry
"""

from collections.abc import Callable
from functools import partial


class DryRun(Exception):  # noqa: N818 - no error: it ends a run in which nothing was to be asked
    """Carry what would have been asked of an engine."""

    def __init__(self, statement: str) -> None:
        super().__init__(statement)
        self.statement = statement


class TrailDiffError(Exception):
    """Carry what went wrong (`message`) and what to do about it (`hint`), each one line."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message, as it is now: what is called from Python names its arguments in it."""
        return self.message

    def __reduce__(self) -> tuple[Callable[..., "TrailDiffError"], tuple[()]]:
        """Let other processes raise it as well."""
        return partial(type(self), self.message, hint=self.hint), ()


class SourceError(TrailDiffError):
    """An input could not be opened, or holds nothing that can be used."""


class JobNotFoundError(TrailDiffError):
    """No descriptor of a job was found; `job_id` is the one that was looked for."""

    def __init__(self, message: str, *, hint: str, job_id: str = "") -> None:
        super().__init__(message, hint=hint)
        self.job_id = job_id


class AmbiguousJobError(TrailDiffError):
    """The id fits jobs of several accounts or Regions."""


class FactError(TrailDiffError):
    """A file given as a fact (job, key policy, key state, grants) holds something else."""


class CaseFileError(TrailDiffError):
    """A case bundle cannot be written, or cannot be read back."""


class PolicyError(TrailDiffError):
    """A policy document is malformed; the message names the place."""


class UsageError(TrailDiffError):
    """Options that contradict each other or cannot be read."""


class AwsError(TrailDiffError):
    """A call to AWS failed; `code` is AWS's own word for it, empty where the kind of error says all."""

    def __init__(self, message: str, *, hint: str, code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class AwsAccessDeniedError(AwsError):
    """A permission is missing; `action` is its IAM action."""

    def __init__(self, message: str, *, hint: str, action: str) -> None:
        super().__init__(message, hint=hint)
        self.action = action


class AwsConnectionError(AwsError):
    """AWS could not be reached."""


class AwsCredentialsError(AwsError):
    """There are no credentials, or they have expired or are wrong."""


class AwsNotFoundError(AwsError):
    """What was asked for is not there."""


class AwsThrottledError(AwsError):
    """There were too many requests, after every retry."""
