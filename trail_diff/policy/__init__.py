"""Evaluates IAM and key policies, three-valued: what is not known is never taken for a yes or a no."""
