"""The endpoint client against a server that fails in every way servers fail."""

import asyncio
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from evals.endpoint.asking import Missing, Question, Reply, ask_user
from evals.endpoint.budget import Budget
from evals.endpoint.cache import ReplyCache
from evals.endpoint.client import Client, Limits
from evals.endpoint.pace import Clock
from evals.endpoint.place import Endpoint
from reports.errors import MissingError
from tests.evals.endpoint.server import Handler, Play, Scripted, die_midway, fail, raw, say, serving, stall


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self, on_sleep: Callable[[float], None] = lambda seconds: None) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self._on_sleep = on_sleep

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.time += seconds
        self._on_sleep(seconds)
        await asyncio.sleep(0)

    def clock(self) -> Clock:
        """Return it as the client takes it."""
        return Clock(lambda: self.time, self.sleep, random.Random(0))


def client_of(
    server: Scripted, folder: Path, time: FakeTime | None = None, budget: Budget | None = None, limits: Limits | None = None
) -> Client:
    """Return a client that asks one question at a time, unless told otherwise."""
    limits = limits or Limits(at_once=1, attempts=3, timeout_s=5)
    place = Endpoint(server.url, "m")
    return Client(place, ReplyCache(folder / "replies.jsonl"), budget, limits, (time or FakeTime()).clock())


def questions(number: int) -> list[Question]:
    """Return different questions."""
    return [ask_user(f"question {place}") for place in range(number)]


def test_a_reply_keeps_text_finish_and_usage(tmp_path: Path) -> None:
    with serving(Scripted(say("fine", "length"))) as server:
        assert client_of(server, tmp_path).ask(questions(1)) == [
            Reply(text="fine", finish="length", prompt_tokens=10, completion_tokens=5)
        ]
        assert server.requests[0].body == {
            "model": "m",
            "messages": [{"role": "user", "content": "question 0"}],
            "temperature": 0.0,
            "max_tokens": 512,
        }


@pytest.mark.parametrize(
    "failure",
    [
        fail(500),
        fail(503),
        die_midway,
        raw(b'{"choices": [{"message"'),
        raw(b"<html>hello</html>", content_type="text/html"),
        raw(b'{"choices": []}'),
        raw(b'{"object": "error", "message": "overloaded"}'),
        say(""),
        say(None),
        say(" \n"),
    ],
)
def test_a_failure_is_tried_again_and_never_stored(tmp_path: Path, failure: Play) -> None:
    with serving(Scripted(failure, say("yes"))) as server:
        (reply,) = client_of(server, tmp_path).ask(questions(1))
        assert isinstance(reply, Reply) and reply.text == "yes"
        assert len(server.requests) == 2
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (fail(500, "boom"), "the server answered 500"),
        (die_midway, "the connection failed"),
        (raw(b"not json"), "no chat completion"),
        (raw(b'{"choices": []}'), "no choices"),
        (say(""), "the reply is empty (finish: stop)"),
    ],
)
def test_what_fails_every_time_is_missing_with_its_reason(tmp_path: Path, failure: Play, reason: str) -> None:
    with serving(Scripted(failure, failure, failure)) as server:
        client = client_of(server, tmp_path)
        first, second = client.ask(questions(2))
        assert isinstance(first, Missing) and reason in first.reason and "3 attempts" in first.reason
        assert isinstance(second, Reply)
        assert client.use().missing == 1


def test_a_question_that_the_server_refuses_is_not_asked_again(tmp_path: Path) -> None:
    held = say("half", "content_filter")
    with serving(Scripted(fail(400, "too long"), held)) as server:
        first, second, third = client_of(server, tmp_path).ask(questions(3))
        assert isinstance(first, Missing) and "400" in first.reason and "too long" in first.reason
        assert isinstance(second, Missing) and "content filter" in second.reason
        assert isinstance(third, Reply)
        assert len(server.requests) == 3


def test_a_stall_ends_after_the_timeout(tmp_path: Path) -> None:
    with serving(Scripted(stall)) as server:
        client = client_of(server, tmp_path, limits=Limits(at_once=1, attempts=1, timeout_s=1.0))
        first, second = client.ask(questions(2))
        assert first == Missing("no reply within 1 s")
        assert isinstance(second, Reply)


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    time = FakeTime()
    with serving(Scripted(fail(429, retry_after="7"), fail(429, retry_after_ms="2500"))) as server:
        (reply,) = client_of(server, tmp_path, time).ask(questions(1))
    assert isinstance(reply, Reply)
    assert [seconds for seconds in time.slept if seconds >= 2] == [7.0, 2.5]


def test_waiting_doubles_without_retry_after(tmp_path: Path) -> None:
    time = FakeTime()
    with serving(Scripted(*[fail(503)] * 5)) as server:
        client_of(server, tmp_path, time).ask(questions(1))
    assert [round(wait / 0.5 / 2**place, 3) for place, wait in enumerate(time.slept)] == pytest.approx([0.75] * 5, abs=0.25)


def test_a_server_that_is_killed_and_restarted_loses_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = Scripted(answer=lambda request: request.last)
        port = server.server_port
        server.server_close()
        restarted: list[Scripted] = []

        def restart(seconds: float) -> None:
            if len(time.slept) == 8:
                again = Scripted(answer=lambda request: request.last, port=port)
                restarted.append(stack.enter_context(serving(again)))

        time = FakeTime(restart)
        limits = Limits(at_once=1, attempts=2, timeout_s=5)
        replies = client_of(server, tmp_path, time, limits=limits).ask(questions(3))
        assert [reply.text for reply in replies if isinstance(reply, Reply)] == ["question 0", "question 1", "question 2"]


