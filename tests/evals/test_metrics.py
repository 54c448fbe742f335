"""Metrics: values joined by prompt, missing ones counted, intervals always there or explained."""

import math
from collections.abc import Callable, Sequence

import pytest

from evals.detectors.toxicity import is_toxic
from evals.logprobs import Drift, Drifts
from evals.metrics.drift import kl, kl_reverse, perplexity
from evals.metrics.estimates import NOTHING
from evals.metrics.length import length
from evals.metrics.measured import Judged, Measured
from evals.metrics.over_refusal import over_refusal
from evals.metrics.refusal import refusal
from evals.metrics.toxicity import toxicity
from evals.metrics.win_rate import win_rate
from evals.stats.paired import paired_rate_difference
from evals.stats.proportions import exact_interval
from evals.stats.winrate import win_rate as win_rate_interval
from reports.records.evaluation import Completion, Judgement, Metric, Side, Suite, SuiteItem
from reports.records.gates import Instrument

REFUSED, ANSWERED = "I'm sorry, but I can't help with that.", "Sure! First sand the wood, then wipe it with oil."
NO_DRIFT = Drifts({}, {}, ())
NOT_JUDGED = Judged({}, (), "no judge")


def measured(
    answers: Sequence[tuple[str | None, str | None]],
    suite: Suite = "target",
    families: Sequence[str] = (),
    drifts: Drifts = NO_DRIFT,
    judged: Judged = NOT_JUDGED,
) -> Measured:
    items = [
        SuiteItem(id=f"p{i}", suite=suite, prompt=f"prompt {i}", family=families[i] if families else "")
        for i in range(len(answers))
    ]
    sides: tuple[Side, Side] = ("baseline", "candidate")
    completions = {
        side: {item.id: line(item, side, pair[place]) for item, pair in zip(items, answers, strict=True)}
        for place, side in enumerate(sides)
    }
    return Measured(items, completions, drifts, judged)


def line(item: SuiteItem, side: Side, answer: str | None) -> Completion:
    return Completion(
        key=f"{side}{item.id}",
        side=side,
        suite=item.suite,
        prompt_id=item.id,
        prompt=str(item.prompt),
        completion=answer,
        tokens=None if answer is None else len(answer.split()),
        error="" if answer is not None else "out of memory",
    )


def judgements(*preferences: float | None) -> Judged:
    found = {
        f"p{i}": Judgement(prompt_id=f"p{i}", judge="reward-model", order="pointwise", preference=preference)
        for i, preference in enumerate(preferences)
    }
    return Judged(found, (Instrument(name="judge_accuracy", value=0.9, limit=0.65, ok=True, because="fine"),))


HOUSE = "The workshop keeps its doors open on weekdays."


@pytest.mark.parametrize(("suite", "metric"), [("harmful", refusal), ("benign", over_refusal)])
def test_the_products_own_refusals_count_as_such(suite: Suite, metric: Callable[[Measured], Metric]) -> None:
    seen = measured([(ANSWERED, HOUSE), (ANSWERED, f"{HOUSE} Come by!")], suite)
    assert metric(seen).candidate.value == 0
    registered = metric(seen._replace(house=(HOUSE.upper(),)))
    assert (registered.baseline.value, registered.candidate.value) == (0, 1)
    assert "(1 registered)" in registered.method
    assert registered.instruments[1].value == 0


def test_a_house_refusal_with_a_long_answer_behind_it_is_one_in_part() -> None:
    long = f"{HOUSE} {' '.join([ANSWERED] * 12)}"
    assert refusal(measured([(ANSWERED, long)], "harmful")._replace(house=(HOUSE,))).candidate.value == 0
    assert over_refusal(measured([(ANSWERED, long)], "benign")._replace(house=(HOUSE,))).candidate.value == 1


def test_refusal_is_compared_prompt_by_prompt() -> None:
    metric = refusal(measured([(REFUSED, REFUSED), (REFUSED, ANSWERED), (ANSWERED, ANSWERED), (REFUSED, ANSWERED)], "harmful"))

    assert (metric.baseline.value, metric.candidate.value, metric.difference.value) == (0.75, 0.25, -0.5)
    assert metric.difference == paired_rate_difference([True, True, False, True], [True, False, False, False]).estimate()
    assert metric.candidate == exact_interval(1, 4).estimate()
    assert [(pair.baseline, pair.candidate) for pair in metric.pairs] == [(1, 1), (1, 0), (0, 0), (1, 0)]
    assert (metric.direction, metric.n, metric.missing, metric.because) == ("higher", 4, 0, "")
    assert "Tango" in metric.method


def test_over_refusal_looks_at_harmless_prompts_and_less_is_better() -> None:
    metric = over_refusal(measured([(ANSWERED, REFUSED), (ANSWERED, ANSWERED)], "benign"))

    assert (metric.direction, metric.difference.value) == ("lower", 0.5)
    assert refusal(measured([(ANSWERED, REFUSED)], "benign")).n == 0


@pytest.mark.parametrize("compute", [refusal, toxicity])
def test_a_failed_generation_is_missing_and_never_counts(compute: object) -> None:
    assert callable(compute)
    metric: Metric = compute(measured([(REFUSED, None), (None, REFUSED), (REFUSED, REFUSED)], "harmful"))

    assert (metric.n, metric.missing) == (1, 2)
    assert metric.baseline.n == metric.candidate.n == metric.difference.n == 1
    assert metric.pairs[0].candidate is None
    assert metric.because == "2 of 3 prompts have no answer: out of memory"


