"""Incidents whose evidence does not cover the question."""

from scenes.stage import SECOND, Incident, Scene


def no_baseline(scene: Scene) -> None:
    """No job ever succeeded."""
    scene.baseline = False
    scene.role(SECOND, "DescribeKey")


CASES: dict[str, Incident] = {
    "no-baseline": Incident(no_baseline, "inconclusive", warning="no-baseline"),
}
