"""Whose credentials to use, and how to ask AWS; light, so that the offline path loads nothing of AWS."""

from msgspec import Struct

from trail_diff.aws.engines.choices import AthenaTable, EventDataStore, LogGroups


class AwsOptions(Struct, frozen=True):
    """Profiles and endpoint as the AWS CLI names them (none: its defaults), and how event history is fetched.

    With an `engine`, events come from there; with `is_dry_run`, what it would be asked is shown, and nothing is run.
    """

    profiles: tuple[str, ...] = ()
    endpoint_url: str | None = None
    uses_cache: bool = True
    max_requests: int = 600
    engine: AthenaTable | LogGroups | EventDataStore | None = None
    is_dry_run: bool = False
