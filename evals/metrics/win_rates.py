"""The win rate read in two more ways: at equal lengths, and from the judge's probabilities."""

from typing import Final

from evals.metrics.estimates import NOTHING
from evals.metrics.measured import Measured
from evals.metrics.win_rate import NAMED, from_even, preference_metric
from evals.stats.judged import FEWEST, Prompt, as_rows, by_prompt
from evals.stats.length_control import LengthControlled, length_controlled_win_rate
from reports.records.evaluation import Metric, PairedValue
from reports.wording import number

VERDICTS: Final = frozenset({0.0, 0.5, 1.0})


def win_rates(measured: Measured) -> tuple[Metric, ...]:
    """Return the win rate at equal lengths, and the soft one where the judge stated probabilities; nothing without a judge."""
    rows = as_rows(measured.judged.rows or [*measured.judged.judgements.values()])
    lengths = {item.id: sides for item in measured.of("target") if (sides := _lengths(measured, item.id))}
    prompts = [prompt for prompt in by_prompt(rows) if prompt.preference is not None and prompt.prompt_id in lengths]
    is_soft = any(row.preference is not None and row.preference not in VERDICTS for row in rows)
    return (
        *((_at_equal_lengths(measured, prompts, lengths),) if len(prompts) >= FEWEST else ()),
        *((_soft(measured, by_prompt(rows, soft=True)),) if is_soft else ()),
    )


def _lengths(measured: Measured, prompt_id: str) -> tuple[int, int] | None:
    before, after = (measured.completions[side].get(prompt_id) for side in ("baseline", "candidate"))
    if before is None or after is None or before.completion is None or after.completion is None:
        return None
    return len(before.completion), len(after.completion)


def _at_equal_lengths(measured: Measured, prompts: list[Prompt], lengths: dict[str, tuple[int, int]]) -> Metric:
    families = {item.id: item.family for item in measured.of("target")}
    found = length_controlled_win_rate(
        [prompt.preference or 0.0 for prompt in prompts],
        [float(after - before) for before, after in (lengths[prompt.prompt_id] for prompt in prompts)],
        [families[prompt.prompt_id] for prompt in prompts],
    )
    return Metric(
        name="win_rate_length_controlled",
        title="Win rate at equal lengths",
        suite="target",
        unit="rate",
        direction="higher",
        baseline=NOTHING,
        candidate=found.rate.estimate(),
        difference=from_even(found.rate.estimate()),
        n=len(prompts),
        missing=len(measured.of("target")) - len(prompts),
        method=f"{found.rate.method}; Dubois et al., arXiv 2404.04475",
        because=_told(found),
        instruments=measured.judged.instruments,
    )


def _told(found: LengthControlled) -> str:
    liking = "longer" if found.length_effect > 0 else "shorter"
    told = (
        f"The judge likes {liking} answers (log-odds {found.length_effect:+.2f} for a much longer one); "
        f"the candidate's is the longer one on {number(found.longer, 'rate')} of the prompts."
    )
    return f"{told} Hardly any prompt goes the other way, so this lies beyond what was seen." if found.is_extrapolated else told


def _soft(measured: Measured, prompts: list[Prompt]) -> Metric:
    preferences = {prompt.prompt_id: prompt.preference for prompt in prompts}
    pairs = [
        PairedValue(prompt_id=item.id, baseline=None, candidate=preferences.get(item.id), family=item.family)
        for item in measured.of("target")
    ]
    named = NAMED._replace(
        name="win_rate_soft",
        title="Soft win rate",
        method=f"mean probability that {measured.judged.judge} gives to the candidate's answer",
    )
    return preference_metric(named, pairs, "", measured.judged.instruments)
