"""The judge scores answers as it was trained to, is checked before it counts, and its failures are no votes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from evals.judges import judging
from evals.judges.degenerate import degenerate, degenerate_kinds
from evals.judges.instruments import judge_accuracy, missing_judgements, padding_invariance
from evals.judges.judging import judge_answers
from evals.judges.reward_model import Answered, RewardJudge, load_judge, preference
from evals.metrics.measured import Judged
from evals.models import load_tokenizer
from evals.suites import load_target
from reports.errors import MissingError
from reports.progress import ProgressLog
from reports.records.evaluation import Completion, Message, Side
from reports.records.plan import Plan
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import add_judge, make_run

ASKED = (Message(role="user", content="Write a caption."),)
ANSWERS = [
    Answered(ASKED, text) for text in ("A cup that waits for you.", "Tea", "Fresh leaves, slow mornings, and more of them.", "")
]


@pytest.fixture
def judged_run(tmp_path: Path) -> tuple[RunDir, Plan, Path]:
    model = build_tiny_model(tmp_path / "tiny")
    run, plan = make_run(tmp_path, model, judge=True)
    add_judge(run, model)
    return run, plan, model


@pytest.fixture
def judge(judged_run: tuple[RunDir, Plan, Path]) -> RewardJudge:
    run, plan, _ = judged_run
    return load_judge(plan.model, run.adapter("judge"), load_tokenizer(plan.model, messages=True).tokenizer)


class FakeJudge(RewardJudge):
    """A judge with the real interface that scores by a table of answers; other answers fail."""

    table: dict[str, float]

    def score(self, answers: Sequence[Answered], batch_tokens: int | None = None) -> list[float | None]:
        self.calls.append(len(answers))
        return [self.table.get(answer.answer) for answer in answers]

    calls: list[int]


def fake_judge(table: dict[str, float]) -> FakeJudge:
    import torch

    judge = FakeJudge(model=cast("torch.nn.Module", torch.nn.Linear(1, 1)), tokenizer=None, context=64, batch_tokens=64)
    judge.table, judge.calls = table, []
    return judge


def test_preference_is_the_sigmoid_of_the_difference_of_scores() -> None:
    assert preference(1.0, 3.0) == pytest.approx(1 / (1 + math.exp(-2)))
    assert preference(3.0, 1.0) == pytest.approx(1 - 1 / (1 + math.exp(-2)))
    assert preference(2.0, 2.0) == 0.5
    assert preference(5000.0, -5000.0) == 0.0
    assert preference(None, 1.0) is None
    assert preference(1.0, None) is None


def test_a_score_is_the_head_at_the_last_token_of_the_ended_answer(judge: RewardJudge) -> None:
    import torch

    ids = judge.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Write a caption."}, {"role": "assistant", "content": "Tea"}], return_dict=True
    )["input_ids"]
    assert ids[-1] == judge.tokenizer.eos_token_id
    with torch.inference_mode():
        expected = judge.model(input_ids=torch.tensor([ids])).logits.item()

    assert judge.score(ANSWERS)[1] == pytest.approx(expected, abs=1e-5)


def test_plain_answers_are_ended_as_the_trainer_ends_them(judge: RewardJudge) -> None:
    import torch

    ids = judge.tokenizer("Write a caption: Tea</s>")["input_ids"]
    with torch.inference_mode():
        expected = judge.model(input_ids=torch.tensor([ids])).logits.item()

    assert judge.score([Answered("Write a caption:", " Tea")]) == pytest.approx([expected], abs=1e-5)


def test_scores_come_back_in_order_whatever_the_batches(judge: RewardJudge) -> None:
    together, alone = judge.score(ANSWERS, batch_tokens=10_000), judge.score(ANSWERS, batch_tokens=1)

    assert together == pytest.approx(alone, abs=1e-4)
    assert len({round(score or 0, 3) for score in alone}) == len(ANSWERS)


def test_padding_does_not_move_scores(judge: RewardJudge) -> None:
    instrument = padding_invariance(judge, ANSWERS)

    assert instrument.ok
    assert instrument.value is not None
    assert instrument.value <= 1e-3 == instrument.limit


def test_a_judge_that_padding_moves_is_caught() -> None:
    class Moved(FakeJudge):
        def score(self, answers: Sequence[Answered], batch_tokens: int | None = None) -> list[float | None]:
            return [1.0 if batch_tokens else 1.01 for _ in answers]

    import torch

    instrument = padding_invariance(Moved(cast("torch.nn.Module", torch.nn.Linear(1, 1)), None, 64, 64), ANSWERS)

    assert not instrument.ok
    assert instrument.value == pytest.approx(0.01)


def test_a_template_that_refuses_an_answer_leaves_its_score_missing(judge: RewardJudge) -> None:
    judge.tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}{% endfor %}"
    )
    odd = Answered((Message(role="system", content="x"),), "Tea")

    scores = judge.score([odd, ANSWERS[0]])

    assert scores[0] is None
    assert scores[1] is not None


def test_a_score_that_is_no_number_is_missing(judge: RewardJudge) -> None:
    import torch

    for name, weight in judge.model.named_parameters():
        if "score" in name:
            torch.nn.init.constant_(weight, math.nan)

    assert judge.score(ANSWERS) == [None] * len(ANSWERS)


def test_a_head_without_trained_weights_is_refused(judged_run: tuple[RunDir, Plan, Path]) -> None:
    run, plan, _ = judged_run

    with pytest.raises(MissingError, match="no trained 'score' layer"):
        load_judge(plan.model, run.adapter("1-dpo"), load_tokenizer(plan.model, messages=True).tokenizer)


def test_an_absent_judge_is_missing(judged_run: tuple[RunDir, Plan, Path], tmp_path: Path) -> None:
    _, plan, _ = judged_run

    with pytest.raises(MissingError, match="judge cannot be loaded"):
        load_judge(plan.model, tmp_path / "none", load_tokenizer(plan.model, messages=True).tokenizer)


def pairs(right: int, wrong: int) -> list[dict[str, str]]:
    return [{"prompt": "p", "chosen": "good", "rejected": "bad"}] * right + [
        {"prompt": "p", "chosen": "bad", "rejected": "good"}
    ] * wrong


@pytest.mark.parametrize(
    ("right", "wrong", "ok"),
    [(40, 10, True), (26, 14, True), (25, 15, False), (7, 3, False), (5, 0, True), (4, 0, False), (10, 40, False)],
)
def test_a_judge_must_be_right_often_and_surely(right: int, wrong: int, ok: bool) -> None:
    """7 of 10 is 70 %, but could be chance; 25 of 40 is surely no chance at 62.5 %, but too weak."""
    instrument = judge_accuracy(fake_judge({"good": 1.0, "bad": 0.0}), pairs(right, wrong))

    assert instrument.value == right / (right + wrong)
    assert instrument.ok is ok


def test_equal_and_failed_scores_count_against_the_judge() -> None:
    rows = [
        *pairs(8, 0),
        {"prompt": "p", "chosen": "good", "rejected": "good"},
        {"prompt": "p", "chosen": "good", "rejected": "?"},
    ]

    assert judge_accuracy(fake_judge({"good": 1.0, "bad": 0.0}), rows).value == 0.8


def test_a_judge_without_test_pairs_is_not_ok() -> None:
    instrument = judge_accuracy(fake_judge({}), [])

    assert (instrument.value, instrument.ok) == (None, False)


def test_too_many_missing_judgements_are_caught() -> None:
    assert missing_judgements([0.5] * 19 + [None]).ok
    assert not missing_judgements([0.5] * 18 + [None] * 2).ok
    assert not missing_judgements([]).ok


def completions(run: RunDir, texts: Sequence[tuple[str | None, str | None]]) -> dict[Side, dict[str, Completion]]:
    items = load_target(run)
    sides: tuple[Side, Side] = ("baseline", "candidate")
    return {
        side: {item.id: line(item.id, str(item.prompt), side, pair[place]) for item, pair in zip(items, texts, strict=True)}
        for place, side in enumerate(sides)
    }


def line(name: str, prompt: str, side: Side, text: str | None) -> Completion:
    return Completion(key=f"{side}{name}", side=side, suite="target", prompt_id=name, prompt=prompt, completion=text)


TEXTS = [("Tea", "Fresh tea"), ("Mug", "Mug"), ("Cup", None), ("Old words", "New words"), ("Hello", "odd")]


def judge_with(judged_run: tuple[RunDir, Plan, Path], judge: RewardJudge, monkeypatch: pytest.MonkeyPatch) -> Judged:
    run, plan, _ = judged_run
    monkeypatch.setattr(judging, "load_judge", lambda *_: judge)
    return judge_answers(run, plan, judge.tokenizer, load_target(run), completions(run, TEXTS), ProgressLog(run))


def test_judgements_are_joined_by_prompt_and_failures_carry_a_reason(
    judged_run: tuple[RunDir, Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"Tea": 0.0, "Fresh tea": 2.0, "Old words": 1.0, "New words": 0.0, "Hello": 1.0}

    judged = judge_with(judged_run, fake_judge(table), monkeypatch)

    assert {name: found.preference for name, found in judged.judgements.items()} == {
        "t0": pytest.approx(1 / (1 + math.exp(-2))),
        "t1": 0.5,
        "t2": None,
        "t3": pytest.approx(1 / (1 + math.e)),
        "t4": None,
    }
    assert judged.judgements["t2"].error == "no answer of the candidate"
    assert judged.judgements["t4"].error == "the judge gave no finite score"
    assert {found.order for found in judged.judgements.values()} == {"pointwise"}
    assert [instrument.name for instrument in judged.instruments] == [
        "degenerate",
        "judge_accuracy",
        "padding_invariance",
        "missing_judgements",
    ]
    assert judged.instruments[3].value == 0.4
    assert judged_run[0].judgements.read() == list(judged.judgements.values())


def test_identical_answers_are_a_tie_without_asking(
    judged_run: tuple[RunDir, Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = fake_judge({"good": 1.0, "bad": 0.0})

    judged = judge_with(judged_run, judge, monkeypatch)

    assert judged.judgements["t1"].preference == 0.5
    assert 6 in judge.calls  # three prompts with two different answers each


def test_judging_again_adds_no_line(
    judged_run: tuple[RunDir, Plan, Path], judge: RewardJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judge_with(judged_run, judge, monkeypatch)
    second = judge_with(judged_run, judge, monkeypatch)

    assert second == first
    assert len(judged_run[0].judgements.read()) == len(TEXTS)


def test_without_pairs_there_is_no_judge_and_the_reason_says_so(tmp_path: Path) -> None:
    run, plan = make_run(tmp_path, build_tiny_model(tmp_path / "tiny"))

    judged = judge_answers(run, plan, None, load_target(run), completions(run, TEXTS), ProgressLog(run))

    assert (judged.judgements, judged.instruments) == ({}, ())
    assert "no preference pairs" in judged.because


def test_an_untrained_judge_is_not_asked(tmp_path: Path) -> None:
    run, plan = make_run(tmp_path, build_tiny_model(tmp_path / "tiny"), judge=True)

    judged = judge_answers(run, plan, None, load_target(run), completions(run, TEXTS), ProgressLog(run))

    assert "did not finish" in judged.because


def test_degenerate_answers_raise_the_alarm_before_the_judge_is_asked(
    judged_run: tuple[RunDir, Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plan, _ = judged_run
    judge = fake_judge({})
    monkeypatch.setattr(judging, "load_judge", lambda *_: judge)
    answers = completions(run, [("Tea", "")] * 5)

    judged = judge_answers(run, plan, None, load_target(run), answers, ProgressLog(run))

    assert (judged.judgements, judge.calls) == ({}, [])
    assert [(instrument.name, instrument.ok, instrument.value) for instrument in judged.instruments] == [
        ("degenerate", False, 1.0)
    ]
    assert "was not asked" in judged.because


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("?!…", "empty"),
        ("One day, one day, one day, one day, one day", "repeated"),
        ("She wanted to see what was inside. " * 6, "repeated"),
        ("Write a caption for the tea, please.", "prompt copy"),
        ("write a  caption for the tea, please. And the mug.", "prompt copy"),
        ("caption for the tea", "prompt copy"),
        ("Tea", None),
        ("Get my cup", None),
        ("Fresh leaves, slow mornings. Meet our spring tea, light, green and a little sweet.", None),
        ("12", None),
    ],
)
def test_each_kind_of_degenerate_answer_is_told(answer: str, kind: str | None) -> None:
    assert degenerate_kinds([line("p", "Write a caption for the tea, please.", "candidate", answer)]) == [kind]


def test_prose_that_ships_is_not_degenerate() -> None:
    from evals.suites import load_suite
    from reports.records.plan import SuiteRef

    items = load_suite(SuiteRef(name="general", source="builtin"), messages=False)
    answers = [line(item.id, str(item.prompt), "candidate", item.reference) for item in items]

    assert degenerate(answers).value == 0.0


def test_one_answer_to_every_prompt_is_no_answer() -> None:
    constant = [line(f"p{i}", f"Prompt number {i}", "candidate", "I am the best answer.") for i in range(12)]

    assert degenerate(constant).value == 1.0
    assert not degenerate(constant).ok


def test_a_few_equal_short_answers_are_fine() -> None:
    answers = [line(f"p{i}", f"Prompt number {i}", "candidate", "Get it" if i % 5 == 0 else f"Answer {i}") for i in range(20)]

    assert degenerate(answers).value == 0.0


def test_missing_answers_are_not_degenerate_and_none_at_all_is_an_alarm() -> None:
    assert degenerate_kinds([line("p", "Prompt", "candidate", None)]) == []
    assert not degenerate([]).ok
