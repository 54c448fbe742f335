"""Dialogues written as one text, with turns that begin by `Human:` and `Assistant:` after a blank line."""

import re
from typing import Final, NamedTuple

from evals.data.examples import Fields, Turn
from evals.data.rejection import Rejected, UnusableRowError

HUMAN: Final = "\n\nHuman:"
ASSISTANT: Final = "\n\nAssistant:"
ROLES: Final = {"Human": "user", "Assistant": "assistant"}
_MARK: Final = re.compile(r"(?:\A\s*|\n\n)(Human|Assistant):")


class Parts(NamedTuple):
    """A prompt up to its last `Assistant:`, and what each answer says behind it."""

    prompt: str
    answers: list[str]


def looks_like(text: object) -> bool:
    """Say whether a value is a transcript that begins with a human turn."""
    return isinstance(text, str) and text.startswith((HUMAN, "Human:")) and ASSISTANT in text


def split(prompt: str, texts: list[str]) -> Parts:
    """Separate prompt and answers, the prompt given or implicit.

    Raises:
        UnusableRowError: there is no shared human turn, an answer holds a further one, or a prompt
            is empty where no pair could supply it.
    """
    if not prompt and len(texts) != 2:
        raise UnusableRowError("the prompt is empty")
    if prompt:
        answers = [text.removeprefix(ASSISTANT) for text in texts]
        prompt = prompt if prompt.endswith(ASSISTANT) else prompt.rstrip() + ASSISTANT
    else:
        prompt, answers = _split_implicit(*texts)
    if not _MARK.match(prompt):
        raise UnusableRowError("the text does not begin with a Human or Assistant turn")
    if any(HUMAN in answer for answer in answers):
        raise UnusableRowError("an answer goes on with a further Human turn")
    return Parts(prompt, answers)


def shared_length(first: str, second: str) -> int:
    """Return how many characters two texts share at the beginning, by bisection over slices."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def as_messages(fields: Fields) -> Fields | Rejected:
    """Turn a transcript row into messages; neighbouring turns of one speaker become one message."""
    prompt = _parse(str(fields["prompt"]).removesuffix(ASSISTANT))
    if not prompt or prompt[-1]["role"] != "user":
        return Rejected("the prompt does not end with a Human turn")
    answers = {name: _parse(f"{ASSISTANT}{text}") for name, text in fields.items() if name != "prompt"}
    return {"prompt": prompt, **answers}


def without_oldest_turns(prompt: str) -> str | None:
    """Drop everything before the second human turn; None where one is left."""
    second = prompt.find(HUMAN, 1)
    return prompt[second:] if second > 0 else None


def _split_implicit(chosen: str, rejected: str) -> Parts:
    cut = chosen.rfind(ASSISTANT)
    if cut < 0 or not rejected.startswith(chosen[: cut + len(ASSISTANT)]):
        cut = chosen[: shared_length(chosen, rejected)].rfind(ASSISTANT)
    if cut < 0:
        raise UnusableRowError("chosen and rejected share no turns up to an 'Assistant:'")
    end = cut + len(ASSISTANT)
    return Parts(chosen[:end], [chosen[end:], rejected[end:]])


def _parse(text: str) -> list[Turn]:
    pieces = _MARK.split(text)
    turns: list[Turn] = []
    for speaker, said in zip(pieces[1::2], pieces[2::2], strict=True):
        content = said.strip()
        if turns and turns[-1]["role"] == ROLES[speaker]:
            turns[-1]["content"] = f"{turns[-1]['content']}\n\n{content}"
        else:
            turns.append({"role": ROLES[speaker], "content": content})
    return turns
