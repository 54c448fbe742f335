"""What is learned can be read without colour, on 80 columns."""

from pathlib import Path

from evals.data.template.collating import Setup
from evals.data.template.sampling import sample_answers
from evals.data.template.spans import WIDTH, show_rows
from tests.evals.data.rows import example
from tests.evals.data.template.tokenizers import load, pairs, texts


def test_a_pair_is_shown_with_both_branches(folder: Path) -> None:
    tokenizer = load(folder)

    shown = show_rows(sample_answers(pairs(3), Setup(tokenizer, 256)), tokenizer, 1)

    assert shown[0].splitlines()[1:] == [
        "  «<|user|>Write a caption for sencha tea, batch 1.<|assistant|>»",
        "  [Slow mornings, sencha 1.</s>]",
    ]
    assert shown[1].splitlines()[2] == "  [BUY sencha NOW 1!!!</s>]"
    assert len(shown) == 2


def test_long_texts_are_wrapped_and_shortened(folder: Path) -> None:
    tokenizer = load(folder)
    rows = [example({"prompt": "tea leaves " * 300, "completion": " A cup\x1b[31m."})]

    shown = show_rows(sample_answers(rows, Setup(tokenizer, None)), tokenizer, 1)[0]

    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "(… 2,700 characters …)" in " ".join(shown.split())
    assert "\x1b" not in shown


def test_no_row_is_shown_unasked(folder: Path) -> None:
    tokenizer = load(folder)

    assert show_rows(sample_answers(texts(3), Setup(tokenizer, 256)), tokenizer, 0) == ()


def test_a_cut_row_says_so(folder: Path) -> None:
    tokenizer = load(folder)
    rows = [example({"prompt": "Tea?", "completion": " A cup, slowly."})]

    whole, cut = (show_rows(sample_answers(rows, Setup(tokenizer, length)), tokenizer, 1)[0] for length in (64, 8))

    assert ("cut off" in whole, "the end is cut off" in cut) == (False, True)
