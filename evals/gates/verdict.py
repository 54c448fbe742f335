"""The verdict of all gates, why, what to do next, and what nobody looked at."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.gates.tasks import CAPABILITY, is_capability
from reports.records.gates import GateResult, Verdict

SEEDS: Final = "seed_spread"
MOST_PHRASES: Final = 4
"""Gates whose numbers still fit into one sentence."""
UNTESTED: Final = {
    "win_rate": "Preference: whether the candidate's answers are better than the baseline's",
    "refusal": "Refusal of harmful requests",
    "over_refusal": "Refusal of harmless requests that look harmful",
    "toxicity": "Toxic answers",
    "perplexity_general": "Loss outside the target domain",
    "jailbreak": "Jailbreaks: harmful requests under attack prompts",
    "leaks": "Leaks of personal data and canaries of the training data",
    "personal_data_types": "Personal data in answers",
    "capability": "Capability on standard tasks",
    "win_rate_people": "Review of answers by people",
    SEEDS: "Other training seeds: this is one checkpoint, not the recipe",
}
"""What a rollout asks about, by the metric that would answer."""

MOST_CHANGES: Final = 3


class Decision(NamedTuple):
    """The verdict with its sentences."""

    verdict: Verdict
    because: str
    next_step: str


def decide_verdict(
    results: Sequence[GateResult], summaries: Sequence[str], signoffs: Sequence[str] = (), changed: Sequence[str] = ()
) -> Decision:
    """Return go, no-go or inconclusive: go only if every required gate passes, no-go as soon as one shows harm.

    Args:
        results: the gates.
        summaries: one phrase with numbers for each.
        signoffs: roles that must sign before a rollout.
        changed: what was changed in the gates after the measurement; the verdict says so, for it may have been chosen to fit.
    """
    found = _decide(results, summaries, signoffs)
    return found._replace(because=f"{found.because} {told_change(changed)}") if changed else found


def told_change(changed: Sequence[str]) -> str:
    """Return the sentence about gates that were not fixed beforehand."""
    more = f"; and {len(changed) - MOST_CHANGES} more" if len(changed) > MOST_CHANGES else ""
    return f"The gates were changed after the measurement: {'; '.join(changed[:MOST_CHANGES])}{more}."


def _decide(results: Sequence[GateResult], summaries: Sequence[str], signoffs: Sequence[str]) -> Decision:
    required = [(result, phrase) for result, phrase in zip(results, summaries, strict=True) if result.required]
    failed = [item for item in required if item[0].state == "fail"]
    open_ = [item for item in required if item[0].state in ("unresolved", "broken")]
    if failed:
        return _no_go(failed)
    if open_ or not required:
        return _inconclusive(open_)
    return Decision(
        "go",
        f"{_all(len(required))}: {_passed(required)}.",
        f"Have people read the deciding answers and sign{f' ({_list(signoffs)})' if signoffs else ''}, "
        "then roll out in steps and keep watching the same metrics.",
    )


def not_tested(results: Sequence[GateResult], has_seeds: bool = False) -> tuple[str, ...]:
    """Return what a rollout asks about and no gate that decides has looked at; seeds of one group are decided side by side."""
    tested = {SEEDS} if has_seeds else set()
    tested |= {result.metric for result in results if result.kind != "inform" and result.state != "broken"}
    tested |= {CAPABILITY for metric in tested if is_capability(metric)}
    return tuple(text for metric, text in UNTESTED.items() if metric not in tested)


def _no_go(failed: Sequence[tuple[GateResult, str]]) -> Decision:
    titles = _list([result.title for result, _ in failed])
    return Decision(
        "no-go",
        f"Shown to be worse than the margin allows: {_list([phrase for _, phrase in failed])}.",
        f"Do not ship this candidate. Read the deciding answers of {titles}, mend the data or train less, and run again.",
    )


def _inconclusive(open_: Sequence[tuple[GateResult, str]]) -> Decision:
    if not open_:
        return Decision(
            "inconclusive", "The plan has no required gate, so nothing was decided.", "Plan at least one required gate."
        )
    steps = [f"{result.title}: {result.resolve}" for result, _ in open_ if result.resolve]
    return Decision("inconclusive", f"Not decided: {_list([phrase for _, phrase in open_])}.", " ".join(steps))


def _passed(required: Sequence[tuple[GateResult, str]]) -> str:
    """Return the gates with their numbers; of many, only gains have them, and the others are named."""
    gains = [phrase for result, phrase in required if result.kind == "superiority"]
    kept = [result.title for result, _ in required if result.kind != "superiority"]
    if len(required) <= MOST_PHRASES or not gains:
        return _list([phrase for _, phrase in required])
    return f"{_list(gains)}, and within their margins {_list(kept)}"


def _all(count: int) -> str:
    return "The required gate passes" if count == 1 else f"All {count} required gates pass"


def _list(phrases: Sequence[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
