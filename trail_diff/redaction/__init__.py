"""Consistent pseudonyms in place of names."""
