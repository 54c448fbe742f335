"""The state of every gate, the harms of all required gates taken together."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.gates.detector import is_passed_corrected
from evals.gates.evidence import Evidence
from evals.gates.reading import Reading
from evals.stats.multiple import holm
from reports.records.gates import GateState

SMALLEST_P: Final = 1e-6
HALVINGS: Final = 16


class Ruling(NamedTuple):
    """What became of a gate."""

    state: GateState
    harm_p: float
    """The harm test's p-value; of a required gate, adjusted for all harm tests of required gates."""
    tests: int
    """How many harm tests it was adjusted for."""


def rule(readings: Sequence[Reading]) -> list[Ruling]:
    """Return the state of every gate.

    Passing needs no correction: all required gates must pass, so each may use its full level (intersection-union test, Berger,
    Technometrics 24, 1982). Failing does: any single harm blocks, so harms are held to Holm's adjusted p-values.
    """
    p_values = [harm_p_value(reading) for reading in readings]
    blocking = [i for i, reading in enumerate(readings) if reading.interval and reading.plan.required and _decides(reading)]
    adjusted = dict(zip(blocking, holm([p_values[i] for i in blocking]), strict=True)) if blocking else {}
    return [
        _rule(reading, adjusted.get(i, p_values[i]), len(blocking) if i in adjusted else 1) for i, reading in enumerate(readings)
    ]


def harm_p_value(reading: Reading) -> float:
    """Return the smallest error level at which the interval lies wholly on the wrong side of the margin.

    1 where there is no harm at the gate's own level: only values up to there matter. Found by halving, to one part in a thousand.
    """
    evidence, interval = reading.evidence, reading.interval
    if evidence is None or interval is None or not _decides(reading) or not evidence.is_harm(interval):
        return 1.0
    shown, hidden = math.log(reading.plan.level), math.log(SMALLEST_P)
    if evidence.is_harm(evidence.interval(SMALLEST_P)):
        return SMALLEST_P
    for _ in range(HALVINGS):
        middle = (shown + hidden) / 2
        shown, hidden = (middle, hidden) if evidence.is_harm(evidence.interval(math.exp(middle))) else (shown, middle)
    return math.exp(shown)


def _rule(reading: Reading, harm_p: float, tests: int) -> Ruling:
    evidence, interval = reading.evidence, reading.interval
    if evidence is None or interval is None:
        return Ruling(reading.state, harm_p, tests)
    if not _decides(reading) or (evidence.is_passed(interval) and not _needs_correction(reading, evidence)):
        return Ruling("pass", harm_p, tests)
    return Ruling("fail" if harm_p <= reading.plan.level else "unresolved", harm_p, tests)


def _needs_correction(reading: Reading, evidence: Evidence) -> bool:
    """Say whether the gate asks for a pass behind the detector's errors, and there is none."""
    return reading.plan.corrected and not is_passed_corrected(evidence)


def _decides(reading: Reading) -> bool:
    return reading.plan.kind != "inform"
