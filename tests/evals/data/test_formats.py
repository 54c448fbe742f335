"""Layouts: what is detected and why, and the canonical row that comes of it."""

import pytest

from evals.data.examples import Fields, SourceRow
from evals.data.formats import detect, normalise
from evals.data.layouts import ACCEPTED
from evals.data.rejection import Rejected
from reports.errors import DataError
from tests.evals.data.rows import transcript

Row = dict[str, object]

USER = {"role": "user", "content": "Name our shop."}
SYSTEM = {"role": "system", "content": "Be brief."}
GOOD = {"role": "assistant", "content": "Leaf & Cup"}
BAD = {"role": "assistant", "content": "BEST TEA!!!"}
DEMONSTRATION: Fields = {"prompt": [USER], "completion": [GOOD]}
PAIR: Fields = {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}


def read(row: Row) -> tuple[str, Fields | Rejected]:
    """Detect the layout of a file with this one row, and normalise it."""
    layout = detect([SourceRow(1, row)])
    return layout.name, normalise(row, layout)


TEXTS: dict[str, tuple[Row, str, Fields]] = {
    "prompt and completion": (
        {"prompt": "a", "completion": " b", "score": 3},
        "prompt-completion (text)",
        {"prompt": "a", "completion": " b"},
    ),
    "prompt, chosen and rejected": (
        {"prompt": "a", "chosen": " b", "rejected": " c"},
        "preference (text)",
        {"prompt": "a", "chosen": " b", "rejected": " c"},
    ),
    "implicit prompt": (
        {"chosen": "The sky is blue.", "rejected": "The sky is black."},
        "preference (text)",
        {"prompt": "The sky is", "chosen": " blue.", "rejected": " black."},
    ),
    "implicit prompt, identical answers": (
        {"chosen": "The sky is blue.", "rejected": "The sky is blue."},
        "preference (text)",
        {"prompt": "The sky is", "chosen": " blue.", "rejected": " blue."},
    ),
    "implicit prompt, one answer begins the other": (
        {"chosen": "The sky is", "rejected": "The sky is blue."},
        "preference (text)",
        {"prompt": "The sky", "chosen": " is", "rejected": " is blue."},
    ),
}

