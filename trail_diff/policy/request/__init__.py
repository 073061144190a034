"""What a request is, and what is known of its context."""
