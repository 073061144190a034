"""Lets `python -m trail_diff` do what `trail-diff` does."""

from trail_diff.cli import main

if __name__ == "__main__":
    main()
