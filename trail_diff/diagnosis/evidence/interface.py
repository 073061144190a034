"""What a rule of evidence is given and what it gives back: read this before writing one.

A rule looks at one hypothesis at a time, with the whole case beside it, and says whether the facts it knows of prove,
support, put in doubt or refute it; None where it has nothing to say. Its docstring names its source and how it can
fail. A rule never looks at what other rules say: `weighing` does.
"""

from collections.abc import Callable

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.report import Judgement

Rule = Callable[[Examined, Hypothesis], Judgement | None]
