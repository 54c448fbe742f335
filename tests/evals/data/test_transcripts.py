"""Transcripts: prompt and answers are separated, and turns are parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.data import transcripts
from evals.data.examples import Fields
from evals.data.rejection import Rejected, UnusableRowError

SHARED = "\n\nHuman: Tea?\n\nAssistant: Yes.\n\nHuman: Which?\n\nAssistant:"


def messages(*contents: str) -> list[dict[str, str]]:
    """Return turns that alternate, the user's first."""
    return [{"role": "user" if place % 2 == 0 else "assistant", "content": text} for place, text in enumerate(contents)]


def test_the_prompt_is_what_both_share_up_to_the_last_answer() -> None:
    parts = transcripts.split("", [SHARED + " Mint, mild.", SHARED + " Mint, BEST!"])
    assert parts == (SHARED, [" Mint, mild.", " Mint, BEST!"])


def test_an_answer_in_two_turns_is_kept_whole() -> None:
    parts = transcripts.split("", [SHARED + " Mint.\n\nAssistant: Or sage.", SHARED + " None."])
    assert parts == (SHARED, [" Mint.\n\nAssistant: Or sage.", " None."])
    fields = transcripts.as_messages({"prompt": parts.prompt, "chosen": parts.answers[0], "rejected": parts.answers[1]})
    assert not isinstance(fields, Rejected)
    assert fields["chosen"] == [{"role": "assistant", "content": "Mint.\n\nOr sage."}]


@pytest.mark.parametrize("prompt", [SHARED, SHARED.removesuffix("\n\nAssistant:"), SHARED.removesuffix("\n\nAssistant:") + "\n"])
@pytest.mark.parametrize("answer", [" Mint.", "\n\nAssistant: Mint."])
def test_an_explicit_prompt_ends_where_the_answer_begins(prompt: str, answer: str) -> None:
    assert transcripts.split(prompt, [answer]) == (SHARED, [" Mint."])


@pytest.mark.parametrize(
    ("chosen", "rejected", "reason"),
    [
        ("\n\nHuman: a\n\nAssistant: b", "\n\nHuman: c\n\nAssistant: d", "share no turns"),
        (SHARED + " a\n\nHuman: b\n\nAssistant: c", SHARED + " d", "goes on with a further Human turn"),
        ("Once. \n\nAssistant: a", "Once. \n\nAssistant: b", "does not begin with a Human or Assistant turn"),
    ],
)
def test_a_transcript_that_cannot_be_separated_is_unusable(chosen: str, rejected: str, reason: str) -> None:
    with pytest.raises(UnusableRowError, match=reason):
        transcripts.split("", [chosen, rejected])


@pytest.mark.parametrize("texts", [[], [" Mint."]])
def test_a_prompt_that_no_pair_could_supply_may_not_be_empty(texts: list[str]) -> None:
    with pytest.raises(UnusableRowError, match="the prompt is empty"):
        transcripts.split("", texts)


def test_turns_are_parsed_into_messages() -> None:
    fields: Fields = {"prompt": SHARED, "completion": " Mint. "}
    assert transcripts.as_messages(fields) == {
        "prompt": messages("Tea?", "Yes.", "Which?"),
        "completion": [{"role": "assistant", "content": "Mint."}],
    }


def test_neighbouring_turns_of_one_speaker_become_one() -> None:
    fields: Fields = {"prompt": "Human: a\n\nHuman: b\n\nAssistant: c\n\nHuman: d\n\nAssistant:", "completion": " e"}
    found = transcripts.as_messages(fields)
    assert not isinstance(found, Rejected)
    assert found["prompt"] == messages("a\n\nb", "c", "d")


def test_a_prompt_without_a_question_is_rejected() -> None:
    fields: Fields = {"prompt": "\n\nHuman: a\n\nAssistant: b\n\nAssistant:", "completion": " c"}
    assert transcripts.as_messages(fields) == Rejected("the prompt does not end with a Human turn")


def test_old_turns_go_up_to_the_last_question() -> None:
    shorter = transcripts.without_oldest_turns(SHARED)
    assert shorter == "\n\nHuman: Which?\n\nAssistant:"
    assert transcripts.without_oldest_turns(shorter) is None


@given(st.text("ab"), st.text("ab"))
def test_the_shared_length_is_that_of_the_common_beginning(first: str, second: str) -> None:
    length = transcripts.shared_length(first, second)
    assert first[:length] == second[:length]
    assert length == min(len(first), len(second)) or first[length] != second[length]
