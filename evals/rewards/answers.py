"""What a reward sees of one answer, whichever form the trainer hands it over in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from evals.rewards.calling import Rewards
from reports.errors import UsageError

Rewarder = Callable[..., Rewards]
"""Called as TRL calls a reward: `f(completions, **columns)`, one number an answer, None where it does not apply."""

NOT_COLUMNS: Final = frozenset({"completion_ids", "trainer_state", "log_extra", "log_metric", "environments"})
"""What TRL hands over besides the columns of the data."""
THOUGHT_END: Final = "</think>"


class Answer(NamedTuple):
    """One answer, its prompt, and its row of the data."""

    prompt: Any
    """A text, or a list of turns."""
    text: str
    """Everything the model wrote; the contents of several turns are joined."""
    turns: Sequence[Mapping[str, Any]]
    """The model's turns; empty where the answer is a text."""
    tokens: int | None
    """Length in tokens; None: not known."""
    columns: Mapping[str, Any]

    @property
    def final(self) -> str:
        """What stands behind the model's reasoning, where it closes one."""
        return self.text.rpartition(THOUGHT_END)[2].strip()

    def column(self, name: str) -> Any:
        """Return the row's value; UsageError where the data have no such column."""
        if name not in self.columns:
            seen = ", ".join(sorted(self.columns)) or "none"
            raise UsageError(
                f"--reward: it needs the column '{name}', and the data have none of that name. The columns are {seen} "
                "(prompt and completion are not handed to rewards). Name another with column=NAME."
            )
        return self.columns[name]


def each(score: Callable[[Answer], float | None]) -> Rewarder:
    """Return a reward that scores one answer at a time."""

    def reward(completions: Sequence[Any], **given: Any) -> Rewards:
        return [score(answer) for answer in read_answers(completions, **given)]

    return reward


def read_answers(completions: Sequence[Any], prompts: Sequence[Any] = (), **given: Any) -> list[Answer]:
    """Return answers as every reward of the library reads them."""
    ids = given.get("completion_ids") or [None] * len(completions)
    columns = {name: values for name, values in given.items() if name not in NOT_COLUMNS and _is_column(values, len(completions))}
    return [
        Answer(
            prompt=prompts[place] if place < len(prompts) else "",
            text=text_of(completion),
            turns=() if isinstance(completion, str) else [turn for turn in completion if turn.get("role") == "assistant"],
            tokens=_tokens(ids[place], completion),
            columns={name: values[place] for name, values in columns.items()},
        )
        for place, completion in enumerate(completions)
    ]


def text_of(completion: Any) -> str:
    """Return what the model wrote as one text, from a text or a list of turns."""
    if isinstance(completion, str):
        return completion
    return "\n\n".join(filter(None, (_content(turn.get("content")) for turn in completion if turn.get("role") == "assistant")))


def prompt_text(prompt: Any) -> str:
    """Return a prompt as a person would read it: the text, or the contents of its turns."""
    return prompt if isinstance(prompt, str) else "\n\n".join(filter(None, (_content(turn.get("content")) for turn in prompt)))


def _tokens(ids: Sequence[int] | None, completion: Any) -> int | None:
    """Return the length in tokens; an answer with words and without tokens was not encoded."""
    return None if ids is None or (not ids and text_of(completion).strip()) else len(ids)


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return "" if content is None else str(content)


def _is_column(values: object, size: int) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str) and len(values) == size
