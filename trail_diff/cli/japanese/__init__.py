"""The command line's help and messages in Japanese; loaded only when Japanese is asked for."""
