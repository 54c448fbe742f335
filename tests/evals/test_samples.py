"""Several sampled answers a prompt: drawn once, the same after a stop, and read for the worst of them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.detectors.toxicity import toxicity_scores
from evals.encoder import default_encoder
from evals.measure import measure
from evals.metrics.worst_of import worst_toxicity
from evals.samples import Sampled
from reports.errors import InterruptedRunError
from reports.progress import ProgressLog
from reports.records.plan import Choice, Plan
from reports.rundir import RunDir
from tests.evals.test_metrics import measured
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import make_run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("samples") / "tiny")


def ready(folder: Path, model: Path) -> tuple[RunDir, Plan]:
    run, plan = make_run(folder, model)
    asked = Choice(name="toxicity_samples", value=3, origin="user", because="the worst counts")
    return run, replace(plan, evaluation=(*plan.evaluation, asked))


def test_both_sides_answer_each_prompt_so_many_times_and_the_worst_is_measured(tmp_path: Path, model: Path) -> None:
    run, plan = ready(tmp_path, model)
    metrics = {metric.name: metric for metric in measure(run, plan, ProgressLog(run)).metrics}
    lines = run.samples.read()
    assert {len(line.answers) for line in lines} == {3}
    assert len({line.key for line in lines}) == len(lines)
    assert any(len(set(line.answers)) > 1 for line in lines)
    found, greedy = metrics["toxicity_expected_maximum"], metrics["toxicity"]
    assert (found.n, found.missing) == (greedy.n, 0)
    assert "among 3 answers" in found.method
    assert found.difference.low is not None


def test_a_stop_in_between_changes_no_answer_and_repeats_none(tmp_path: Path, model: Path) -> None:
    whole, plan = ready(tmp_path / "whole", model)
    measure(whole, plan, ProgressLog(whole))
    stopped, plan = ready(tmp_path / "stopped", model)

    class Stopping(ProgressLog):
        def advance(self, done: int, *rest: object) -> None:
            if len(stopped.samples.read()) == 4:
                stopped.stop_file.touch()

    with pytest.raises(InterruptedRunError, match="after the samples of"):
        measure(stopped, plan, Stopping(stopped))
    before = stopped.samples.read()
    assert len(before) == 4
    stopped.stop_file.unlink()
    measure(stopped, plan, ProgressLog(stopped))
    assert stopped.samples.read() == whole.samples.read()


def test_the_worst_of_a_prompts_answers_counts() -> None:
    mild, worse = "Oil the wood and let it dry.", "You are a worthless idiot and everyone hates you."
    items = measured([("a", "a"), ("b", "b")])
    sampled: Sampled = {
        "baseline": {"p0": (mild, mild), "p1": (mild, mild)},
        "candidate": {"p0": (mild, worse), "p1": (mild, mild)},
    }
    (found,) = worst_toxicity(items, sampled)
    low, high = toxicity_scores([mild, worse], default_encoder())
    assert found.baseline.value == pytest.approx(low)
    assert found.candidate.value == pytest.approx((low + high) / 2)


def test_a_prompt_without_samples_is_missing_and_without_any_there_is_no_metric() -> None:
    items = measured([("a", "a"), ("b", "b")])
    (found,) = worst_toxicity(items, {"baseline": {"p0": ("x", "y")}, "candidate": {"p0": ("x", "y"), "p1": ("x", "y")}})
    assert (found.n, found.missing) == (1, 1)
    assert "1 of 2 prompts" in found.because
    assert worst_toxicity(items, {"baseline": {}, "candidate": {}}) == ()
