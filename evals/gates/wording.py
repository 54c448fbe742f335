"""The sentences of a gate: what was measured, and what follows from it."""

from typing import Final, NamedTuple

from evals.gates.evidence import Evidence
from evals.gates.ruling import Ruling
from evals.stats.interval import Interval
from reports.records.gates import GateState
from reports.wording import change, number

CORRECTED: Final = "That would do, but this gate asks for it behind the detector's errors as well, and there it is not shown"
WORSE: Final = "A result worse than the margin allows"


class Ends(NamedTuple):
    """The limits of the decided quantity as text."""

    worst: str
    best: str
    span: str


def because(evidence: Evidence, interval: Interval, ruling: Ruling) -> str:
    """Return why a gate with an interval has its state, with the numbers that decided."""
    found, demand, ends = _found(evidence, interval), _demand(evidence), _ends(evidence, interval)
    sure = f"with {number(1 - evidence.plan.level, 'rate')} confidence"
    if evidence.plan.kind == "inform":
        return f"{found}. For information: it decides nothing."
    if ruling.state == "pass":
        return f"{found}; {sure} it is at worst {ends.worst}, and {demand}."
    if ruling.state == "fail":
        return f"{found}; {sure} it is at best {ends.best}, while {demand}. {WORSE} is shown: {_tests(ruling)}."
    if evidence.plan.corrected and evidence.is_passed(interval):
        return f"{found}; {sure} it is at worst {ends.worst} as the detector reads it. {CORRECTED}."
    both = f"{found}; it may be anything from {ends.span}, and {demand}."
    return f"{both} {WORSE} is suspected, not shown: {_tests(ruling)}." if evidence.is_harm(interval) else both


def summary(evidence: Evidence, interval: Interval, state: GateState) -> str:
    """Return the gate's title and its decided quantity, as the verdict's sentence names it."""
    title, ends = evidence.plan.title or evidence.plan.name, _ends(evidence, interval)
    bound = {"pass": f"at worst {ends.worst}", "fail": f"at best {ends.best}"}.get(state, ends.span)
    return f"{title} ({_figure(evidence, interval.value)}, {bound})"


def _found(evidence: Evidence, interval: Interval) -> str:
    value, n, unit = _figure(evidence, interval.value), len(evidence.pairs), evidence.metric.unit
    if evidence.quantity == "preference":
        return f"The judge's preference for the candidate is {value} on {n} prompts"
    if evidence.is_alone:
        return f"The candidate is at {value} on {n} prompts"
    before = sum(pair.baseline for pair in evidence.pairs) / n
    after = sum(pair.candidate for pair in evidence.pairs) / n
    return f"{number(before, unit)} → {number(after, unit)} on {n} prompts, a change of {value}"


def _demand(evidence: Evidence) -> str:
    if evidence.allows_nothing:
        return "not one is allowed"
    return f"{'more' if evidence.sign == 1 else 'less'} than {_figure(evidence, evidence.threshold)} is needed"


def _ends(evidence: Evidence, interval: Interval) -> Ends:
    low, high = _figure(evidence, interval.low), _figure(evidence, interval.high)
    worst, best = (low, high) if evidence.sign == 1 else (high, low)
    return Ends(worst, best, f"{low} to {high}")


def _figure(evidence: Evidence, value: float) -> str:
    if evidence.quantity == "preference":
        return number(value, "rate")
    return number(value, evidence.metric.unit) if evidence.is_alone else change(value, evidence.metric.unit)


def _tests(ruling: Ruling) -> str:
    p = "p < 0.001" if ruling.harm_p < 0.001 else f"p = {ruling.harm_p:.3f}"
    return f"{p} after Holm over {ruling.tests} required gates" if ruling.tests > 1 else p
