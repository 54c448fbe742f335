"""A tiny model's own answers: drawn once, kept, and scored by a tiny reward model."""

import json
from pathlib import Path

import pytest

from evals.pairs.prompts import PromptRows, read_prompts
from evals.pairs.ranking import Group, group_answers
from evals.pairs.rewarding import compare_by_reward, judge_folder
from evals.pairs.samples import Samples, Settings, StoredSamples, draw
from reports.errors import DataError, MissingError
from reports.jsonl import Jsonl
from tests.evals.pairs.judging import group
from tests.evals.tiny import build_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny chat model."""
    return build_tiny_model(tmp_path_factory.mktemp("model"))


def prompts(folder: Path, number: int = 3, messages: bool = False) -> PromptRows:
    """Return prompts read from a file."""
    rows = [f"How do I make tea {n}?" for n in range(number)]
    asked: list[object] = [[{"role": "user", "content": text}] for text in rows] if messages else list(rows)
    (folder / "prompts.jsonl").write_text("".join(json.dumps({"prompt": one}) + "\n" for one in asked))
    return read_prompts([str(folder / "prompts.jsonl")]).without_repeats()


def drawn(model: Path, rows: PromptRows, store: Path, **settings: object) -> Samples:
    """Draw four short answers to each prompt."""
    chosen = Settings(str(model), new_tokens=12)._replace(**settings)  # type: ignore[arg-type]
    return draw(chosen, rows, Jsonl(store, StoredSamples), lambda *_: None)


@pytest.mark.parametrize("messages", [False, True])
def test_answers_are_drawn_once_and_kept(model: Path, tmp_path: Path, messages: bool) -> None:
    rows, store = prompts(tmp_path, messages=messages), tmp_path / "samples.jsonl"
    first = drawn(model, rows, store)
    assert (first.drawn, [len(one.answers) for one in first.sampled]) == (12, [4, 4, 4])
    assert len({answer.text for answer in first.sampled[0].answers}) > 1
    again = drawn(model, rows, store)
    assert (again.drawn, again.sampled) == (0, first.sampled)


def test_a_killed_command_draws_what_it_would_have_drawn(model: Path, tmp_path: Path) -> None:
    rows = prompts(tmp_path, 10)
    whole = drawn(model, rows, tmp_path / "whole.jsonl", new_tokens=6)
    lines = (tmp_path / "whole.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "torn.jsonl").write_text("".join(lines[:8]) + lines[8][:20])
    resumed = drawn(model, rows, tmp_path / "torn.jsonl", new_tokens=6)
    assert (resumed.drawn, resumed.sampled) == (8, whole.sampled)


@pytest.mark.parametrize("changed", [{"seed": 1}, {"temperature": 0.5}, {"per_prompt": 3}, {"new_tokens": 5}])
def test_other_settings_are_other_answers(model: Path, tmp_path: Path, changed: dict[str, float]) -> None:
    rows, store = prompts(tmp_path, 1), tmp_path / "samples.jsonl"
    drawn(model, rows, store)
    assert drawn(model, rows, store, **changed).drawn > 0


def test_a_low_temperature_makes_answers_alike(model: Path, tmp_path: Path) -> None:
    rows = prompts(tmp_path, 1)
    cold = drawn(model, rows, tmp_path / "cold.jsonl", temperature=0.001)
    assert len({answer.text for answer in cold.sampled[0].answers}) == 1


def test_a_prompt_that_does_not_fit_is_refused_and_not_cut(model: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text(json.dumps({"prompt": "tea " * 400}) + "\n")
    found = drawn(model, read_prompts([str(tmp_path / "prompts.jsonl")]), tmp_path / "samples.jsonl")
    assert found.sampled[0].answers == ()
    assert "longer than" in found.sampled[0].error


def test_every_row_is_a_prompt_or_refused(tmp_path: Path) -> None:
    rows = [{"prompt": "tea?"}, {"prompt": "  "}, {"prompt": "TEA?"}, {"prompt": 3}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    found = read_prompts([str(tmp_path / "p.jsonl")]).without_repeats()
    assert ([one.row for one in found.rows], found.read) == ([1], 4)
    assert sorted(one.row for one in found.refused) == [2, 3, 4]
    assert "the same prompt as row 1" in str(found.refused)


def test_texts_without_prompts_are_named(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"text": "Tea is a drink."}\n')
    with pytest.raises(DataError, match="without a prompt"):
        read_prompts([str(tmp_path / "p.jsonl")])


def reward_model(base: Path, folder: Path) -> Path:
    """Write a tiny reward model with random weights."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = AutoModelForSequenceClassification.from_pretrained(str(base), num_labels=1, dtype=torch.float32)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(base)).save_pretrained(folder)
    return folder


def test_a_reward_model_leads_are_consistent(model: Path, tmp_path: Path) -> None:
    judge = reward_model(model, tmp_path / "judge")
    (found,) = compare_by_reward([group("calm", "BUY NOW!", "hm")], str(judge), lambda *_: None)
    assert set(found.leads) == {(0, 1), (0, 2), (1, 2)}
    assert all(-1 < lead < 1 and lead != 0 for lead in found.leads.values())
    (swapped,) = compare_by_reward([group("BUY NOW!", "calm")], str(judge), lambda *_: None)
    assert swapped.leads[0, 1] == pytest.approx(-found.leads[0, 1], abs=1e-5)


def test_a_model_without_a_trained_head_is_no_judge(model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no trained 'score' layer"):
        judge_folder(str(model))
    with pytest.raises(MissingError, match="holds no reward model"):
        judge_folder(str(tmp_path))


def test_drawn_answers_can_be_grouped(model: Path, tmp_path: Path) -> None:
    found = drawn(model, prompts(tmp_path, 3), tmp_path / "samples.jsonl", new_tokens=40)
    for one in map(group_answers, found.sampled):
        assert isinstance(one, Group) or "cut at the token limit" in one.reason
