"""What every reward function keeps to, as a check for those who write one."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from evals.rewards.calling import Rewards, call_reward
from reports.errors import UsageError

TEXTS: Final = ("The answer is 4.", "", "  \n", "four four four", "Ünïcödé ☕ \u202e", "{}", "word " * 2000)
"""Answers that a reward must survive."""


def check_reward(function: Callable[..., Any], **columns: object) -> None:
    """Call a reward function as trainers do and see that it keeps the contract; for the tests of its author.

    Args:
        function: sync or async.
        columns: one value for each column that it reads; all answers get the same.

    Raises:
        UsageError: it fails, returns another length or something else than finite numbers and None, takes only one of
            texts and turns, scores one answer otherwise than among others, or differs from call to call.
    """
    title = getattr(function, "__name__", type(function).__name__)
    for has_turns in (False, True):
        first = _call(title, function, TEXTS, has_turns, columns)
        if any(value is not None and math.isinf(value) for value in first):
            raise UsageError(f"--reward {title}: a reward is not finite. Return finite numbers, or None.")
        if _call(title, function, TEXTS, has_turns, columns) != first:
            raise UsageError(f"--reward {title}: two calls with the same answers differ. Fix its seed.")
        backwards = _call(title, function, TEXTS[::-1], has_turns, columns)
        if backwards[::-1] != first:
            raise UsageError(f"--reward {title}: what an answer gets depends on the order of the answers.")
        _call(title, function, TEXTS[:1], has_turns, columns)


def _call(title: str, function: Callable[..., Any], texts: Sequence[str], has_turns: bool, columns: dict[str, object]) -> Rewards:
    ask = [{"role": "user", "content": "What is 2 + 2?"}]
    given = {
        **{name: [value] * len(texts) for name, value in columns.items()},
        "prompts": [ask if has_turns else "What is 2 + 2?"] * len(texts),
        "completions": [[{"role": "assistant", "content": text}] if has_turns else text for text in texts],
        "completion_ids": [list(range(len(text.split()))) for text in texts],
        "trainer_state": None,
        "log_extra": lambda *_: None,
        "log_metric": lambda *_: None,
    }
    return call_reward(title, function, given, len(texts))
