"""Margins are those of the tensors DPO trains on, by any batch; swapped, solved and even pairs are told apart."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from evals.data.checks.margins import check_margins, judge_margins, without_margins
from evals.data.examples import Example
from evals.data.margins import Margin, Margins, Scored, reference_margins
from evals.data.template.collating import Setup
from evals.model_source import inspect_model
from evals.models import load_base
from tests.evals.data.rows import example, pair
from tests.evals.data.template.tokenizers import load, pairs, texts

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@pytest.fixture(scope="module")
def model(folder: Path) -> "PreTrainedModel":
    return load_base(str(folder)).eval()


def margins(folder: Path, model: "PreTrainedModel", rows: list[Example], count: int = 20, length: int | None = 256) -> Margins:
    return reference_margins(rows, model, Setup(load(folder), length), count)


def swapped(row: Example) -> Example:
    return row._replace(fields={**row.fields, "chosen": row.fields["rejected"], "rejected": row.fields["chosen"]})


def made(per_token: float, number: int = 1, tokens: int = 10) -> Margin:
    return Margin(example(pair(number), number), Scored(tokens * (per_token - 3), tokens), Scored(-3.0 * tokens, tokens))


def test_a_margin_is_the_difference_of_summed_log_probabilities(folder: Path, model: "PreTrainedModel") -> None:
    import torch

    row, tokenizer = pairs(1)[0], load(folder)
    prompt = tokenizer.apply_chat_template(row.fields["prompt"], add_generation_prompt=True)["input_ids"]
    expected = []
    for name in ("chosen", "rejected"):
        ids = tokenizer.apply_chat_template(row.fields["prompt"] + row.fields[name])["input_ids"]  # type: ignore[operator]
        with torch.inference_mode():
            logps = model(torch.tensor([ids])).logits[0].log_softmax(dim=-1)
        expected.append(sum(float(logps[place - 1, ids[place]]) for place in range(len(prompt), len(ids))))

    found = margins(folder, model, [row]).found[0]

    assert [found.chosen.logp, found.rejected.logp] == pytest.approx(expected, rel=1e-5)
    assert found.total == pytest.approx(expected[0] - expected[1], rel=1e-4)


def test_a_margin_is_the_same_in_any_batch_and_turns_with_its_pair(folder: Path, model: "PreTrainedModel") -> None:
    rows = pairs(6)

    together = margins(folder, model, rows).found
    alone = [margins(folder, model, [row]).found[0] for row in rows]
    turned = margins(folder, model, [swapped(row) for row in rows]).found

    assert [one.total for one in together] == pytest.approx([one.total for one in alone], abs=1e-4)
    assert [one.per_token for one in turned] == pytest.approx([-one.per_token for one in together], abs=1e-5)


def test_pairs_that_cannot_be_scored_are_counted(folder: Path, model: "PreTrainedModel") -> None:
    rows = pairs(3)
    rows[1].fields["prompt"][0]["content"] = "tea " * 200  # type: ignore[index]

    found = margins(folder, model, rows, length=128)

    assert ([one.example.number for one in found.found], found.missing) == ([1, 3], 1)


def test_the_count_of_scored_answers_is_told(folder: Path, model: "PreTrainedModel") -> None:
    heard: list[tuple[int, int]] = []

    reference_margins(pairs(3), model, Setup(load(folder), 256), 20, lambda done, of: heard.append((done, of)))

    assert heard[-1] == (6, 6)


def test_even_pairs_pass() -> None:
    found = judge_margins([made(0.3 if number % 2 else -0.3, number) for number in range(40)])

    assert (found.state, found.value, found.fix) == ("pass", 0.5, "")
    assert "20 of 40 (50.0 %) sampled pairs (95 % interval 33.8 to 66.2 %)" in found.because


def test_pairs_with_swapped_labels_are_shown_worst_first() -> None:
    found = judge_margins(
        [made(0.2, number) for number in range(1, 31)] + [made(-float(number), number) for number in range(2, 12)]
    )

    assert (found.state, found.blocking) == ("warn", False)
    assert [row.row for row in found.evidence] == [11, 10, 9, 8, 7]
    assert found.evidence[0].excerpt.startswith("-11.0 nats a token, chosen: Slow mornings")
    assert "labels swapped" in found.fix


def test_a_few_pairs_against_may_be_chance() -> None:
    assert (
        judge_margins([made(0.2, number) for number in range(1, 35)] + [made(-2.0, number) for number in range(6)]).state
        == "pass"
    )


def test_pairs_that_the_model_solves_teach_little() -> None:
    found = judge_margins([made(2.0, number) for number in range(30)])

    assert (found.state, found.value) == ("warn", 1.0)
    assert "teach little" in found.fix
    assert found.evidence == ()


def test_a_model_that_prefers_what_is_rejected_is_named() -> None:
    assert "not swapped" in judge_margins([made(-0.5, number) for number in range(30)]).fix


def test_what_length_decides_alone_is_not_called_a_swap() -> None:
    longer = [Margin(example(pair(n), n), Scored(-40.0, 40), Scored(-20.0, 10)) for n in range(30)]

    found = judge_margins(longer)

    assert (found.value, found.state) == (0.0, "pass")
    assert "the shorter answer is the more probable one in 30 of 30 (100.0 %)" in found.because


def test_the_check_loads_the_model_only_for_pairs(folder: Path) -> None:
    ref = inspect_model(str(folder))

    scored = check_margins(pairs(4), ref, Setup(load(folder), 256), 3)
    none = check_margins(texts(4), replace(ref, name="absent"), Setup(load(folder), 256), 3)

    assert (scored.code, "of 3 (" in scored.because) == ("MARG001", True)
    assert (none.state, none.because) == ("skipped", "the data hold no preference pairs")


def test_an_unasked_check_names_the_flag() -> None:
    assert "--margins" in without_margins(pairs(1)).because
    assert "--model" in without_margins(pairs(1), has_model=False).because
