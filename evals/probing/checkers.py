"""What decides whether an answer is right: a pattern, a column of known answers, or the user's own reward function."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from evals.probing.rows import Asked, as_turns
from evals.probing.sampling import Drawn
from evals.rewards.calling import Rewards
from evals.rewards.library import build_rewards, parse_reward
from reports.errors import UsageError
from reports.records.probe import ProbeRequest

Checker = Callable[[Sequence[Asked], Sequence[Drawn]], Rewards]
"""Called with one prompt for each answer."""

NOT_COLUMNS: Final = frozenset({"prompt", "completion", "completion_ids"})
"""Columns that TRL does not hand on to reward functions."""


def build_checker(request: ProbeRequest) -> Checker | None:
    """Return the checker that is asked for, None where none is.

    Raises:
        UsageError: more than one is asked for, the pattern is none, or the function cannot be imported.
    """
    given = [name for name in ("reward", "regex", "exact") if getattr(request, name)]
    if len(given) > 1:
        raise UsageError(f"--{' and --'.join(given)}: only one thing can decide whether an answer is right. Give one of them.")
    if request.regex:
        return matches(request.regex)
    if request.exact:
        return equals(request.exact)
    return rewarded(request.reward, request.folder) if request.reward else None


def matches(pattern: str) -> Checker:
    """Reward 1 where the pattern is found in the answer (`re.search`; `.` matches line breaks), else 0."""
    try:
        compiled = re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise UsageError(f"--regex {pattern}: not a regular expression ({error}).") from error
    return lambda asked, answers: [float(bool(compiled.search(answer.text))) for answer in answers]


def equals(column: str) -> Checker:
    """Reward 1 where the answer is the text of the column, blanks aside, else 0; None where the row has no such text."""

    def check(asked: Sequence[Asked], answers: Sequence[Drawn]) -> Rewards:
        if not any(column in one.columns for one in asked):
            seen = ", ".join(sorted({name for one in asked for name in one.columns}))
            raise UsageError(f"--exact {column}: no row has this column. The columns are {seen or 'none'}.")
        wanted = [_words(one.columns.get(column)) for one in asked]
        return [float(_words(answer.text) == want) if want else None for answer, want in zip(answers, wanted, strict=True)]

    return check


def rewarded(path: str, folder: str = "") -> Checker:
    """Reward by a reward of the library or a function of the user's, called as TRL's GRPO trainer calls it.

    Args:
        path: `module:function`, or a reward as `parse_reward` reads it.
        folder: where the module is looked for after the installed packages.

    Raises:
        UsageError: it cannot be imported or called, or what it returns is no list of one number an answer.
    """
    (reward,) = build_rewards([parse_reward(path)], folder)
    return lambda asked, answers: reward.function(**reward_arguments(asked, answers))


def reward_arguments(asked: Sequence[Asked], answers: Sequence[Drawn]) -> dict[str, Any]:
    """Return what GRPO's trainer passes on: prompts and answers in TRL's form, columns, and its hooks, which do nothing here."""
    names = {name for one in asked for name in one.columns} - NOT_COLUMNS
    is_text = isinstance(asked[0].prompt, str)
    texts = [answer.text for answer in answers]
    return {
        **{name: [one.columns.get(name) for one in asked] for name in sorted(names)},
        "prompts": [as_turns(one.prompt) for one in asked],
        "completions": texts if is_text else [[{"role": "assistant", "content": text}] for text in texts],
        "completion_ids": [list(answer.ids) for answer in answers],
        "trainer_state": None,
        "log_extra": _ignore,
        "log_metric": _ignore,
    }


def _ignore(*_: object) -> None:
    return None


def _words(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
