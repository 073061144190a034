"""The elements of a statement, compiled to tests."""
