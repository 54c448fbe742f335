"""Training curves: drawn thin, without losing what matters."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reports.curves import LISTED_POINTS, MOST_POINTS, curve_figures, thinned
from reports.records.run import MetricPoint


def points(values: list[float | None], name: str = "loss") -> list[MetricPoint]:
    """Return a log of one metric."""
    return [MetricPoint(step=i, epoch=None, seconds=float(i), values={name: value}) for i, value in enumerate(values)]


@given(st.lists(st.floats(-1e9, 1e9), max_size=3000))
def test_a_thinned_line_is_short_in_order_and_keeps_its_extremes(values: list[float]) -> None:
    line = list(enumerate(values))
    kept = thinned(line)

    assert len(kept) <= MOST_POINTS
    assert [step for step, _ in kept] == sorted({step for step, _ in kept})
    assert set(kept) <= set(line)
    if values:
        assert {min(values), max(values)} <= {value for _, value in kept}


def test_a_short_line_is_drawn_whole() -> None:
    line = [(i, float(i)) for i in range(MOST_POINTS)]

    assert thinned(line) == line


def test_a_stage_that_logged_nothing_has_no_chart() -> None:
    assert curve_figures("1-sft", []) == []
    assert curve_figures("1-sft", points([0.1, 0.2], "learning_rate")) == []


def test_a_long_log_says_what_is_drawn_and_listed() -> None:
    (figure,) = curve_figures("1-sft", points([float(i % 7) for i in range(5000)]))

    assert len(figure.rows) == LISTED_POINTS
    assert (figure.rows[0][0], figure.rows[-1][0]) == ("0", "4,999")
    assert figure.table_note == (
        "The curve draws the extremes of 5,000 points. "
        "The table lists at most 40 of 5,000 points; the run directory holds all of them."
    )


def test_values_that_are_no_number_are_left_out_and_counted() -> None:
    (figure,) = curve_figures("2-dpo", points([1.0, None, float("nan"), 0.5]))

    assert figure.rows == (("0", "1"), ("3", "0.5"))
    assert figure.note == "2 of 4 logged values were no finite number and are not drawn."


def test_margins_of_training_and_evaluation_share_a_chart_and_differ_by_more_than_colour() -> None:
    log = points([0.1, 0.2, 0.3], "rewards/margins") + points([0.1, 0.15, 0.2], "eval_rewards/margins")
    (figure,) = curve_figures("2-dpo", log)

    assert figure.title == "2-dpo: reward margin (chosen minus rejected)"
    assert figure.columns == ("Step", "Training", "Evaluation")
    assert "stroke-dasharray" in figure.svg
    assert {"training", "evaluation"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg))


def test_a_table_cell_without_a_value_is_marked() -> None:
    log = [*points([1.0, 0.5]), MetricPoint(step=7, epoch=None, seconds=1.0, values={"eval_loss": 0.6})]
    (figure,) = curve_figures("1-sft", log)

    assert figure.rows == (("0", "1", "–"), ("1", "0.5", "–"), ("7", "–", "0.6"))


def test_reward_and_divergence_of_reinforcement_learning_are_drawn() -> None:
    log = [MetricPoint(step=i, epoch=None, seconds=1.0, values={"reward": i / 3, "kl": i / 100}) for i in range(3)]

    assert [figure.title for figure in curve_figures("2-grpo", log)] == [
        "2-grpo: reward",
        "2-grpo: divergence from the reference, nats",
    ]


def test_a_win_rate_is_drawn_as_measured_on_held_out_prompts() -> None:
    points = [MetricPoint(step=step, epoch=None, seconds=1.0, values={"win_rate": 0.5 + step / 100}) for step in (10, 20)]
    [figure] = curve_figures("2-dpo", points)
    assert [column.lower() for column in figure.columns] == ["step", "evaluation"]
    assert "win rate" in figure.title
