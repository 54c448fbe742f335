"""The demo's base model: tokenizer, chat template, and training that is the same each time."""

import random
from pathlib import Path
from typing import Any

import pytest

from trainers.demo.base_model import (
    PROMPT_WEIGHT,
    BaseSettings,
    Encoded,
    encode,
    make_batches,
    new_model,
    save_base,
    schedule,
    train_base,
    train_tokenizer,
    weighted_loss,
)
from trainers.demo.corpus import Document, make_corpus

pytestmark = pytest.mark.training

TINY = BaseSettings(vocabulary=420, hidden=32, intermediate=64, layers=1, heads=2, context=128, documents=160, batch=16)
DOCUMENTS = make_corpus(TINY.documents, TINY.seed, frozenset())


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(DOCUMENTS, TINY)


def silent(done: int, total: int) -> None:
    """Say nothing."""


def trained_weights(tokenizer: Any) -> list[float]:
    model = new_model(tokenizer, TINY)
    train_base(model, tokenizer, DOCUMENTS[:64], TINY, silent)
    return [float(weight.sum()) for weight in model.parameters()]


def test_the_tokenizer_gives_back_every_text(tokenizer: Any) -> None:
    for document in DOCUMENTS[:40]:
        assert tokenizer.decode(tokenizer(document.text)["input_ids"]) == document.text


def test_special_tokens_are_four_different_ones(tokenizer: Any) -> None:
    assert len({tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id}) == 4


def test_the_tokenizer_adds_no_token_by_itself(tokenizer: Any) -> None:
    assert tokenizer.bos_token_id not in tokenizer("tea")["input_ids"]


def test_the_prompt_with_its_opening_is_the_start_of_the_whole_conversation(tokenizer: Any) -> None:
    prompt = [{"role": "user", "content": "Write a caption."}]
    opened = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)
    whole = tokenizer.apply_chat_template([*prompt, {"role": "assistant", "content": "Tea."}], tokenize=False)

    assert whole == f"{opened}Tea.{tokenizer.eos_token}"
    assert whole.count(tokenizer.bos_token) == 1


def test_the_template_marks_the_answer_and_its_end(tokenizer: Any) -> None:
    talk = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Tea."}]
    rendered = tokenizer.apply_chat_template(talk, return_assistant_tokens_mask=True, return_dict=True)
    marked = [token for token, mine in zip(rendered["input_ids"], rendered["assistant_masks"], strict=True) if mine]

    assert tokenizer.decode(marked) == f"Tea.{tokenizer.eos_token}"


def test_training_sees_what_the_template_renders(tokenizer: Any) -> None:
    row = encode(tokenizer, [Document("Hello.", "Tea.")])[0]
    talk = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Tea."}]

    assert row.tokens == tokenizer.apply_chat_template(talk, return_dict=True)["input_ids"]
    assert tokenizer.decode(row.tokens[row.prompt :]) == f"Tea.{tokenizer.eos_token}"


def test_every_row_is_in_exactly_one_batch() -> None:
    rng = random.Random(1)
    rows = [Encoded([number] * rng.randint(1, 9), 1) for number in range(101)]

    batches = make_batches(rows, TINY)

    assert sorted(row.tokens[0] for batch in batches for row in batch) == list(range(101))


def test_the_learning_rate_rises_then_falls_to_almost_nothing() -> None:
    rates = [schedule(step / 100) for step in range(101)]

    assert rates[0] == 0.0
    assert max(rates) == pytest.approx(1.0)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)


def test_padding_does_not_change_the_loss(tokenizer: Any) -> None:
    model = new_model(tokenizer, TINY)
    rows = encode(tokenizer, [Document("Hello.", "Tea."), Document("What is for supper?", "Soup, and then some bread.")])
    counted = [PROMPT_WEIGHT * (row.prompt - 1) + len(row.tokens) - row.prompt for row in rows]
    alone = sum(weighted_loss(model, [row]).item() * weight for row, weight in zip(rows, counted, strict=True))

    assert weighted_loss(model, rows).item() == pytest.approx(alone / sum(counted), rel=1e-5)


def test_training_lowers_the_loss(tokenizer: Any) -> None:
    model = new_model(tokenizer, TINY)
    rows = encode(tokenizer, DOCUMENTS[:32])
    before = weighted_loss(model, rows).item()

    train_base(model, tokenizer, DOCUMENTS, TINY, silent)

    assert weighted_loss(model, rows).item() < before - 0.3


def test_training_is_the_same_each_time(tokenizer: Any) -> None:
    assert trained_weights(tokenizer) == trained_weights(tokenizer)


def test_training_tells_how_far_it_is(tokenizer: Any) -> None:
    told: list[tuple[int, int]] = []

    train_base(new_model(tokenizer, TINY), tokenizer, DOCUMENTS[:48], TINY, lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_saved_model_loads_with_its_end_token_and_template(tokenizer: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    save_base(new_model(tokenizer, TINY), tokenizer, tmp_path)
    model, found = AutoModelForCausalLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)

    assert model.generation_config.eos_token_id == found.eos_token_id == tokenizer.eos_token_id
    assert found.chat_template == tokenizer.chat_template
    assert not list(tmp_path.glob("*.bin"))
