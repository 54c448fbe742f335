"""Lengths in tokens, as TRL will see the rows, and the rule for rows that are too long."""

from typing import TYPE_CHECKING

import pytest

from evals.data.examples import Example, Fields
from evals.data.fitting import fit
from evals.data.lengths import BATCH, Lengths, Refused, TokenCounter, quantiles
from reports.records.data import Quantiles
from tests.evals.data.rows import demonstration, example, examples, pair, transcript

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Turns = list[dict[str, str]]


def turns(*contents: str) -> Turns:
    """Return turns that alternate, the user's first."""
    return [{"role": "user" if place % 2 == 0 else "assistant", "content": text} for place, text in enumerate(contents)]


def dialogue(prompt: Turns, answer: str = "b") -> Example:
    """Return an example of messages."""
    return example({"prompt": prompt, "completion": [{"role": "assistant", "content": answer}]})


def fitted(rows: list[Example], tokenizer: "PreTrainedTokenizerBase", limit: int | None) -> list[Fields]:
    """Return the fields of the rows that fit."""
    counter = TokenCounter(tokenizer, limit)
    return [row.fields for row in fit(rows, counter.measure(rows), counter, limit).kept]


def test_messages_are_counted_through_the_template_as_trl_renders_them(tokenizer: "PreTrainedTokenizerBase") -> None:
    prompt, chosen, rejected = turns("Tea?"), turns("", "Mint, mild.")[1:], turns("", "No!")[1:]
    row = example({"prompt": prompt, "chosen": chosen, "rejected": rejected})
    expected = [
        tokenizer.apply_chat_template(conversation, add_generation_prompt=is_prompt)["input_ids"]
        for conversation, is_prompt in ((prompt, True), (prompt + chosen, False), (prompt + rejected, False))
    ]
    lengths = [len(ids) for ids in expected]
    assert TokenCounter(tokenizer, None).measure([row]) == [Lengths(lengths[0], (lengths[1], lengths[2]))]


def test_strings_are_counted_with_an_end_token(tokenizer: "PreTrainedTokenizerBase") -> None:
    rows = [example({"prompt": "Tea?", "completion": " Mint."}), example({"prompt": "Tea?", "completion": " Mint.</s>"})]
    expected = Lengths(len(tokenizer("Tea?")["input_ids"]), (len(tokenizer("Tea? Mint.</s>")["input_ids"]),))
    assert TokenCounter(tokenizer, None).measure(rows) == [expected, expected]


def test_answers_that_differ_in_text_but_not_in_tokens_are_seen(tokenizer: "PreTrainedTokenizerBase") -> None:
    same = example({"prompt": "Tea?", "chosen": " Mint.", "rejected": " Mint.</s>"})
    cut = example({"prompt": "Tea? " * 20, "chosen": " Mint.", "rejected": " Sage."})
    measured = [TokenCounter(tokenizer, limit).measure([same, cut]) for limit in (None, 10)]
    assert [[row.is_same for row in rows if isinstance(row, Lengths)] for rows in measured] == [[True, False], [True, True]]


def test_many_rows_are_counted_in_batches_and_reported(tokenizer: "PreTrainedTokenizerBase") -> None:
    rows = examples(pair(number) for number in range(BATCH + 3))
    done: list[int] = []
    counter = TokenCounter(tokenizer, None)
    lengths = counter.measure(rows, done.append)
    assert done == [BATCH, BATCH + 3]
    assert lengths[-2:] == counter.measure(rows[-2:])


def test_a_row_that_the_template_refuses_is_dropped_alone(tokenizer: "PreTrainedTokenizerBase") -> None:
    from copy import deepcopy

    strict = deepcopy(tokenizer)
    strict.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system turns') }}{% endif %}"
        "{{ m.content }}{% endfor %}"
    )
    rows = [dialogue(turns("a")), dialogue([{"role": "system", "content": "s"}, *turns("a")]), dialogue(turns("c"))]
    counter = TokenCounter(strict, 64)
    lengths = counter.measure(rows)
    found = fit(rows, lengths, counter, 64)
    assert lengths[1] == Refused("the model's chat template refuses it: no system turns")
    assert [row.fields for row in found.kept] == [rows[0].fields, rows[2].fields]
    assert [lost.reason for lost in found.refused] == ["the model's chat template refuses it: no system turns"]


