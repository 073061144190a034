"""Who uses a key, and what a policy would change for them."""
