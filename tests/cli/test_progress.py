"""The line of progress."""

import threading

from trail_diff.cli.progress import show_progress


def test_no_thread_draws_the_progress() -> None:
    """While progress is shown there is no other thread, so that forked processes find no lock that nobody opens."""
    before = threading.active_count()

    with show_progress() as progress:
        progress.file("trail.json", 1 << 20)
        progress.advance(1 << 19, 100)
        progress.search(0.5, 10.0, 100)

        assert threading.active_count() == before
