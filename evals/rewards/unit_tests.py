"""Rewards code that passes its row's tests."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any, Final

from evals.rewards.answers import Answer, Rewarder, read_answers
from evals.rewards.calling import Rewards
from evals.rewards.exact_answer import as_list
from evals.rewards.kinds import Kind, Option, Settings
from evals.rewards.limited import Limits, require_limits, run_tests

CODE: Final = re.compile(r"```[ \t]*(?:python|py|python3)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
MOST_AT_ONCE: Final = 8


def build(settings: Settings) -> Rewarder:
    """Return the share of the row's tests that the answer's code passes; None where the row has none.

    The column holds Python code whose assertions fail where the code is wrong: one text, or a list of texts that count
    alike. The code is the last fenced block of the answer, else all of it. Each answer is run once, in a process of its own
    with limits. That is a limit, not a sandbox: the code runs as you, can read your files and use the network. Train on
    a machine, or in a container, that holds nothing else.
    """
    require_limits(settings.title)
    column = settings.text("column")
    limits = Limits(settings.number("seconds"), int(settings.number("memory_mib")))

    def score(answer: Answer) -> float | None:
        tests = [str(test) for test in as_list(answer.column(column)) if str(test).strip()]
        if not tests:
            return None
        return run_tests(code_of(answer.final), tests, limits) / len(tests)

    def reward(completions: Sequence[Any], **given: Any) -> Rewards:
        answers = read_answers(completions, **given)
        with ThreadPoolExecutor(min(MOST_AT_ONCE, cpu_count() or 1)) as pool:
            return list(pool.map(score, answers))

    return reward


def code_of(text: str) -> str:
    """Return the last fenced block of Python, else the whole text."""
    blocks = CODE.findall(text)
    return str(blocks[-1]) if blocks else text


KIND: Final = Kind(
    "tests",
    "the share of the row's tests that the answer's code passes; it runs the model's code",
    "accuracy",
    (
        Option("column", "tests", "column of Python tests: a text, or a list of texts"),
        Option("seconds", 5.0, "time for the code and all its tests"),
        Option("memory_mib", 512, "memory that the code may ask for"),
    ),
    build,
)
