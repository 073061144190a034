"""trail-diff: why a KMS-dependent job failed, told from CloudTrail."""

__version__ = "0.1.0"
