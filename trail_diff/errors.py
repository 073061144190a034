"""The errors a user can mend. Anything else that goes wrong is a bug and keeps its traceback.

TrailDiffError              a message and a hint; the command line prints both and exits 2
├── SourceError             an input could not be opened, or holds nothing that can be used
├── JobNotFoundError        no descriptor of the job in the inputs
├── AmbiguousJobError       the id fits jobs of several accounts or Regions
├── FactError               --key-policy, --key-state, --grants or --job holds something else
├── PolicyError             a policy document is malformed, with the place
└── UsageError              options that contradict each other
"""


class TrailDiffError(Exception):
    """Carry what went wrong (`message`) and what to do about it (`hint`), each one line."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SourceError(TrailDiffError):
    """An input could not be opened, or holds nothing that can be used."""


class JobNotFoundError(TrailDiffError):
    """No descriptor of the job that was asked about was found."""


class AmbiguousJobError(TrailDiffError):
    """The id fits jobs of several accounts or Regions."""


class FactError(TrailDiffError):
    """A file given as a fact (job, key policy, key state, grants) holds something else."""


class PolicyError(TrailDiffError):
    """A policy document is malformed; the message names the place."""


class UsageError(TrailDiffError):
    """Options that contradict each other or cannot be read."""
