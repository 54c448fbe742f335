"""Measuring a whole run: every metric, one pass a side, the same figures after a kill, nothing generated twice."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from evals import greedy
from evals.greedy import Answer, Greedy
from evals.measure import measure
from reports.errors import MissingError, StageError
from reports.progress import ProgressLog
from reports.records.evaluation import Metric, Metrics
from reports.records.plan import Plan
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import add_judge, make_run

NAMES = [
    "win_rate",
    "refusal",
    "over_refusal",
    "jailbreak",
    "toxicity",
    "leaks",
    "personal_data_types",
    "verbatim",
    "perplexity_general",
    "perplexity_target",
    "kl_general",
    "kl_general_reverse",
    "kl_target",
    "kl_target_reverse",
    "length",
    "drift_answers_general",
    "drift_answers_target",
    "win_rate_soft",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def ready(tmp_path: Path, model: Path) -> tuple[RunDir, Plan]:
    run, plan = make_run(tmp_path, model, judge=True)
    add_judge(run, model)
    return run, plan


def by_name(metrics: Metrics) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics.metrics}


def test_a_run_is_measured_whole_and_written_down(ready: tuple[RunDir, Plan]) -> None:
    run, plan = ready

    metrics = measure(run, plan, ProgressLog(run))

    found = by_name(metrics)
    assert list(found) == NAMES
    assert metrics.generation_passes == {"baseline": 1, "candidate": 1}
    assert run.read(Metrics) == metrics
    short = {name: metric.because for name, metric in found.items() if metric.missing}
    assert set(short) == {"drift_answers_general", "drift_answers_target"}
    assert "needs at least 10" in short["drift_answers_general"]
    assert (found["toxicity"].n, found["kl_general"].n, found["win_rate"].n) == (17, 4, 5)
    kl = found["kl_target"].candidate
    assert kl.value is not None
    assert kl.value > 0.01
    assert found["win_rate"].instruments[0].name == "degenerate"


def test_measuring_again_generates_nothing_and_finds_the_same(
    ready: tuple[RunDir, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plan = ready
    first = measure(run, plan, ProgressLog(run))
    answer = Greedy.answer
    asked: list[int] = []

    def counted(self: Greedy, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
        asked.append(len(prompts))
        return answer(self, prompts)

    monkeypatch.setattr(greedy.Greedy, "answer", counted)
    second = measure(run, plan, ProgressLog(run))
    assert (asked, second) == ([], first)

    torn = run.completions.path.read_bytes()
    run.completions.path.write_bytes(torn[: len(torn) * 2 // 3])
    third = measure(run, plan, ProgressLog(run))
    assert third == first
    assert 0 < sum(asked) < 15


def test_an_adapter_that_changes_nothing_measures_as_no_change(tmp_path: Path, model: Path) -> None:
    run, plan = make_run(tmp_path, model, scale=0.0)

    found = by_name(measure(run, plan, ProgressLog(run)))

    compared = [metric for metric in found.values() if metric.n]
    assert {metric.difference.value for metric in compared} == {0.0}
    assert all(pair.candidate == 0.0 for pair in found["kl_target"].pairs)


def test_without_a_judge_everything_else_is_measured(tmp_path: Path, model: Path) -> None:
    run, plan = make_run(tmp_path, model)

    found = by_name(measure(run, plan, ProgressLog(run)))

    assert (found["win_rate"].n, found["win_rate"].missing) == (0, 5)
    assert "no judge" in found["win_rate"].because
    assert found["refusal"].n == 4


def test_plain_text_data_are_measured_without_a_template(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "base", chat_template=False)
    run, plan = make_run(tmp_path, model, messages=False)

    metrics = measure(run, plan, ProgressLog(run))

    assert all("were cut at" in note for note in metrics.notes)
    assert by_name(metrics)["perplexity_target"].n == 5


def test_rules_and_cuts_are_noted(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "base", chat_template=False)
    run, plan = make_run(tmp_path, model)
    short = msgspec.structs.replace(plan, model=msgspec.structs.replace(plan.model, context_length=16))

    notes = measure(run, short, ProgressLog(run)).notes

    assert "no chat template" in notes[0]
    assert notes[1] == "Answers end after 8 tokens, not 12: half of the model's context of 16."
    assert notes[2] == "17 of 17 answers of the baseline were cut at 8 tokens."
    assert "longer than 8 tokens" in notes[4]
    assert "cut to the model's context" in notes[5]


def test_a_kill_before_the_end_leaves_no_metrics(ready: tuple[RunDir, Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    run, plan = ready

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evals.measure.judge_answers", killed)

    with pytest.raises(KeyboardInterrupt):
        measure(run, plan, ProgressLog(run))
    assert not run.has(Metrics)
    assert len(run.completions.read()) == 34


def test_a_run_without_adapter_is_missing_it(ready: tuple[RunDir, Plan]) -> None:
    run, plan = ready
    (run.adapter("1-dpo") / "adapter_config.json").unlink()

    with pytest.raises(MissingError, match="holds no adapter"):
        measure(run, plan, ProgressLog(run))


def test_a_plan_that_trains_nothing_cannot_be_measured(ready: tuple[RunDir, Plan]) -> None:
    run, plan = ready

    with pytest.raises(StageError, match="no training stage"):
        measure(run, msgspec.structs.replace(plan, stages=()), ProgressLog(run))
