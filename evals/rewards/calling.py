"""Reward functions of the user's: how they are found, called and checked."""

import asyncio
import importlib
import inspect
import logging
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from reports.errors import UsageError

Rewards = list[float | None]
"""One reward an answer; None: the reward does not apply to it."""

log = logging.getLogger("tunegate")


def load_function(path: str, folder: str = "") -> Callable[..., Any]:
    """Import `module:function`; UsageError where there is none.

    Args:
        path: of the function.
        folder: where the module is looked for after the installed packages.
    """
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


def call_reward(path: str, function: Callable[..., Any], given: Mapping[str, Any], answers: int) -> Rewards:
    """Call a reward function, waiting for it where it is async, and return one number or None for each answer.

    Raises:
        UsageError: it fails, or what it returns is no list of one number an answer; `path` names it in the message.
    """
    try:
        found = function(**given)
        return _numbers(path, asyncio.run(found) if inspect.iscoroutine(found) else found, answers)
    except UsageError:
        raise
    except Exception as error:
        log.exception("The reward function failed.")
        raise UsageError(
            f"--reward {path}: the function failed ({type(error).__name__}: {error}). It is called with the lists prompts, "
            "completions and one for each column of the data, all by name, and returns one number an answer."
        ) from error


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
