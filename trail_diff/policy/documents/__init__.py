"""Policies as documents: found, cleaned, doubted."""
