"""The command line's help and complaints in Japanese; loaded only where Japanese is asked for."""
