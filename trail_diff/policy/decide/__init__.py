"""Decisions of the policies that bear on a request."""