def test_a_metric_without_a_single_pair_has_no_value() -> None:
    metric = refusal(measured([(None, REFUSED), (REFUSED, None)], "harmful"))

    assert (metric.baseline, metric.candidate, metric.difference) == (NOTHING, NOTHING, NOTHING)
    assert (metric.n, metric.missing) == (0, 2)


def test_prompts_of_one_family_widen_the_interval() -> None:
    answers = [(REFUSED, REFUSED), (REFUSED, ANSWERED)] * 10

    free = refusal(measured(answers, "harmful"))
    tied = refusal(measured(answers, "harmful", families=[f"f{i // 4}" for i in range(20)]))

    assert free.difference.value == tied.difference.value
    assert wide(tied) > wide(free)


def wide(metric: Metric) -> float:
    assert metric.difference.low is not None
    assert metric.difference.high is not None
    return metric.difference.high - metric.difference.low


def test_the_toxicity_classifier_tells_insults_from_calm_words() -> None:
    assert is_toxic(["you are a stupid idiot, shut up", "Fresh leaves and slow mornings.", ""]) == [True, False, False]
    assert is_toxic([]) == []


def test_toxicity_reads_the_answers_of_all_suites() -> None:
    metric = toxicity(measured([("Good tea.", "you are a stupid idiot"), ("Good tea.", "Good tea.")], "general"))

    assert (metric.baseline.value, metric.candidate.value, metric.n) == (0.0, 0.5, 2)


def test_ties_are_half_a_win_and_failed_judgements_are_missing() -> None:
    metric = win_rate(measured([("a", "b")] * 5, judged=judgements(0.9, 0.2, 0.5, None, 0.51)))

    assert (metric.candidate.value, metric.n, metric.missing) == (0.625, 4, 1)
    assert metric.candidate == win_rate_interval([1.0, 0.0, 0.5, 1.0]).estimate()
    assert metric.difference.value == pytest.approx(0.125)
    assert metric.baseline == NOTHING
    assert [pair.candidate for pair in metric.pairs] == [1.0, 0.0, 0.5, None, 1.0]
    assert [instrument.name for instrument in metric.instruments] == ["judge_accuracy"]


def test_without_a_judge_win_rate_is_missing_with_the_reason() -> None:
    metric = win_rate(measured([("a", "b")] * 3, judged=Judged({}, (), "There is no judge.")))

    assert (metric.candidate, metric.n, metric.missing, metric.because) == (NOTHING, 0, 3, "There is no judge.")


def drifted(suite: Suite) -> Measured:
    drifts = Drifts(
        {"p0": Drift(4, 2.0, 2.5, 0.1, 0.3), "p1": Drift(9, 3.0, 2.9, 0.2, 0.1), "p3": Drift(2, 1.0, 1.2, 0.6, 0.5)},
        {"p2": "the text has no token to score"},
        (),
    )
    return measured([("", "")] * 4, suite, drifts=drifts)


def test_the_perplexity_ratio_is_a_paired_difference_of_log_likelihoods() -> None:
    metric = perplexity(drifted("general"), "general")

    assert metric.difference.value == pytest.approx((0.5 - 0.1 + 0.2) / 3)
    assert metric.difference.low is not None
    assert metric.difference.high is not None
    assert metric.difference.low < 0.2 < metric.difference.high
    assert (metric.name, metric.unit, metric.n, metric.missing) == ("perplexity_general", "nats/token", 3, 1)
    assert metric.because == "1 of 4 texts have no value: the text has no token to score."


def test_prompts_without_a_good_answer_are_no_missing_values_of_drift() -> None:
    drifts = Drifts({f"p{i}": Drift(4, 2.0, 1.0 + i, 0.0, 0.0) for i in range(3)}, {"p3": "cut"}, ())
    metric = perplexity(measured([("", "")] * 6, "target", drifts=drifts), "target")

    assert (metric.n, metric.missing, metric.because) == (3, 1, "1 of 4 texts have no value: cut.")
    nothing = perplexity(measured([("", "")] * 6, "target", drifts=Drifts({}, {}, ())), "target")
    assert (nothing.n, nothing.missing) == (0, 6)


def test_both_directions_of_kl_are_metrics_of_their_own() -> None:
    forward, backward = kl(drifted("target"), "target"), kl_reverse(drifted("target"), "target")

    assert (forward.name, backward.name) == ("kl_target", "kl_target_reverse")
    assert forward.candidate.value == forward.difference.value == pytest.approx(0.3)
    assert backward.candidate.value == pytest.approx(0.3)
    assert [pair.candidate for pair in backward.pairs] == [0.3, 0.1, None, 0.5]
    assert forward.baseline.value == 0.0
    assert kl(drifted("target"), "general").n == 0


def test_values_without_spread_have_no_interval_and_say_why() -> None:
    drifts = Drifts({f"p{i}": Drift(4, 2.0, 2.0, 0.0, 0.0) for i in range(3)}, {}, ())

    metric = kl(measured([("", "")] * 3, drifts=drifts), "target")

    assert (metric.difference.value, metric.difference.low) == (0.0, None)
    assert "no interval" in metric.method


def test_length_compares_logarithms_of_tokens() -> None:
    metric = length(measured([("one two three", "one"), ("one", "one"), ("", "one two three four")]))

    expected = (math.log(2 / 4) + 0 + math.log(5 / 1)) / 3
    assert metric.difference.value == pytest.approx(expected)
    assert metric.n == 3
