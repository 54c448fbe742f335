"""What the monitors catch in series of numbers, and what they leave alone."""

import random

import pytest

from reports.records.plan import Method, MonitorPlan
from trainers.methods import METHODS
from trainers.monitor_limits import (
    CHOSEN,
    CLIPPED,
    DIVERGENCE,
    ENTROPY,
    LENGTH,
    LOSS,
    ODDS,
    OVERFITTING,
    SPREAD,
    monitors_of,
    reward_gap,
)
from trainers.monitors import Alarm, Monitor, Monitors


def alarms(plan: MonitorPlan, values: list[float]) -> list[Alarm]:
    monitor = Monitor(plan)
    return [alarm for step, value in enumerate(values, 1) if (alarm := monitor.see(step, {plan.metric: value}))]


def noisy(start: float, end: float, seed: int = 0, count: int = 100) -> list[float]:
    rng = random.Random(seed)
    return [(start + (end - start) * place / count) * rng.uniform(0.85, 1.15) for place in range(count)]


@pytest.mark.parametrize(
    ("plan", "healthy"),
    [
        (LOSS, noisy(4.0, 0.8)),
        (OVERFITTING, [2.0, 1.5, 1.4, 1.41, 1.42]),
        (CHOSEN, [-100.0, -98.0, -104.0, -109.0]),
        (DIVERGENCE, noisy(0.0, 0.3)),
        (ENTROPY, noisy(3.0, 1.5)),
        (SPREAD, noisy(0.2, 0.6)),
        (CLIPPED, noisy(0.2, 0.1)),
        (LENGTH, noisy(20.0, 26.0)),
    ],
    ids=lambda value: value.name if isinstance(value, MonitorPlan) else "",
)
def test_a_healthy_series_raises_no_alarm(plan: MonitorPlan, healthy: list[float]) -> None:
    assert alarms(plan, healthy) == []


@pytest.mark.parametrize(
    ("plan", "faulty"),
    [
        (LOSS, noisy(4.0, 0.8) + noisy(0.8, 9.0)),
        (OVERFITTING, [2.0, 1.0, 1.4]),
        (CHOSEN, [-100.0, -130.0, -170.0]),
        (DIVERGENCE, noisy(0.0, 4.0)),
        (ENTROPY, noisy(3.0, 0.01)),
        (SPREAD, [0.5] * 5 + [1.0] * 20),
        (CLIPPED, [0.1] * 5 + [1.0] * 20),
        (LENGTH, noisy(20.0, 90.0)),
    ],
    ids=lambda value: value.name if isinstance(value, MonitorPlan) else "",
)
def test_a_planted_fault_is_told_once_a_level_and_stops_in_the_end(plan: MonitorPlan, faulty: list[float]) -> None:
    levels = [alarm.level for alarm in alarms(plan, faulty)]
    assert levels in (["watch", "stop"], ["stop"])


def test_a_loss_that_diverges_is_healthy_until_before_the_values_that_showed_it() -> None:
    [*_, alarm] = alarms(LOSS, [1.0] * 20 + [50.0] * 5)
    assert alarm.level == "stop"
    assert alarm.healthy_until <= 20


def test_one_odd_batch_is_no_divergence() -> None:
    assert not any(alarm.level == "stop" for alarm in alarms(LOSS, [1.0] * 20 + [5.0] + [1.0] * 20))


def test_a_gap_of_rewards_must_exceed_what_chance_explains() -> None:
    plan = reward_gap(())
    assert plan.stop == pytest.approx(0.10)

    def run(train: float, held_out: float, spread: float) -> list[str]:
        monitor = Monitor(plan)
        monitor.see(0, {"eval_reward": held_out})
        return [a.level for step in range(1, 9) if (a := monitor.see(step, {"reward": train, "reward_std": spread}))]

    assert run(0.9, 0.5, 0.1) == ["stop"]
    assert run(0.6, 0.5, 0.5) == []
    assert run(0.5, 0.5, 0.0) == []


def test_a_gap_waits_for_the_first_look_at_new_prompts() -> None:
    monitor = Monitor(reward_gap(()))
    assert all(monitor.see(step, {"reward": 9.0}) is None for step in range(20))


def test_missing_and_damaged_values_are_left_out() -> None:
    monitors = Monitors([LOSS])
    assert monitors.see(1, {"grad_norm": 1.0}) == []
    assert monitors.see(2, {"loss": float("nan")}) == []


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_watched_and_every_limit_has_a_reason(method: Method) -> None:
    plans = monitors_of(method)
    assert len({plan.name for plan in plans}) == len(plans) > 1
    assert all(plan.because.endswith(".") for plan in plans)
    for plan in plans:
        if plan.stop is not None and plan.watch is not None:
            worse = min if plan.rule in ("below", "share_of_start") else max
            assert worse(plan.watch, plan.stop) == plan.stop


@pytest.mark.parametrize("method", METHODS)
def test_the_win_rate_is_watched_where_there_is_a_judge_and_answers_are_meant_to_improve(method: Method) -> None:
    looked = {plan.name for plan in monitors_of(method, judged=True)} - {plan.name for plan in monitors_of(method)}
    expected = {"sft": set(), "reward": set(), "rloo": {"win_rate_falls"}, "grpo": {"win_rate_falls"}}
    assert looked == expected.get(method, {"win_rate_falls", "win_rate_stable"})


def test_a_best_value_near_zero_makes_no_multiple_of_noise() -> None:
    assert alarms(LOSS, [0.7] * 5 + [0.005] * 20 + [0.06] * 10) == []
    assert [alarm.level for alarm in alarms(LOSS, [0.7] * 5 + [0.005] * 20 + [0.6] * 10)][-1] == "stop"


def test_the_best_value_is_where_a_loss_that_rose_returns_to() -> None:
    [*_, alarm] = alarms(OVERFITTING, [2.0, 1.0, 1.2, 1.6])
    assert (alarm.step, alarm.best_at, alarm.healthy_until) == (4, 2, 3)


def test_pairs_that_orpo_ranks_worse_than_at_its_start_are_told_however_low_that_was() -> None:
    assert alarms(ODDS, [0.14, 0.15, 0.3]) == []
    assert [alarm.level for alarm in alarms(ODDS, [0.14, 0.05])] == ["stop"]
