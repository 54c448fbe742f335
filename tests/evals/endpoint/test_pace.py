"""How the number of requests at once follows the server, and what an endpoint is written like."""

import random

import pytest

from evals.endpoint.pace import Clock, Pace, backoff
from evals.endpoint.place import parse_endpoint
from evals.endpoint.reading import retry_after
from reports.errors import UsageError


async def test_requests_that_failed_together_halve_once_and_successes_creep_up() -> None:
    pace = Pace(16, Clock())
    for _ in range(60):
        pace.went_well()
    before = pace.limit
    assert 8 < before <= 16
    for _ in range(5):
        pace.too_many(0, None)
    assert pace.limit == before / 2
    pace.too_many(1, None)
    assert pace.limit == before / 4
    pace.went_well()
    assert before / 4 < pace.limit <= before / 4 + 1


async def test_no_more_are_under_way_than_the_limit() -> None:
    pace = Pace(1, Clock())
    async with pace.slot():
        assert pace.under_way == int(pace.limit) == 1
    assert pace.under_way == 0


def test_backoff_doubles_has_jitter_and_an_end() -> None:
    waits = [backoff(number, random.Random(1)) for number in range(1, 12)]
    assert all(0.25 * 2**place <= wait <= 0.5 * 2**place for place, wait in enumerate(waits[:6]))
    assert waits[-1] <= 60
    assert backoff(1, random.Random(1)) != backoff(1, random.Random(2))
    assert backoff(1, random.Random(1), retry_after=30) == 30


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1e9"}, 600),
        ({"retry-after": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("text", "base_url", "model"),
    [
        ("http://localhost:8000#qwen", "http://localhost:8000/v1", "qwen"),
        ("https://host/api/v2/#a/b", "https://host/api/v2", "a/b"),
    ],
)
def test_an_endpoint_is_read(text: str, base_url: str, model: str) -> None:
    found = parse_endpoint(text)
    assert (found.base_url, found.model, found.key_name) == (base_url, model, "")


@pytest.mark.parametrize(("model", "label"), [("/home/me/models/qwen/", "qwen"), ("org/qwen", "org/qwen"), ("~/qwen", "qwen")])
def test_a_path_is_shown_by_its_last_part(model: str, label: str) -> None:
    assert parse_endpoint(f"http://localhost:8000#{model}").label == label


def test_only_the_host_of_openai_gets_its_key_by_default() -> None:
    assert parse_endpoint("https://api.openai.com/v1#m").key_name == "OPENAI_API_KEY"
    assert parse_endpoint("https://api.openai.com.example.org/v1#m").key_name == ""
    assert parse_endpoint("https://elsewhere/v1#m", "MY_KEY").key_name == "MY_KEY"


@pytest.mark.parametrize(
    "text", ["localhost:8000#m", "http://localhost", "http://#m", "ftp://host#m", "http://h#", "http://u:pw@h#m"]
)
def test_what_is_no_endpoint_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_endpoint(text)
    assert "pw" not in str(error.value)
