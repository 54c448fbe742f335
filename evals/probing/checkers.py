"""What decides whether an answer is right: a pattern, a column of known answers, or the user's own reward function."""

import importlib
import inspect
import logging
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from evals.probing.rows import Asked, as_turns
from evals.probing.sampling import Drawn
from reports.errors import UsageError
from reports.records.probe import ProbeRequest

Rewards = list[float | None]
"""One reward an answer; None: the checker does not apply to it."""
Checker = Callable[[Sequence[Asked], Sequence[Drawn]], Rewards]
"""Called with one prompt for each answer."""

NOT_COLUMNS: Final = frozenset({"prompt", "completion", "completion_ids"})
"""Columns that TRL does not hand on to reward functions."""

log = logging.getLogger("tunegate")


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
    """Reward by a function of the user's, called as TRL's GRPO trainer calls it.

    Args:
        path: `module:function`.
        folder: where the module is looked for after the installed packages.

    Raises:
        UsageError: it cannot be imported or called, or what it returns is no list of one number an answer.
    """
    function = load_function(path, folder)
    is_async = inspect.iscoroutinefunction(function)

    def check(asked: Sequence[Asked], answers: Sequence[Drawn]) -> Rewards:
        try:
            found = function(**_arguments(asked, answers))
            return _numbers(path, _wait(found) if is_async else found, len(answers))
        except UsageError:
            raise
        except Exception as error:
            log.exception("The reward function failed.")
            raise UsageError(
                f"--reward {path}: the function failed ({type(error).__name__}: {error}). It is called with the lists prompts, "
                "completions and one for each column of the data, all by name, and returns one number an answer."
            ) from error

    return check


def load_function(path: str, folder: str = "") -> Callable[..., Any]:
    """Import `module:function`; UsageError where there is none."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise UsageError(f"--reward {path}: expected module:function, for example rewards:is_valid_json.")
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        found = importlib.import_module(module)
    except Exception as error:
        raise UsageError(
            f"--reward {path}: the module '{module}' cannot be imported ({type(error).__name__}: {error}). It must be installed, "
            "or lie in the folder you are in."
        ) from error
    function = getattr(found, name, None)
    if not callable(function):
        near = ", ".join(sorted(key for key, value in vars(found).items() if inspect.isfunction(value))) or "none"
        raise UsageError(f"--reward {path}: '{module}' has no function '{name}'. Its functions: {near}.")
    return function  # type: ignore[no-any-return]


def _arguments(asked: Sequence[Asked], answers: Sequence[Drawn]) -> dict[str, Any]:
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


def _wait(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def _numbers(path: str, found: object, expected: int) -> Rewards:
    if isinstance(found, str | Mapping) or not hasattr(found, "__len__") or len(found) != expected:
        size = len(found) if hasattr(found, "__len__") else type(found).__name__
        raise UsageError(f"--reward {path}: returned {size} for {expected} answers. Return a list of one number for each.")
    return [_number(path, value) for value in found]  # type: ignore[attr-defined]


def _number(path: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"--reward {path}: a reward is {value!r}. Return numbers, or None where it does not apply.") from error
    return None if math.isnan(number) else number


def _words(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