MESSAGES: dict[str, tuple[Row, str, Fields]] = {
    "prompt and completion": ({"prompt": [USER], "completion": [GOOD]}, "prompt-completion (messages)", DEMONSTRATION),
    "completion as text": ({"prompt": [USER], "completion": "Leaf & Cup"}, "prompt-completion (messages)", DEMONSTRATION),
    "messages": ({"messages": [USER, GOOD]}, "prompt-completion (messages)", DEMONSTRATION),
    "messages with a system turn": (
        {"messages": [SYSTEM, USER, BAD, USER, GOOD]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER, BAD, USER], "completion": [GOOD]},
    ),
    "extra keys in a turn": ({"messages": [USER | {"name": "x"}, GOOD]}, "prompt-completion (messages)", DEMONSTRATION),
    "explicit prompt": ({"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}, "preference (messages)", PAIR),
    "implicit prompt": ({"chosen": [USER, GOOD], "rejected": [USER, BAD]}, "preference (messages)", PAIR),
    "prompt repeated in the answers": (
        {"prompt": "Name our shop.", "chosen": [USER, GOOD], "rejected": [USER, BAD], "messages": [USER, GOOD]},
        "preference (messages)",
        PAIR,
    ),
    "system turn before the repeated prompt": (
        {"prompt": "Name our shop.", "chosen": [SYSTEM, USER, GOOD], "rejected": [SYSTEM, USER, BAD]},
        "preference (messages)",
        {**PAIR, "prompt": [SYSTEM, USER]},
    ),
    "identical answers": (
        {"chosen": [USER, GOOD], "rejected": [USER, GOOD]},
        "preference (messages)",
        {**PAIR, "rejected": [GOOD]},
    ),
    "question and answer": (
        {"question": "Name our shop.", "answer": "Leaf & Cup"},
        "prompt-completion (messages)",
        DEMONSTRATION,
    ),
    "question with two answers": (
        {"question": "Name our shop.", "chosen": "Leaf & Cup", "rejected": "BEST TEA!!!"},
        "preference (messages)",
        PAIR,
    ),
    "instruction and output": (
        {"instruction": "Name our shop.", "input": "", "output": "Leaf & Cup"},
        "prompt-completion (messages)",
        DEMONSTRATION,
    ),
    "instruction, input and output": (
        {"instruction": "Name it.", "input": "A tea shop", "output": "Leaf & Cup"},
        "prompt-completion (messages)",
        {"prompt": [{"role": "user", "content": "Name it.\n\nA tea shop"}], "completion": [GOOD]},
    ),
}


@pytest.mark.parametrize(("row", "name", "fields"), TEXTS.values(), ids=TEXTS)
def test_strings_become_a_canonical_row_of_strings(row: Row, name: str, fields: Fields) -> None:
    assert read(row) == (name, fields)


@pytest.mark.parametrize(("row", "name", "fields"), MESSAGES.values(), ids=MESSAGES)
def test_messages_become_a_canonical_row_of_messages(row: Row, name: str, fields: Fields) -> None:
    assert read(row) == (name, fields)


def test_transcripts_are_found_with_their_common_prompt() -> None:
    row = transcript(3, turns=2)
    layout = detect([SourceRow(number, transcript(number, turns=2)) for number in range(5)])
    fields = normalise(row, layout)
    assert layout.name == "preference (transcript)"
    assert layout.because == (
        "chosen and rejected hold Human and Assistant turns as one text in 5 of 5 rows; "
        "the prompt is what both share up to the last 'Assistant:'"
    )
    assert not isinstance(fields, Rejected)
    assert str(fields["prompt"]).endswith("batch 301.\n\nAssistant:")
    assert (fields["chosen"], fields["rejected"]) == (" Steep it slowly, 3.", " BUY BUY BUY 3!")


def test_a_few_transcripts_among_texts_stay_texts() -> None:
    texts = [SourceRow(number, {"prompt": "a", "chosen": " b", "rejected": " c"}) for number in range(1, 4)]
    odd = SourceRow(4, {"prompt": "\n\nHuman: a\n\nAssistant:", "chosen": " b", "rejected": " c"})
    assert detect([*texts, odd]).form == "text"
    assert detect([texts[0], odd, odd]).form == "transcript"


def test_a_text_that_is_no_transcript_is_rejected_from_transcripts() -> None:
    layout = detect([SourceRow(1, transcript(1))])
    assert normalise({"chosen": "one", "rejected": "two"}, layout) == Rejected(
        "chosen and rejected share no turns up to an 'Assistant:'"
    )


REJECTED: dict[str, tuple[Row, Row, str]] = {
    "missing": ({"prompt": "a", "completion": "b"}, {"prompt": "a"}, "'completion' is missing"),
    "null": ({"prompt": "a", "completion": "b"}, {"prompt": None, "completion": "b"}, "'prompt' is missing"),
    "number": ({"prompt": "a", "completion": "b"}, {"prompt": 3, "completion": "b"}, "'prompt' is a number, not a text"),
    "no shared words": (
        {"chosen": "a b", "rejected": "a c"},
        {"chosen": "up", "rejected": "down"},
        "chosen and rejected share no beginning, and there is no prompt column",
    ),
    "no messages": ({"messages": [USER, GOOD]}, {"messages": []}, "'messages' is an empty list, not messages"),
    "one message": ({"messages": [USER, GOOD]}, {"messages": [GOOD]}, "'messages' holds one turn only, so there is no prompt"),
    "no answer": ({"messages": [USER, GOOD]}, {"messages": [USER, USER]}, "'messages' ends with a user turn, not with the"),
    "nothing asked": ({"messages": [USER, GOOD]}, {"messages": [GOOD, GOOD]}, "the prompt ends with an assistant turn"),
    "turn is text": ({"messages": [USER, GOOD]}, {"messages": ["a", GOOD]}, "turn 1 of 'messages' is a text, not an object"),
    "unknown role": (
        {"messages": [USER, GOOD]},
        {"messages": [USER, GOOD | {"role": "bot"}]},
        "turn 2 of 'messages' has the role",
    ),
    "role is a list": ({"messages": [USER, GOOD]}, {"messages": [USER, {"role": []}]}, "turn 2 of 'messages' has the role '[]'"),
    "content is parts": (
        {"messages": [USER, GOOD]},
        {"messages": [USER, {"role": "assistant", "content": [{"text": "a"}]}]},
        "turn 2 of 'messages' has no text as content (a list)",
    ),
    "answers to different prompts": (
        {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"chosen": [USER, GOOD], "rejected": [SYSTEM, USER, BAD]},
        "chosen and rejected differ before their last turn",
    ),
    "prompt is another": (
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
        {"prompt": [USER], "chosen": [SYSTEM, GOOD], "rejected": [SYSTEM, BAD]},
        "'chosen' holds several turns that are not those of the prompt",
    ),
}


@pytest.mark.parametrize(("good", "bad", "reason"), REJECTED.values(), ids=REJECTED)
def test_a_row_that_does_not_fit_is_rejected_with_its_reason(good: Row, bad: Row, reason: str) -> None:
    found = normalise(bad, detect([SourceRow(1, good)]))
    assert isinstance(found, Rejected)
    assert found.reason.startswith(reason)


def test_a_row_without_the_prompt_of_the_others_does_not_change_the_layout() -> None:
    full = {"prompt": "a", "chosen": "b c", "rejected": "b d"}
    layout = detect([SourceRow(1, {"chosen": "b c", "rejected": "b d"}), SourceRow(2, full), SourceRow(3, full)])
    assert layout.columns.prompt == "prompt"
    assert normalise({"chosen": "b c", "rejected": "b d"}, layout) == Rejected("'prompt' is missing")


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        ({"prompt": "a", "completion": "b"}, r"prompt-completion \(text\)"),
        ({"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}, r"preference \(messages\)"),
    ],
)
def test_mixed_layouts_are_refused_at_the_first_row_that_differs(odd: Row, what: str) -> None:
    rows = [SourceRow(number, {"prompt": "a", "chosen": "b", "rejected": "c"}) for number in (1, 2)]
    with pytest.raises(DataError, match=rf"pairs\.jsonl:5: this row is {what}, and row 1 is preference \(text\)"):
        detect([*rows, SourceRow(5, odd), SourceRow(6, odd)], "pairs.jsonl")


def test_unknown_columns_are_refused_with_what_was_seen_and_what_is_accepted() -> None:
    rows = [SourceRow(1, {"words": "a", "label": 1}), SourceRow(2, {"words": "a", "extra": None})]
    with pytest.raises(DataError) as caught:
        detect(rows, "rows.csv")
    message = str(caught.value)
    assert message.startswith("rows.csv:1: the columns are 'words', 'label', 'extra' (words is a text, label is a number)")
    assert "or no prompt with chosen+rejected" in message
    assert "for prompt-completion prompt with completion or response" in message
    assert all(name in message for columns in ACCEPTED for name in columns.needed)
    assert caught.value.exit_code == 2


def test_many_unknown_columns_are_shortened() -> None:
    row = {f"column{number}": 1 for number in range(40)}
    with pytest.raises(DataError, match="'column11' and 28 more"):
        detect([SourceRow(1, row)])