def test_patience_with_an_absent_server_ends(tmp_path: Path) -> None:
    server = Scripted()
    server.server_close()
    limits = Limits(at_once=2, patience_s=60)
    time = FakeTime()
    replies = client_of(server, tmp_path, time, limits=limits).ask(questions(50))
    assert all(isinstance(reply, Missing) for reply in replies)
    assert "not asked: no reply to anything for" in str(replies[-1])
    assert time.time < 300


def test_the_server_sets_the_pace(tmp_path: Path) -> None:
    time = FakeTime()
    crowd = Limits(at_once=16, attempts=3, timeout_s=5)
    with serving(Scripted(*[fail(429)] * 4)) as server:
        replies = client_of(server, tmp_path, time, limits=crowd).ask(questions(40))
        assert len(server.requests) == 44
    assert all(isinstance(reply, Reply) for reply in replies)
    assert len(time.slept) == 4


@pytest.mark.parametrize(
    ("budget", "answered", "reason"),
    [
        (Budget(requests=3), 3, "3 requests"),
        (Budget(tokens=30), 2, "30 tokens"),
        (Budget(cost=0.002, price_in=100.0, price_out=0.0), 2, "budget of 0.002"),
    ],
)
def test_a_budget_stops_cleanly_and_keeps_what_came(tmp_path: Path, budget: Budget, answered: int, reason: str) -> None:
    with serving(Scripted()) as server:
        replies = client_of(server, tmp_path, budget=budget).ask(questions(5))
        assert [isinstance(reply, Reply) for reply in replies] == [True] * answered + [False] * (5 - answered)
        assert reason in str(replies[-1])
        client_of(server, tmp_path).ask(questions(5))
        assert len(server.requests) == 5


def test_a_rerun_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    with serving(Scripted(say("one"), *[fail(500)] * 3)) as server:
        first = client_of(server, tmp_path)
        assert [type(reply) for reply in first.ask(questions(2))] == [Reply, Missing]
        asked = len(server.requests)
        again = client_of(server, tmp_path)
        assert all(isinstance(reply, Reply) for reply in again.ask(questions(2)))
        assert [request.last for request in server.requests[asked:]] == ["question 1"]
        assert (again.use().cached, again.use().requests) == (1, 1)


def test_another_model_or_sample_is_another_question(tmp_path: Path) -> None:
    one, two = questions(1)[0], Question(messages=questions(1)[0].messages, sample=1)
    with serving(Scripted()) as server:
        client_of(server, tmp_path).ask([one, one, two])
        assert len(server.requests) == 2
        other = Client(Endpoint(server.url, "other"), ReplyCache(tmp_path / "replies.jsonl"))
        other.ask([one])
        assert len(server.requests) == 3


def test_cost_follows_the_prices_and_missing_usage_is_estimated(tmp_path: Path) -> None:
    with serving(Scripted(say("yes", usage=(1000, 100)), say("x" * 40, usage=None))) as server:
        client = client_of(server, tmp_path, budget=Budget(price_in=2.0, price_out=10.0))
        client.ask(questions(1))
        assert client.use().cost == pytest.approx(0.003)
        assert not client.use().tokens_estimated
        client.ask([ask_user("y" * 40)])
        assert client.use().tokens_estimated
        assert (client.use().prompt_tokens, client.use().completion_tokens) == (1011, 111)


@pytest.mark.parametrize(("status", "advice"), [(401, "Check the key in the environment variable SECRET_NAME"), (404, "/models")])
def test_a_wrong_key_or_address_ends_the_command_without_showing_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, advice: str
) -> None:
    monkeypatch.setenv("SECRET_NAME", "very-private-value")
    with serving(Scripted(*[fail(status, "bad key very-private-value")] * 9)) as server:
        client = Client(Endpoint(server.url, "m", "SECRET_NAME"), ReplyCache(tmp_path / "replies.jsonl"))
        with pytest.raises(MissingError, match=advice) as error:
            client.ask(questions(1))
        assert server.requests[0].headers["authorization"] == "Bearer very-private-value"
    assert "very-private" not in str(error.value)


def test_a_refused_question_among_answered_ones_is_only_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_NAME", "very-private-value")
    with serving(Scripted(say("yes"), fail(403, "blocked, key very-private-value"))) as server:
        cache = ReplyCache(tmp_path / "replies.jsonl")
        client = Client(Endpoint(server.url, "m", "SECRET_NAME"), cache, limits=Limits(at_once=1))
        replies = client.ask(questions(3))
    assert [type(reply) for reply in replies] == [Reply, Missing, Reply]
    assert "blocked, key ***" in str(replies[1])
    assert "very-private" not in (tmp_path / "replies.jsonl").read_text()


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("Unsupported value: 'temperature' does not support 0.0 with this model.", "temperature"),
    ],
)
def test_an_option_that_a_model_does_not_take_is_left_out(tmp_path: Path, message: str, option: str) -> None:
    def strict(handler: Handler) -> None:
        (fail(400, message) if option in handler.asked.body else say("yes"))(handler)

    limits = Limits(at_once=4, attempts=3, timeout_s=5)
    with serving(Scripted(*[strict] * 20)) as server:
        replies = client_of(server, tmp_path, limits=limits).ask(questions(6))
        assert all(isinstance(reply, Reply) for reply in replies)
        assert option in server.requests[0].body
        assert option not in server.requests[-1].body


def test_an_openai_key_is_not_sent_to_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "very-private-value")
    with serving(Scripted()) as server:
        client_of(server, tmp_path).ask(questions(1))
        assert "very-private" not in str(server.requests[0].headers)
