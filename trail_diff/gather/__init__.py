"""A large or small input read once or twice: what is kept and what is counted, and what a case rests on."""
