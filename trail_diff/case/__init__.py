"""Builds a case from what was gathered."""
