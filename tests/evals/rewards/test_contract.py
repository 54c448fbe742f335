"""The contract that every reward keeps, and the check for those who write one."""

from typing import Any

import pytest

from evals.rewards.contract import check_reward
from reports.errors import UsageError
from tests.evals.rewards.material import built

LIBRARY = [
    ("exact-answer", {"answer": "4"}),
    ("numeric-answer", {"answer": 4}),
    ("regex:pattern=four", {}),
    ("json-schema:schema={}", {}),
    ("length-band:low=2;high=9", {}),
    ("length-band:low=2;high=9;unit=tokens", {}),
    ("forbidden-words:words=four", {}),
    ("required-words:column=must", {"must": ["four", "word"]}),
    ("tool-call", {"tool_calls": []}),
    ("tests:seconds=1", {"tests": None}),
]


@pytest.mark.parametrize(("text", "columns"), LIBRARY)
def test_the_library_keeps_the_contract(text: str, columns: dict[str, object]) -> None:
    check_reward(built(text)[0].function, **columns)


def short(completions: Any, **_: Any) -> Any:
    return [1.0]


def worded(completions: Any, **_: Any) -> Any:
    return ["good"] * len(completions)


def infinite(completions: Any, **_: Any) -> Any:
    return [float("inf")] * len(completions)


def only_texts(completions: Any, **_: Any) -> Any:
    return [float(len(text.strip())) for text in completions]


def by_place(completions: Any, **_: Any) -> Any:
    return list(range(len(completions)))


def fussy(completions: Any) -> Any:
    return [1.0] * len(completions)


def on_words(completions: Any, **_: Any) -> Any:
    return [len((text if isinstance(text, str) else text[0]["content"]).split()[0]) for text in completions]


CALLS: list[int] = []


def forgetful(completions: Any, **_: Any) -> Any:
    CALLS.append(1)
    return [len(CALLS)] * len(completions)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (short, "returned 1 for"),
        (worded, "'good'"),
        (infinite, "not finite"),
        (only_texts, "AttributeError"),
        (by_place, "order of the answers"),
        (fussy, "TypeError"),
        (on_words, "IndexError"),
        (forgetful, "differ"),
    ],
)
def test_what_breaks_the_contract_is_said(function: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_reward(function)
