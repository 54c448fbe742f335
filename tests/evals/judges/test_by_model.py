"""A local model judges by the probabilities of two letters; where it says neither, its judgement is missing."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from evals.judges.asking import ask_judge
from evals.judges.by_model import ModelJudge, letter_tokens, load_model_judge
from evals.judges.contest import Contest, Opinion
from evals.model_source import inspect_model
from evals.models import load_tokenizer
from reports.errors import MissingError
from reports.records.plan import ModelRef
from tests.evals.judges.material import completions, contests, empty_run, items
from tests.evals.tiny import build_tiny_model

ANSWER = re.compile(r"<answer-[ab]-\w+>\s*(.*?)\s*</", re.DOTALL)


class FakeModel:
    """A model that likes the longer answer by three to one, plus one to one for what stands first."""

    device = "cpu"

    def __init__(self, tokenizer: Any, likes_first: float = 0.0, mass: float = 0.9) -> None:
        self.tokenizer = tokenizer
        self.likes_first = likes_first
        self.mass = mass
        self.calls = 0

    def __call__(self, input_ids: Any, attention_mask: Any, **_: Any) -> Any:
        import torch

        self.calls += len(input_ids)
        rows = []
        for ids, mask in zip(input_ids, attention_mask, strict=True):
            first, second = ANSWER.findall(self.tokenizer.decode(ids[mask == 1]))
            share = min(0.99, max(0.01, (0.75 if len(first) > len(second) else 0.25) + self.likes_first))
            shares = torch.full((len(self.tokenizer),), (1 - self.mass) / len(self.tokenizer))
            for letter, weight in (("A", share), ("B", 1 - share)):
                shares[letter_tokens(self.tokenizer, letter)[0]] = self.mass * weight
            rows.append(shares.log()[None])
        return SimpleNamespace(logits=torch.stack(rows))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("judge") / "tiny")


def judge_of(place: Path, context: int = 4096, **fake: float) -> ModelJudge:
    tokenizer = load_tokenizer(str(place), messages=False).tokenizer
    ref = ModelRef(name=str(place), label="tiny", digest="d", context_length=context)
    return ModelJudge(cast("Any", FakeModel(tokenizer, **fake)), tokenizer, ref)


def opinions(judge: ModelJudge, *asked: Contest) -> list[Opinion]:
    found = [one for part in judge.compare(asked, lambda done: None) for one in part]
    return sorted(found, key=lambda one: (one.judgement.prompt_id, one.judgement.order))


def test_the_preference_is_the_share_of_the_letter_in_both_orders(place: Path) -> None:
    found = opinions(judge_of(place), *contests(("Tea", "Tea that is warm"), ("Tea that is warm", "Tea")))

    assert [one.judgement.preference for one in found] == pytest.approx([0.75, 0.75, 0.25, 0.25], abs=0.01)


def test_a_liking_for_the_first_place_cancels_out(place: Path) -> None:
    found = opinions(judge_of(place, likes_first=0.1), *contests(("Tea", "Tea that is warm")))

    assert [one.judgement.preference for one in found] == pytest.approx([0.65, 0.85], abs=0.01)


def test_a_model_that_says_neither_letter_gives_no_judgement(place: Path) -> None:
    found = opinions(judge_of(place, mass=0.05), *contests(("Tea", "Tea that is warm")))

    assert [one.judgement.preference for one in found] == [None, None]
    assert all(one.is_unread for one in found)


def test_answers_beyond_the_context_are_missing(place: Path) -> None:
    found = opinions(judge_of(place, context=40), *contests(("Tea", "Tea that is warm")))

    assert [one.judgement.preference for one in found] == [None, None]
    assert "longer than the judge's context of 40" in found[0].judgement.error


def test_what_was_judged_is_not_judged_again(place: Path, tmp_path: Path) -> None:
    answers: list[tuple[str | None, str | None]] = [("Tea", "Tea that is warm"), ("Mug", "Mug of a friend")]
    judge, run = judge_of(place), empty_run(tmp_path)
    for _ in range(2):
        judged = ask_judge(run, judge, items(2), completions(answers), None, lambda *_: None)

    assert cast("FakeModel", judge._model).calls == 4
    assert [found.preference for found in judged.judgements.values()] == pytest.approx([0.75, 0.75], abs=0.01)
    assert len(run.judgements.read()) == 4


def test_a_real_model_without_a_clue_is_unread(place: Path) -> None:
    ref = replace(inspect_model(str(place)), context_length=4096)
    found = opinions(load_model_judge(ref), *contests(("Tea", "Tea that is warm")))

    assert all(one.is_unread for one in found)
    assert "neither A nor B" in found[0].judgement.error


def test_a_vocabulary_without_letters_is_refused() -> None:
    class Numbers:
        def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
            return {"input_ids": [7]}

        def decode(self, ids: list[int]) -> str:
            return "7"

    with pytest.raises(MissingError, match="letter A"):
        letter_tokens(cast("Any", Numbers()), "A")
