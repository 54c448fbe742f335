"""Looking at the win rate of a real training: it changes nothing, survives a death, and ends what gets worse."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.judges.reward_model import Answered
from reports.errors import StageError
from reports.progress import ProgressLog
from reports.records.plan import Plan
from reports.records.run import Look, StageResult
from tests.trainers.dying import Died, die, dying
from tests.trainers.tiny_run import TinyRun, make_tiny_run, write_rows
from trainers.monitor_limits import WIN_RATE, WIN_RATE_FALLS
from trainers.win_rate_stop import watched_prompts

pytestmark = pytest.mark.training
OPTIONS = {"num_train_epochs": "4", "gradient_accumulation_steps": "1", "learning_rate": "0.01", "save_steps": "3"}
STEPS = 32
Score = Callable[[int, str], float]


class FakeJudge:
    """Scores each answer by a rule; it is loaded anew for every look, which is counted from 1."""

    looks = 0

    def __init__(self, rule: Score) -> None:
        self.rule = rule

    def load(self, *_: object) -> "FakeJudge":
        FakeJudge.looks += 1
        return self

    def score(self, answers: Sequence[Answered]) -> list[float]:
        return [self.rule(FakeJudge.looks, answered.answer) for answered in answers]


@pytest.fixture(autouse=True)
def counted() -> None:
    FakeJudge.looks = 0


def use(monkeypatch: pytest.MonkeyPatch, rule: Score) -> None:
    monkeypatch.setattr("evals.judges.reward_model.load_judge", FakeJudge(rule).load)
    monkeypatch.setattr("trainers.win_rate_stop.no_answers", lambda prompts, texts: [False] * len(texts))


def prepare(folder: Path, watched: bool = True, accuracy: float = 0.9) -> TinyRun:
    tiny = make_tiny_run(folder, "dpo", overrides=OPTIONS)
    [stage] = tiny.plan.stages
    plan = replace(tiny.plan, stages=(replace(stage, monitors=WIN_RATE if watched else ()),))
    tiny.run.finish_stage(StageResult(stage="judge", method="reward", steps=1, seconds=1.0, values={"eval_accuracy": accuracy}))
    return TinyRun(tiny.run, plan)


def train(tiny: TinyRun) -> StageResult:
    result: StageResult = import_module("trainers.dpo").train(tiny.run, tiny.plan, tiny.plan.stages[0], ProgressLog(tiny.run))
    return result


def looks_of(tiny: TinyRun) -> list[Look]:
    return tiny.run.stage_looks("1-dpo").read()


def curve(tiny: TinyRun) -> dict[int, dict[str, float | None]]:
    points = {point.step: point.values for point in tiny.run.stage_metrics("1-dpo").read()}
    return {step: {name: value for name, value in values.items() if "win_rate" not in name} for step, values in points.items()}


def weights(tiny: TinyRun) -> bytes:
    return (tiny.run.adapter("1-dpo") / "adapter_model.safetensors").read_bytes()


def shorter_is_better(look: int, answer: str) -> float:
    return -len(answer) / 50


def test_a_watched_training_takes_the_same_path_and_its_resumption_the_same_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, shorter_is_better)
    bare, watched, broken = (prepare(tmp_path / name, name != "bare") for name in ("bare", "watched", "broken"))
    train(bare)
    result = train(watched)
    assert not result.stopped_early
    assert curve(watched) == curve(bare)
    assert weights(watched) == weights(bare)
    assert [look.step for look in looks_of(watched)] == [0, 8, 16, 24, 32]
    assert len({look.answers for look in looks_of(watched)}) > 1
    assert result.values["win_rate"] is not None

    with dying("logged:18", die), pytest.raises(Died):
        train(broken)
    assert train(broken).values["win_rate"] == result.values["win_rate"]
    assert {look.step: look for look in looks_of(broken)} == {look.step: look for look in looks_of(watched)}
    assert weights(broken) == weights(bare)


def test_answers_that_get_worse_end_the_stage_with_the_weights_of_its_best_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = prepare(tmp_path)

    def better_once(look: int, answer: str) -> float:
        if answer in looks_of(tiny)[0].answers:
            return 0.0
        return 4.0 if look == 1 else -8.0

    use(monkeypatch, better_once)
    result = train(tiny)
    assert "win_rate_falls" in result.stopped_early and "weights of step 8," in result.stopped_early
    assert result.steps in (16, 24, 32)
    assert result.values["win_rate"] == pytest.approx(max(point for point in win_rates(tiny)))


def win_rates(tiny: TinyRun) -> list[float]:
    found = [point.values.get("win_rate") for point in tiny.run.stage_metrics("1-dpo").read()]
    return [value for value in found if value is not None]


def test_a_stage_whose_first_look_is_worse_than_its_start_fails_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = prepare(tmp_path)
    use(monkeypatch, lambda look, answer: 0.0 if answer in looks_of(tiny)[0].answers else -9.0)
    with pytest.raises(StageError, match=r"win_rate_falls.*lower learning rate"):
        train(tiny)


def test_a_judge_that_is_no_judge_is_not_asked(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, accuracy=0.6)
    train(tiny)
    assert looks_of(tiny) == []
    assert any("60%" in event.message for event in tiny.run.events.read() if event.kind == "warning")


def test_prompts_that_the_measurement_asks_come_last(tmp_path: Path) -> None:
    tiny = prepare(tmp_path)
    held_out = [{"prompt": name, "chosen": "a", "rejected": "b"} for name in ("seen", "new", "seen")]
    write_rows(tiny.run.split("pairs_eval"), held_out)
    write_rows(tiny.run.split("target"), [{"id": "1", "suite": "target", "prompt": "seen"}])
    plan: Plan = tiny.plan
    assert watched_prompts(tiny.run, plan, plan.stages[0]) == ["new", "seen"]
    few = replace(plan.stages[0], monitors=(replace(WIN_RATE_FALLS, prompts=1),))
    assert watched_prompts(tiny.run, plan, few) == ["new"]
