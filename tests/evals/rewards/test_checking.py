"""The step before reinforcement on a tiny model, and the prompts it reads."""

import json
from pathlib import Path

import pytest

from evals.rewards.checking import Sampling, check_rewards
from evals.rewards.prompts import from_rows, read_prompts
from reports.errors import DataError, UsageError
from tests.evals.rewards.material import built
from tests.evals.tiny import build_tiny_adapter, build_tiny_model

SMALL = Sampling(prompts=4, samples=3, new_tokens=6)


class Heard:
    """Progress that remembers what began."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.done = 0

    def begin(self, stage: str, title: str, total: int | None, unit: str) -> None:
        self.titles.append(title)

    def advance(self, done: int) -> None:
        self.done = done


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny chat model."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def rows(count: int, start: int = 0) -> list[dict[str, object]]:
    return [
        {"prompt": f"What is {n} plus 2?", "completion": f"{n} and 2 make #### {n + 2}", "answer": n + 2}
        for n in range(start, start + count)
    ]


def test_rewards_are_tried_on_answers_of_the_model(model: Path) -> None:
    heard = Heard()
    prompts, held_out = from_rows(rows(6)), from_rows(rows(3, 50))
    rewards = built("numeric-answer", "regex:pattern=[aeiou];weight=0.1")
    found = check_rewards(str(model), prompts, rewards, heard, held_out=held_out, sampling=SMALL)
    again = check_rewards(str(model), prompts, rewards, Heard(), held_out=held_out, sampling=SMALL)
    assert found == again
    assert [(one.split, one.prompts) for one in found.splits] == [("train", 4), ("held-out", 1)]
    assert found.samples == 3
    assert found.settings["prompts"] == 4
    assert heard.titles[0] == "Loading the model"
    assert heard.done == 1
    assert {one.name: one.loses.value for one in found.bad_answers}["empty"] == 1.0


def test_an_adapter_answers_differently(model: Path, tmp_path: Path) -> None:
    prompts, rewards = from_rows(rows(4)), built("length-band:low=50;high=60;unit=characters")
    adapter = build_tiny_adapter(model, tmp_path / "adapter", scale=2.0)
    base = check_rewards(str(model), prompts, rewards, Heard(), sampling=SMALL)
    tuned = check_rewards(str(model), prompts, rewards, Heard(), trained=adapter, sampling=SMALL)
    assert base.rewards != tuned.rewards
    whole = check_rewards(str(model), prompts, rewards, Heard(), trained=model, sampling=SMALL)
    assert base == whole


def test_a_reward_that_cannot_be_called_is_found_before_the_model_is_loaded() -> None:
    heard = Heard()
    with pytest.raises(UsageError, match="column 'solution'"):
        check_rewards("nowhere", from_rows(rows(2)), built("numeric-answer:column=solution"), heard)
    assert heard.titles == []
    with pytest.raises(DataError, match="no prompt"):
        check_rewards("nowhere", [], built("numeric-answer"), heard)


def test_prompts_come_from_any_layout_with_a_good_answer_where_one_is_known(tmp_path: Path) -> None:
    alone = write(tmp_path / "alone.jsonl", [{"prompt": "A?", "answer": "1"}, {"prompt": "B?", "answer": "2"}])
    pairs = write(tmp_path / "pairs.jsonl", [{"prompt": "A?", "chosen": "yes", "rejected": "no"}])
    rated = write(
        tmp_path / "rated.jsonl",
        [{"prompt": "C?", "completion": "good", "label": True}, {"prompt": "D?", "completion": "bad", "label": False}],
    )
    found = {one.prompt: one for one in read_prompts([alone, pairs, rated]).asked}
    assert {prompt: one.reference for prompt, one in found.items()} == {"A?": "yes", "B?": "", "C?": "good", "D?": ""}
    assert found["B?"].columns["answer"] == "2"


def test_the_order_of_prompts_is_the_seeds(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl", rows(9))
    back = write(tmp_path / "back.jsonl", rows(9)[::-1])
    orders = [[one.prompt for one in read_prompts([path], seed).asked] for path, seed in ((file, 1), (back, 1), (file, 2))]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_texts_without_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="hold no prompts"):
        read_prompts([write(tmp_path / "text.jsonl", [{"text": "Once upon a time."}])])


def test_prepared_rows_keep_turns_columns_and_references() -> None:
    turns = [{"role": "user", "content": "Hi"}]
    first, second = from_rows(
        [
            {"prompt": turns, "chosen": [{"role": "assistant", "content": "Hello"}], "id": "7"},
            {"prompt": "B", "reference": "b"},
            {"prompt": " b "},
        ]
    )
    assert (first.prompt[0].content, first.reference, first.columns["id"]) == ("Hi", "Hello", "7")  # type: ignore[union-attr]
    assert second.reference == "b"
