"""With whose credentials and how to ask AWS; light, so that the offline path loads nothing of AWS."""

from msgspec import Struct


class AwsOptions(Struct, frozen=True):
    """Profiles and endpoint as the AWS CLI names them (none: its defaults), and how event history is fetched."""

    profiles: tuple[str, ...] = ()
    endpoint_url: str | None = None
    uses_cache: bool = True
    max_requests: int = 600
