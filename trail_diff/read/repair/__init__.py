"""Text that is no JSON as it is: what it may have gone through on its way, and how to undo that."""
