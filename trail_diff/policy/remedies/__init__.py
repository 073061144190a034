"""Changes of a policy that would help, and those that only seem to."""
