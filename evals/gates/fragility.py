"""How many relabelled prompts would turn a gate."""

from evals.gates.detector import shrunk
from evals.gates.evidence import Evidence, Pair
from evals.stats.interval import NotEnoughError
from reports.records.gates import GateState


def fragility(evidence: Evidence, state: GateState) -> str:
    """Return how many prompts, relabelled in the worst way for a pass and the best way otherwise, would turn the gate.

    Rates: the candidate's label on a prompt is turned over; win rates: the judge's preference is; other values: the prompt is
    left out. The fewest are found by relabelling the most telling prompts first.
    """
    if evidence.plan.corrected and state != "fail":
        evidence = shrunk(evidence) or evidence
    order = _most_telling(evidence, harming=state == "pass")
    fewest = _fewest(evidence, state, order)
    does = {"pass": "undo the pass", "fail": "undo the failure"}.get(state, "make it pass")
    how = "left out" if _leaves_out(evidence) else "relabelled"
    total = len(evidence.pairs)
    if fewest is None:
        return f"No choice of prompts {how}{', up to half of them,' if _leaves_out(evidence) else ''} would {does}."
    return f"{fewest} of {total} prompts {how} would {does}."


def _fewest(evidence: Evidence, state: GateState, order: list[int]) -> int | None:
    def turns(count: int) -> bool:
        try:
            interval = evidence.interval(evidence.plan.level, _relabelled(evidence, order[:count]))
        except NotEnoughError:
            return False
        if state == "fail":
            return not evidence.is_harm(interval)
        return evidence.is_passed(interval) == (state != "pass")

    low, high = 0, len(order)
    if not high or not turns(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if turns(middle) else (middle, high)
    return high


def _most_telling(evidence: Evidence, harming: bool) -> list[int]:
    """Return the positions that may be relabelled, those that move the result furthest first; of left out prompts, half."""
    towards, values = -evidence.sign if harming else evidence.sign, evidence.values()
    if _leaves_out(evidence):
        return sorted(range(len(values)), key=lambda i: towards * values[i])[: len(values) // 2]
    able = [i for i, pair in enumerate(evidence.pairs) if towards * (1 - 2 * pair.candidate) > 0]
    if harming and evidence.quantity == "paired rates":
        return sorted(able, key=lambda i: abs(values[i]))
    return sorted(able, key=lambda i: towards * values[i])


def _relabelled(evidence: Evidence, positions: list[int]) -> list[Pair]:
    chosen = set(positions)
    if _leaves_out(evidence):
        return [pair for i, pair in enumerate(evidence.pairs) if i not in chosen]
    return [pair._replace(candidate=1 - pair.candidate) if i in chosen else pair for i, pair in enumerate(evidence.pairs)]


def _leaves_out(evidence: Evidence) -> bool:
    return evidence.quantity in ("paired means", "mean")