def test_the_oldest_turns_go_until_the_row_fits(tokenizer: "PreTrainedTokenizerBase") -> None:
    row = dialogue(turns("old " * 30, "older", "young " * 5, "younger", "now?"))
    kept = fitted([row], tokenizer, limit=64)
    assert kept == [{**row.fields, "prompt": turns("young " * 5, "younger", "now?")}]
    assert fitted([row], tokenizer, limit=10) == [{**row.fields, "prompt": turns("now?")}]


def test_a_leading_system_turn_stays(tokenizer: "PreTrainedTokenizerBase") -> None:
    system = {"role": "system", "content": "Be brief."}
    row = dialogue([system, *turns("old " * 30, "older", "now?")])
    assert fitted([row], tokenizer, limit=32) == [{**row.fields, "prompt": [system, *turns("now?")]}]


def test_a_row_of_one_long_question_is_dropped_whole(tokenizer: "PreTrainedTokenizerBase") -> None:
    row, fine = dialogue(turns("old " * 80)), dialogue(turns("a"))
    counter = TokenCounter(tokenizer, 64)
    found = fit([row, fine], counter.measure([row, fine]), counter, 64)
    assert (found.kept, found.overlong, found.shortened) == ([fine], [row], 0)
    assert [(lost.example, lost.reason) for lost in found.too_long] == [
        (row, "longer than 64 tokens, even without its older turns")
    ]


def test_texts_are_dropped_and_transcripts_shortened(tokenizer: "PreTrainedTokenizerBase") -> None:
    whole = transcript(1, turns=9)
    shared, _, chosen = whole["chosen"].rpartition("Assistant:")
    fields: Fields = {"prompt": f"{shared}Assistant:", "completion": chosen}
    text, script = example(fields), example(fields)._replace(form="transcript")
    kept = fitted([text, script], tokenizer, limit=120)
    assert len(kept) == 1
    assert str(kept[0]["prompt"]).startswith("\n\nHuman: Write a caption")
    assert str(kept[0]["prompt"]).endswith("batch 108.\n\nAssistant:")


def test_the_longer_answer_decides_whether_a_pair_fits(tokenizer: "PreTrainedTokenizerBase") -> None:
    short: Fields = {"prompt": "a", "chosen": " b", "rejected": " c"}
    rows = [example(short), example({**short, "rejected": " c" * 50}), example({**short, "chosen": " c" * 50})]
    assert fitted(rows, tokenizer, limit=20) == [short]


@pytest.mark.parametrize("limit", [None, 4096])
def test_rows_that_fit_are_left_alone(tokenizer: "PreTrainedTokenizerBase", limit: int | None) -> None:
    rows = examples(demonstration(number) for number in range(5))
    assert fitted(rows, tokenizer, limit) == [row.fields for row in rows]


def test_quantiles_are_interpolated_between_neighbours() -> None:
    assert quantiles(range(1, 102)) == Quantiles(p5=6.0, p50=51.0, p95=96.0, maximum=101.0)
    assert quantiles([1, 2]) == Quantiles(p5=1.05, p50=1.5, p95=1.95, maximum=2.0)
    assert quantiles([]) is None


def test_definitions_of_tools_are_counted_where_the_template_renders_them(tokenizer: "PreTrainedTokenizerBase") -> None:
    from copy import deepcopy

    knowing = deepcopy(tokenizer)
    knowing.chat_template = "{% for tool in tools or [] %}{{ tool.name }} {% endfor %}" + str(tokenizer.chat_template)
    fields: Fields = {"prompt": turns("Tea?")[:1], "completion": turns("", "Mint.")[1:]}
    plain, armed = example(fields), example(fields, tools='[{"name": "brew a pot of tea"}]')
    alike, more = (TokenCounter(one, None).measure([plain, armed]) for one in (tokenizer, knowing))
    assert alike[0] == alike[1] == more[0]
    assert isinstance(more[1], Lengths) and isinstance(more[0], Lengths) and more[1].prompt > more[0].prompt
