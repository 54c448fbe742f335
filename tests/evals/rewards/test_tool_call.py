"""Calls of tools, in every notation, against what was expected."""

import json

import pytest

from tests.evals.rewards.material import scores

WEATHER = {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}
TIME = {"name": "time", "arguments": {}}


def graded(text: str, wanted: object, options: str = "") -> float | None:
    return scores(f"tool-call{options}", [text], tool_calls=[wanted])[0]


def tagged(*calls: object) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


@pytest.mark.parametrize(
    "text",
    [
        tagged(WEATHER),
        json.dumps(WEATHER),
        json.dumps([{"type": "function", "function": {"name": "weather", "arguments": json.dumps(WEATHER["arguments"])}}]),
        json.dumps({"tool_calls": [{"function": WEATHER}]}),
        f"I will look.\n```json\n{json.dumps(WEATHER)}\n```",
        json.dumps({"name": "weather", "parameters": {"days": 2.0, "city": "Oslo"}}),
        f"<think>{tagged(TIME)}</think>{tagged(WEATHER)}",
    ],
)
def test_every_notation_of_a_right_call_gets_full_credit(text: str) -> None:
    assert graded(text, [WEATHER]) == 1.0
    assert graded(text, json.dumps(WEATHER)) == 1.0


def test_calls_of_a_turn_are_read_from_the_turn() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}}
    turn = {"role": "assistant", "content": "", "tool_calls": [call]}
    assert scores("tool-call", [[turn]], tool_calls=[[WEATHER]]) == [1.0]


@pytest.mark.parametrize(
    ("calls", "reward"),
    [
        ([{"name": "weather", "arguments": {"city": "Oslo"}}], 0.75),
        ([{"name": "weather", "arguments": {"city": "Rome", "days": 3}}], 0.5),
        ([{"name": "weather", "arguments": {"city": "Oslo", "days": 2, "units": "K", "x": 1}}], 0.75),
        ([{"name": "wether", "arguments": {"city": "Oslo", "days": 2}}], 0.0),
        ([{"name": "weather", "arguments": {"city": "Oslo", "days": True}}], 0.75),
        ([WEATHER, TIME], 0.5),
        ([], 0.0),
    ],
)
def test_partial_credit_is_for_name_and_equal_arguments(calls: list[object], reward: float) -> None:
    assert graded(tagged(*calls), [WEATHER]) == pytest.approx(reward)
    assert graded(tagged(*calls), [WEATHER], ":partial=false") == 0.0


def test_the_order_of_calls_does_not_matter() -> None:
    assert graded(tagged(TIME, WEATHER), [WEATHER, TIME]) == 1.0


def test_no_call_is_right_where_none_is_expected() -> None:
    assert graded("It is sunny.", []) == 1.0
    assert graded(tagged(TIME), []) == 0.0
    assert graded("It is sunny.", None) is None


def test_broken_calls_get_nothing() -> None:
    assert graded('<tool_call>{"name": "weather", </tool_call>', [WEATHER]) == 0.0
    assert graded('{"name": 3}', [WEATHER]) == 0.0
