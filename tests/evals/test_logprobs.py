"""Drift is exact: by hand on a small vocabulary, zero for equal models, and the same in any batch."""

import math
from pathlib import Path

import pytest

from evals.logprobs import Drifts, compare_logprobs, token_values
from evals.models import ModelPair, load_pair, load_tokenizer
from evals.rendering import encode_reference
from evals.suites import load_suites
from reports.progress import ProgressLog
from reports.records.evaluation import Message, SuiteItem
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_adapter, build_tiny_model
from tests.evals.tiny_run import make_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    build_tiny_model(folder / "tiny")
    return folder


def scored(folder: Path, pair: ModelPair, items: list[SuiteItem], batch_tokens: int = 200, context: int | None = 256) -> Drifts:
    tokenizer = load_tokenizer(str(folder / "tiny"), messages=True).tokenizer
    run = RunDir(folder / "run")
    return compare_logprobs(pair, tokenizer, items, context, batch_tokens, ProgressLog(run))


def texts(folder: Path) -> list[SuiteItem]:
    run, plan = make_run(folder, folder / "tiny")
    return [item for item in load_suites(run, plan) if item.reference]


def pair_of(folder: Path, scale: float) -> ModelPair:
    return load_pair(str(folder / "tiny"), build_tiny_adapter(folder / "tiny", folder / f"adapter{scale}", scale=scale))


def test_kl_and_likelihood_by_hand() -> None:
    import torch

    baseline, candidate = torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([[0.25, 0.25, 0.5]]).log()

    values = token_values(baseline + 3.0, candidate - 1.0, torch.tensor([2]))[:, 0].tolist()

    forward = 0.25 * math.log(0.25 / 0.5) + 0.5 * math.log(0.5 / 0.25)
    backward = 0.5 * math.log(0.5 / 0.25) + 0.25 * math.log(0.25 / 0.5)
    assert values == pytest.approx([math.log(4), math.log(2), forward, backward], rel=1e-6)


def test_kl_is_not_symmetric_and_has_the_direction_it_says() -> None:
    import torch

    sure, unsure = torch.tensor([[0.98, 0.01, 0.01]]).log(), torch.tensor([[1 / 3, 1 / 3, 1 / 3]]).log()

    values = token_values(unsure, sure, torch.tensor([0]))[:, 0].tolist()

    entropy = -(0.98 * math.log(0.98) + 0.02 * math.log(0.01))
    assert values[2] == pytest.approx(math.log(3) - entropy, rel=1e-5)
    assert values[3] == pytest.approx(-math.log(3) - (math.log(0.98) + 2 * math.log(0.01)) / 3, rel=1e-5)


def test_chunks_of_tokens_do_not_change_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    generator = torch.Generator().manual_seed(0)
    baseline, candidate = (torch.randn(13, 7, generator=generator) for _ in range(2))
    tokens = torch.arange(13) % 7
    whole = token_values(baseline, candidate, tokens)

    monkeypatch.setattr("evals.logprobs.LOGITS_IN_FLOAT32", 14)

    assert torch.equal(token_values(baseline, candidate, tokens), whole)


def test_an_adapter_that_changes_nothing_has_no_drift_at_all(folder: Path) -> None:
    drifts = scored(folder, pair_of(folder, 0.0), texts(folder))

    assert len(drifts.found) == 17
    assert all(d.kl_candidate_baseline == d.kl_baseline_candidate == 0.0 for d in drifts.found.values())
    assert all(d.nll_candidate == d.nll_baseline for d in drifts.found.values())


def test_drift_equals_one_text_at_a_time_computed_from_plain_probabilities(folder: Path) -> None:
    import torch

    pair, items = pair_of(folder, 0.2), texts(folder)
    drifts = scored(folder, pair, items)
    tokenizer = load_tokenizer(str(folder / "tiny"), messages=True).tokenizer
    for item in items[:3]:
        text = encode_reference(tokenizer, item.prompt, item.reference, 256)
        probabilities = []
        for side in ("baseline", "candidate"):
            with pair.side(side) as model, torch.inference_mode():
                probabilities.append(model(input_ids=torch.tensor([text.ids])).logits[0].double().softmax(-1))
        before, after = (p[text.start - 1 : -1] for p in probabilities)
        kl = (after * (after / before).log()).sum(-1).mean().item()
        nll = -torch.stack([after[i, token] for i, token in enumerate(text.ids[text.start :])]).log().mean().item()

        found = drifts.found[item.id]
        assert found.tokens == len(text.ids) - text.start
        assert found.kl_candidate_baseline == pytest.approx(kl, rel=1e-4)
        assert found.nll_candidate == pytest.approx(nll, rel=1e-5)
        assert found.kl_candidate_baseline > 0.01


def test_batches_do_not_change_drift_beyond_rounding(folder: Path) -> None:
    pair, items = pair_of(folder, 0.2), texts(folder)

    alone, together = scored(folder, pair, items, 1), scored(folder, pair, items, 10_000)

    for name, drift in alone.found.items():
        assert together.found[name] == pytest.approx(drift, rel=1e-4)


def test_only_the_reference_is_scored_and_it_is_tokenised_as_in_training(folder: Path) -> None:
    tokenizer = load_tokenizer(str(folder / "tiny"), messages=True).tokenizer
    turn = (Message(role="user", content="Hello"),)

    text = encode_reference(tokenizer, turn, "world", 256)

    assert tokenizer.decode(text.ids) == "<|user|>Hello<|assistant|>world</s>"
    assert tokenizer.decode(text.ids[text.start :]) == "world</s>"


def test_a_text_without_reference_is_scored_itself(folder: Path) -> None:
    item = SuiteItem(id="plain", suite="general", prompt="Fresh leaves, slow mornings")

    drift = scored(folder, pair_of(folder, 0.2), [item]).found["plain"]

    tokenizer = load_tokenizer(str(folder / "tiny"), messages=True).tokenizer
    assert drift.tokens == len(tokenizer("Fresh leaves, slow mornings")["input_ids"]) - 1


def test_a_long_text_keeps_half_of_the_context_for_the_answer(folder: Path) -> None:
    tokenizer = load_tokenizer(str(folder / "tiny"), messages=True).tokenizer

    text = encode_reference(tokenizer, "<s>" + "a b c d e f g h " * 5, "i j k l m n o p q r s t", 16)

    assert text.was_cut
    assert (len(text.ids), text.start) == (16, 8)
    assert text.ids[0] == tokenizer.bos_token_id
    assert tokenizer.decode(text.ids[text.start :]).startswith("i j")


def test_a_text_of_one_token_is_missing_and_a_cut_one_is_noted(folder: Path) -> None:
    items = [
        SuiteItem(id="short", suite="general", prompt="a"),
        SuiteItem(id="long", suite="general", prompt="Fresh leaves, slow mornings, and a cup that waits"),
    ]

    drifts = scored(folder, pair_of(folder, 0.2), items, context=8)

    assert drifts.missing == {"short": "the text has no token to score"}
    assert drifts.found["long"].tokens == 7
    assert drifts.notes == ("1 of 1 texts were cut to the model's context.",)


def test_probabilities_that_are_no_numbers_are_missing(folder: Path) -> None:
    import torch

    pair = pair_of(folder, 0.2)
    for name, weight in pair.candidate.named_parameters():
        if "lora_B" in name:
            torch.nn.init.constant_(weight, math.nan)

    drifts = scored(folder, pair, texts(folder))

    assert drifts.found == {}
    assert set(drifts.missing.values()) == {"the model's probabilities are not finite numbers"}
