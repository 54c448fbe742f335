"""A/A: how far metrics move when nothing changed, and what rounding alone changes."""

from pathlib import Path

import numpy as np
import pytest

from evals.gates.evidence import evidence_for
from evals.gates.reading import read_gate
from evals.greedy import Answer, Greedy
from evals.measure import measure
from evals.metrics.noise_floor import noise_floor, with_noise
from reports.progress import ProgressLog
from reports.records.evaluation import Metric, Metrics, NumericNoise
from reports.records.plan import Plan
from reports.rundir import RunDir
from tests.evals.gates.runs import Values, gate, metric, outcomes
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import make_run

QUIET = NumericNoise(key="k", answers=32, changed=0, texts=32, loss=1e-6, kl=1e-7)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def ready(tmp_path: Path, model: Path) -> tuple[RunDir, Plan]:
    return make_run(tmp_path, model)


def means(n: int, shift: float, spread: float, seed: int = 1) -> Values:
    rng = np.random.default_rng(seed)
    before = rng.normal(2.5, 0.6, n)
    return list(zip(before.tolist(), (before + rng.normal(shift, spread, n)).tolist(), strict=True))


def losses(pairs: Values, name: str = "perplexity_general") -> Metric:
    return metric(name, pairs, "lower", "general", "nats/token")


def test_a_model_against_itself_does_not_move_but_other_prompts_do() -> None:
    floor = noise_floor(losses([(before, before) for before, _ in means(100, 0, 0)]))

    assert floor is not None
    assert (floor.low, floor.high, floor.p_value) == (0.0, 0.0, 1.0)
    assert floor.other_prompts == pytest.approx(1.96 * 0.6 * (2 / 100) ** 0.5, rel=0.25)


def test_a_change_beyond_chance_lies_outside_the_floor_and_one_within_chance_inside() -> None:
    real, chance = (noise_floor(losses(means(100, shift, 0.2))) for shift in (0.15, 0.0))

    assert real is not None and chance is not None
    assert real.p_value == 1 / 2000
    assert real.high < 0.1
    assert chance.p_value is not None and chance.p_value > 0.05
    assert chance.high == pytest.approx(1.96 * 0.2 / 10, rel=0.25)


def test_prompts_of_a_family_are_swapped_together() -> None:
    pairs = outcomes(0, lost=40, gained=40)
    alone = noise_floor(metric("refusal", pairs))
    together = noise_floor(metric("refusal", pairs, families=[f"f{i // 10}" for i in range(80)]))

    assert alone is not None and together is not None
    assert together.high > 2 * alone.high


def test_a_win_rate_is_swapped_around_even() -> None:
    floor = noise_floor(metric("win_rate", [(None, 1.0)] * 70 + [(None, 0.0)] * 30))

    assert floor is not None
    assert floor.high == pytest.approx(1.96 * 0.5 / 10, abs=0.02)
    assert floor.p_value is not None and floor.p_value < 0.01


def test_halves_by_family_give_the_spread_of_other_samples_of_the_same_size() -> None:
    rng, n = np.random.default_rng(3), 60
    shown = [noise_floor(losses([(v, v) for v in rng.exponential(1, n).tolist()])) for _ in range(20)]
    real = np.quantile(np.abs(rng.exponential(1, (4000, n)).mean(1) - rng.exponential(1, (4000, n)).mean(1)), 0.95)

    assert np.mean([floor.other_prompts or 0 for floor in shown if floor]) == pytest.approx(real, rel=0.08)


@pytest.mark.parametrize("pairs", [[], [(1.0, 1.0)], [(None, 1.0), (1.0, None)]])
def test_without_two_measured_prompts_there_is_no_floor(pairs: Values) -> None:
    assert noise_floor(metric("refusal", [*pairs, (1.0, None)])) is None


def test_the_floor_of_a_divergence_is_rounding() -> None:
    noisy = with_noise(losses([(0.0, 0.03), (0.0, 0.02)], "kl_general"), QUIET)

    assert noisy.noise_floor is not None
    assert (noisy.noise_floor.low, noisy.noise_floor.high, noisy.noise_floor.repeats) == (-1e-7, 1e-7, 32)
    assert with_noise(losses([(0.0, 0.03), (0.0, 0.02)], "kl_general"), None).noise_floor is None


@pytest.mark.parametrize(
    ("noise", "name", "unit"),
    [
        (NumericNoise(key="k", answers=32, changed=17, texts=0, loss=None, kl=None), "refusal", "rate"),
        (NumericNoise(key="k", answers=32, changed=0, texts=9, loss=0.06, kl=0.0), "perplexity_general", "nats/token"),
        (NumericNoise(key="k", answers=32, changed=0, texts=9, loss=0.0, kl=0.06), "kl_general", "nats/token"),
    ],
)
def test_a_gate_whose_numbers_are_rounding_is_broken(noise: NumericNoise, name: str, unit: str) -> None:
    found = metric(name, [*outcomes(50), (1.1, 1.2), (0.9, 0.7)] if unit != "rate" else outcomes(60), unit=unit)

    assert read_gate(gate(name), with_noise(found, QUIET)).problem == ""
    broken = read_gate(gate(name), with_noise(found, noise))
    assert (broken.state, broken.interval) == ("broken", None)
    assert "`numeric_noise`" in broken.problem


def test_a_metric_widened_by_a_shared_classifier_decides_with_wider_limits() -> None:
    pairs: Values = [(None, value) for value in [1.0] * 40 + [0.5] * 20 + [0.0] * 30]
    plain = metric("drift_answers_general", pairs, "lower", "general")
    wide = Metric(**{name: getattr(plain, name) for name in plain.__struct_fields__} | {"widened": 1.5})
    limit = gate("drift_answers_general", "limit", margin=0.64)

    narrow, wider = (evidence_for(limit, one).interval(0.05) for one in (plain, wide))
    assert narrow.value == wider.value == pytest.approx(50 / 90)
    assert wider.high - wider.value == pytest.approx(1.5 * (narrow.high - narrow.value))


def test_a_run_repeats_a_sample_once_and_finds_no_change(ready: tuple[RunDir, Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    run, plan = ready
    first = measure(run, plan, ProgressLog(run))
    noise = run.read(NumericNoise)
    monkeypatch.setattr("evals.noise.prepare_greedy", None)

    assert (noise.answers > 10, noise.changed, noise.texts > 5) == (True, 0, True)
    assert noise.loss is not None and noise.loss < 1e-4
    assert measure(run, plan, ProgressLog(run)) == first
    shown = {metric.name: metric for metric in run.read(Metrics).metrics if metric.n}
    assert all(metric.noise_floor and metric.instruments[-1].name == "numeric_noise" for metric in shown.values())


def test_answers_that_depend_on_the_batch_are_counted_and_break_their_gates(
    ready: tuple[RunDir, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plan = ready
    answer = Greedy.answer

    def rounded(self: Greedy, prompts: list[tuple[int, ...]]) -> list[Answer]:
        return [found._replace(text=f"{found.text} {len(prompts)}") for found in answer(self, prompts)]

    monkeypatch.setattr(Greedy, "answer", rounded)
    found = {metric.name: metric for metric in measure(run, plan, ProgressLog(run)).metrics}

    noise = run.read(NumericNoise)
    assert noise.changed > noise.answers / 2
    assert read_gate(gate("refusal"), found["refusal"]).state == "broken"
    assert read_gate(gate("perplexity_general"), found["perplexity_general"]).state != "broken"
