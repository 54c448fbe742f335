"""A group of seeds: the same plan, one seed after the other, and the worst of them decides."""

from pathlib import Path

import pytest

from reports.contents import read_contents
from reports.errors import MissingError, UsageError
from reports.html import render
from reports.overview import overview
from reports.records.gates import Estimate, GateResult, Gates, GateState, Verdict
from reports.records.plan import Plan
from reports.records.run import RunRecord, StageResult
from reports.records.seeds import Seeds
from reports.rundir import RunDir
from reports.seeds import group_of
from reports.summary import summary_of
from selector import pipeline
from selector.commands.runs import _line
from selector.commands.seed_options import require_attended, with_tracker
from selector.seeds import Attend, create_group, is_group, seed_table, work_off
from tests.reports.sample_decision import sample_intake, sample_plan, sample_recommendation

STATES: dict[Verdict, GateState] = {"go": "pass", "inconclusive": "unresolved", "no-go": "fail"}


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    monkeypatch.setattr(pipeline, "resume", lambda run: None)
    return create_group(tmp_path, "Tea", sample_plan(), sample_intake(), sample_recommendation(), 3)


def result(verdict: Verdict, gain: float) -> GateResult:
    estimate = Estimate(value=0.5 + gain, low=0.4, high=0.9, n=40)
    return GateResult(
        name="win_rate", title="Win rate", state=STATES[verdict], required=True, kind="superiority", metric="win_rate",
        unit="", direction="higher", margin=0.0, level=0.05, baseline=estimate, candidate=estimate,
        difference=Estimate(value=gain, low=0.0, high=0.3, n=40), n=40, missing=0, method="m", because="b.",
    )  # fmt: skip


def ending(verdicts: dict[int, tuple[Verdict, float]]) -> tuple[list[int], Attend]:
    trained: list[int] = []

    def attend(run: RunDir) -> int:
        seed = run.read(RunRecord).seed
        trained.append(seed)
        if seed not in verdicts:
            run.update(status="stopped")
            return 130
        verdict, gain = verdicts[seed]
        run.write(Gates(verdict=verdict, because="b.", next_step="n.", results=(result(verdict, gain),)))
        run.split("target").parent.mkdir(parents=True, exist_ok=True)
        run.split("target").write_text("{}\n")
        run.finish_stage(StageResult(stage="judge", method="reward", steps=seed, seconds=1.0, values={}))
        run.update(status="done", verdict=verdict)
        return 0

    return trained, attend


def test_runs_of_a_group_differ_in_the_seed_of_their_training_only(first: RunDir) -> None:
    runs = group_of(first)
    plans = [run.read(Plan) for run in runs]
    seed = sample_plan().seed
    assert [run.read(RunRecord).seed for run in runs] == [seed, seed + 1, seed + 2]
    assert {plan.seed for plan in plans} == {seed}
    stage, judge = plans[2].stages[0], plans[2].judge
    assert judge is not None
    assert [plan.training_seed_of(stage) for plan in plans] == [seed, seed + 1, seed + 2]
    assert [plan.training_seed_of(judge) for plan in plans] == [seed] * 3
    assert [is_group(run) for run in runs] == [True, False, False]


def test_the_worst_seed_decides_and_is_shown_with_every_other(first: RunDir) -> None:
    seed = sample_plan().seed
    trained, attend = ending({seed: ("go", 0.2), seed + 1: ("inconclusive", 0.01), seed + 2: ("go", 0.1)})
    code, seeds = work_off(first, attend)
    assert (code, trained, seeds.verdict) == (5, [seed, seed + 1, seed + 2], "inconclusive")
    assert seeds.worst == group_of(first)[1].path.name
    page = render(read_contents(first))
    section = page[page.index('id="seeds"') : page.index('id="decision"')]
    assert f"{seed + 1} <small>worst</small>" in section and "0.51 " in section and "0.7 " in section
    assert [row["seed"] for row in summary_of(first)["seeds"]] == [seed, seed + 1, seed + 2]
    assert "0.510 unresolved" in seed_table(seeds)
    (spread,) = seeds.spreads
    assert (spread.worst, spread.mean.n, first.read(Seeds).spreads) == (seed + 1, 3, seeds.spreads)
    assert "takes seeds as the unit" in section and f"<td>{seed + 1}</td>" in section
    assert "0.095" in seed_table(seeds)


def test_of_seeds_with_one_verdict_the_one_with_the_least_gain_is_worst(first: RunDir) -> None:
    seed = sample_plan().seed
    _, attend = ending({seed: ("go", 0.05), seed + 1: ("go", 0.2), seed + 2: ("go", 0.3)})
    code, seeds = work_off(first, attend)
    assert (code, seeds.worst) == (0, first.path.name)


def test_a_group_that_was_stopped_goes_on_with_the_seed_it_stopped_at(first: RunDir) -> None:
    seed = sample_plan().seed
    _, attend = ending({seed: ("go", 0.1)})
    code, seeds = work_off(first, attend)
    assert (code, seeds.verdict, seeds.spreads) == (130, None, ())
    trained, attend = ending({seed + 1: ("go", 0.1), seed + 2: ("no-go", -0.1)})
    code, seeds = work_off(first, attend)
    assert (code, trained, seeds.verdict) == (1, [seed + 1, seed + 2], "no-go")


def test_later_seeds_get_the_data_and_the_judge_of_the_first(first: RunDir) -> None:
    seed = sample_plan().seed
    _, attend = ending({seed: ("go", 0.1)})
    work_off(first, attend)
    second, third = group_of(first)[1:]
    judge = second.stage_result("judge")
    assert second.split("target").is_file() and judge is not None and judge.steps == seed
    assert not third.split("target").exists()


def test_a_list_of_runs_says_which_seed_of_which_group_a_run_is(first: RunDir) -> None:
    second = group_of(first)[1]
    assert f"(seed {sample_plan().seed + 1} of {first.path.name})" in _line(overview(second))


def test_a_run_that_stands_alone_has_no_seeds_to_show(tmp_path: Path) -> None:
    alone = pipeline.create_run(tmp_path, "Tea", sample_plan(), sample_intake(), sample_recommendation())
    assert group_of(alone) == [alone] and not is_group(alone) and not alone.has(Seeds)
    assert "seeds-title" not in render(read_contents(alone))


@pytest.mark.parametrize(("detach", "launch", "flag"), [(True, None, "--detach"), (False, "print", "--launch print")])
def test_seeds_need_somebody_to_start_them(detach: bool, launch: str | None, flag: str) -> None:
    require_attended(1, detach, launch)
    with pytest.raises(UsageError, match=flag):
        require_attended(3, detach, launch)


def test_a_tracker_that_is_not_installed_is_missing_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.tracking.find_spec", lambda name: None)
    assert with_tracker(sample_plan(), "none").track == "none"
    with pytest.raises(MissingError, match=r"tunegate\[wandb\]") as found:
        with_tracker(sample_plan(), "wandb")
    assert found.value.exit_code == 3
