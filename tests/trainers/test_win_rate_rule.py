"""What repeated looks at a win rate prove, and what they leave open."""

import random

from msgspec.structs import replace

from reports.records.run import Look
from trainers.monitor_limits import WIN_RATE, WIN_RATE_FALLS, WIN_RATE_STABLE
from trainers.monitors import Alarm
from trainers.win_rate_rule import WinRateRule

START = Look(step=0, answers=(), preferences=(0.5,) * 40)


def look(step: int, rate: float, spread: float = 0.2, seed: int = 0) -> Look:
    rng = random.Random(seed)
    drawn = (min(1.0, max(0.0, rng.gauss(rate, spread))) for _ in range(40))
    return Look(step=step, answers=(), preferences=tuple(drawn))


def alarms(*looks: Look, rule: WinRateRule | None = None) -> list[Alarm]:
    rule = rule or WinRateRule(WIN_RATE, planned=4)
    seen = [rule.see(found, is_last=found.step == 40).alarm for found in (START, *looks)]
    return [alarm for alarm in seen if alarm is not None]


def test_a_win_rate_that_grows_raises_nothing() -> None:
    assert alarms(*(look(10 * place, 0.5 + 0.08 * place, seed=place) for place in range(1, 5))) == []


def test_a_fall_is_told_and_healthy_until_the_best_look() -> None:
    [alarm] = alarms(look(10, 0.6, seed=1), look(20, 0.8, seed=2), look(30, 0.4, seed=3))
    assert (alarm.monitor.name, alarm.step, alarm.healthy_until) == ("win_rate_falls", 30, 20)
    assert "fell by at least" in alarm.text


def test_answers_that_are_worse_than_the_start_fall_too() -> None:
    [alarm] = alarms(look(10, 0.2))
    assert (alarm.monitor.name, alarm.healthy_until) == ("win_rate_falls", 0)


def test_a_rate_that_stands_still_for_two_looks_is_told_but_not_after_the_last_one() -> None:
    flat = [look(step, 0.7, seed=1) for step in (10, 20, 30, 40)]
    [alarm] = alarms(*flat[:3])
    assert (alarm.monitor.name, alarm.step, alarm.monitor.action) == ("win_rate_stable", 30, "stop")
    late = [replace(found, step=step) for found, step in zip(flat, (20, 30, 40), strict=False)]
    assert alarms(*late) == []


def test_a_standstill_below_the_best_look_returns_to_that_look() -> None:
    best = look(10, 0.75, seed=1)
    below = tuple(None if value is None else max(0.0, value - 0.02) for value in best.preferences)
    [alarm] = alarms(best, look(20, 0.7, seed=4), replace(best, step=30, preferences=below))
    assert (alarm.monitor.name, alarm.healthy_until, alarm.monitor.action) == ("win_rate_stable", 10, "rollback")


def test_answers_that_never_left_the_start_do_not_stand_still() -> None:
    assert alarms(*(replace(START, step=step) for step in (10, 20, 30))) == []


def test_a_limit_that_was_taken_away_raises_nothing() -> None:
    off = [replace(plan, stop=None) for plan in WIN_RATE]
    assert alarms(look(10, 0.9, seed=1), look(20, 0.1, seed=2), rule=WinRateRule(off, 4)) == []


def test_the_interval_of_every_look_is_logged_and_covers_more_than_a_single_one() -> None:
    rule = WinRateRule(WIN_RATE, planned=4)
    assert rule.see(START).values == {}
    values = rule.see(look(10, 0.6)).values
    assert values["win_rate_low"] < values["win_rate"] < values["win_rate_high"]
    alone = WinRateRule(WIN_RATE, planned=1).see(look(10, 0.6)).values
    assert values["win_rate_low"] < alone["win_rate_low"]


def test_a_judge_that_failed_everywhere_decides_nothing() -> None:
    failed = Look(step=10, answers=(), preferences=(None,) * 40)
    rule = WinRateRule(WIN_RATE, planned=4)
    rule.see(START)
    found = rule.see(failed)
    assert (found.values, found.alarm) == ({}, None)


def test_a_flat_training_seldom_falls_by_chance_however_often_one_looks() -> None:
    wrong = 0
    for training in range(60):
        rule = WinRateRule([WIN_RATE_FALLS], planned=4)
        looks = [look(10 * place, 0.5, spread=0.3, seed=100 * training + place) for place in range(1, 5)]
        wrong += bool(alarms(*looks, rule=rule))
    assert wrong <= 3


def test_a_training_that_still_gains_is_not_said_to_stand_still() -> None:
    rule = WinRateRule([WIN_RATE_STABLE], planned=4)
    assert alarms(look(10, 0.5, seed=1), look(20, 0.6, seed=1), look(30, 0.7, seed=1), rule=rule) == []
