"""A judge behind an endpoint answers in both orders, and what fails is missing."""

from pathlib import Path

import pytest

from evals.endpoint.client import Limits
from evals.judges.asking import ask_judge
from evals.judges.by_endpoint import EndpointJudge
from evals.judges.contest import Judge
from evals.judges.gold import as_gold
from evals.logprobs import Drifts
from evals.metrics.measured import Judged, Measured
from evals.metrics.win_rate import win_rate
from reports.rundir import RunDir
from tests.evals.endpoint.server import Play, Scripted, die_midway, fail, raw, say, serving, stall
from tests.evals.endpoint.test_client import FakeTime, client_of
from tests.evals.judges.material import completions, contests, empty_run, items, prefer_longer, shown_answers

Pairs = list[tuple[str | None, str | None]]

BETTER: Pairs = [("short", f"a longer answer {n}") for n in range(20)]


def ask(
    judge: Judge, run: RunDir, answers: list[tuple[str | None, str | None]], gold: list[dict[str, str]] | None = None
) -> Judged:
    known = as_gold(gold) if gold else None
    return ask_judge(run, judge, items(len(answers)), completions(answers), known, lambda *_: None)


def rate(judged: Judged, answers: Pairs) -> float | None:
    return win_rate(Measured(items(len(answers)), completions(answers), Drifts({}, {}, ()), judged)).candidate.value


def instrument(judged: Judged, name: str) -> tuple[float | None, bool]:
    return next((found.value, found.ok) for found in judged.instruments if found.name == name)


def test_both_orders_are_asked_and_agree(tmp_path: Path) -> None:
    with serving(Scripted(answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER)

    assert len(server.requests) == 2 * len(BETTER)
    assert {row.order for row in judged.rows} == {"baseline_first", "candidate_first"}
    assert rate(judged, BETTER) == 1.0
    assert instrument(judged, "swap_consistency") == (1.0, True)


def test_a_judge_that_goes_by_position_wins_nothing_and_breaks_the_gate(tmp_path: Path) -> None:
    with serving(Scripted(answer=lambda request: "VERDICT: A")) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER)

    assert rate(judged, BETTER) == 0.5
    assert instrument(judged, "swap_consistency") == (0.0, False)


def test_equal_answers_tie_without_a_question_and_a_missing_answer_is_missing(tmp_path: Path) -> None:
    answers: Pairs = [("same", "same"), (None, "longer words"), ("short", "longer words")]
    with serving(Scripted(answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), answers)

    assert len(server.requests) == 2
    assert [judged.judgements[f"p{n}"].preference for n in range(3)] == [0.5, None, 1.0]
    assert judged.judgements["p1"].error == "no answer of the baseline"


@pytest.mark.parametrize(
    "failure",
    [fail(500), die_midway, raw(b"<html>"), raw(b'{"choices": []}'), say(""), say(None), fail(400), say("x", "content_filter")],
)
def test_no_failure_becomes_a_vote(tmp_path: Path, failure: Play) -> None:
    with serving(Scripted(*[failure] * 3, answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER)

    preferences = [found.preference for found in judged.judgements.values()]
    assert set(preferences) <= {1.0, None}
    assert rate(judged, BETTER) == 1.0


@pytest.mark.parametrize("reply", ["I like A better.", "VERDICT: C", "VERDICT: A\nVERDICT: B", "It is A. VERDICT: A or B"])
def test_a_reply_without_a_verdict_is_missing_and_counted(tmp_path: Path, reply: str) -> None:
    with serving(Scripted(*[say(reply)] * 4, answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER)

    assert [judged.judgements[f"p{n}"].preference for n in range(3)] == [None, None, 1.0]
    assert instrument(judged, "unread_replies") == (4 / 40, False)
    assert instrument(judged, "missing_judgements") == (2 / 20, False)


def test_a_rerun_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    run = empty_run(tmp_path)
    with serving(Scripted(*[fail(400)] * 3, answer=prefer_longer)) as server:
        first = ask(EndpointJudge(client_of(server, tmp_path)), run, BETTER)
        asked = len(server.requests)
        second = ask(EndpointJudge(client_of(server, tmp_path)), run, BETTER)

        assert sum(found.preference is None for found in first.judgements.values()) == 2
        assert all(found.preference == 1.0 for found in second.judgements.values())
        assert len(server.requests) - asked == 3


def test_another_answer_is_judged_anew(tmp_path: Path) -> None:
    run = empty_run(tmp_path)
    with serving(Scripted(answer=prefer_longer)) as server:
        ask(EndpointJudge(client_of(server, tmp_path)), run, [("short", "a longer answer")])
        judged = ask(EndpointJudge(client_of(server, tmp_path)), run, [("short", "x")])

    assert judged.judgements["p0"].preference == 0.0


def test_a_stalled_server_leaves_judgements_missing(tmp_path: Path) -> None:
    limits = Limits(at_once=1, attempts=1, timeout_s=1.0)
    with serving(Scripted(stall, answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path, limits=limits)), empty_run(tmp_path), BETTER[:2])

    assert [judged.judgements[f"p{n}"].preference for n in range(2)] == [None, 1.0]
    assert "no reply within" in judged.judgements["p0"].error


def test_too_many_requests_are_waited_for(tmp_path: Path) -> None:
    time = FakeTime()
    with serving(Scripted(*[fail(429, retry_after="7")] * 2, answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path, time)), empty_run(tmp_path), BETTER[:2])

    assert all(found.preference == 1.0 for found in judged.judgements.values())
    assert max(time.slept) >= 7


@pytest.mark.parametrize(("right", "ok"), [(30, True), (15, False)])
def test_the_judge_is_tried_on_gold_items(tmp_path: Path, right: int, ok: bool) -> None:
    gold = [{"prompt": f"q{n}", "chosen": "much longer than the other", "rejected": "short"} for n in range(right)]
    gold += [{"prompt": f"q{n}", "chosen": "short", "rejected": "much longer than the other"} for n in range(right, 30)]
    with serving(Scripted(answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER, gold)

    assert instrument(judged, "judge_accuracy") == (right / 30, ok)
    assert not any("Nobody knows" in note for note in judged.notes)


def test_without_gold_items_a_note_says_so(tmp_path: Path) -> None:
    with serving(Scripted(answer=prefer_longer)) as server:
        judged = ask(EndpointJudge(client_of(server, tmp_path)), empty_run(tmp_path), BETTER[:1])

    assert any("Nobody knows" in note for note in judged.notes)
    assert any("2 requests" in note for note in judged.notes)


def test_the_question_shows_the_candidate_once_first_and_once_last(tmp_path: Path) -> None:
    with serving(Scripted(answer=prefer_longer)) as server:
        [*EndpointJudge(client_of(server, tmp_path)).compare(contests(("before", "after it")), lambda done: None)]

    assert [shown_answers(request) for request in server.requests] == [("before", "after it"), ("after it", "before")]
