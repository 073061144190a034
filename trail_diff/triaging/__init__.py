"""Many jobs at once: which of them to diagnose, and those with the same cause put together."""
