"""What a stage was expected to take stands beside what it took."""

from pathlib import Path

from msgspec.structs import replace

from reports.contents import read_contents
from reports.forecasts import besides_steps, forecast_rows, unpriced
from reports.records.plan import Plan
from reports.records.preflight import Preflight
from reports.rundir import RunDir
from tests.reports.conftest import PageFor
from tests.reports.page import Page
from tests.reports.sample_run import build_sample_run


def test_what_lay_inside_the_interval_and_what_did_not_is_told_apart(go: RunDir) -> None:
    rows = {
        (row.stage, row.what): (row.expected, row.interval, row.actual, row.found) for row in forecast_rows(read_contents(go))
    }

    assert rows["1-sft", "Memory of the process"] == ("1.6 GiB", "1.4 to 1.9 GiB", "1.7 GiB", "inside")
    assert rows["2-dpo", "Memory of the process"][2:] == ("1.7 GiB", "above it")
    assert rows["1-sft", "240 steps"] == ("5 min 36 s", "4 min 48 s to 6 min 24 s", "6 min 0 s", "inside")


def test_a_figure_that_could_not_be_predicted_says_why_and_is_not_compared(go: RunDir) -> None:
    row = next(row for row in forecast_rows(read_contents(go)) if (row.stage, row.what) == ("2-dpo", "102 steps"))

    assert (row.expected, row.interval, row.state) == ("not predicted: the look ahead broke", "", "skipped")
    assert row.actual == "4 min 5 s"


def test_a_cost_is_shown_where_the_price_of_an_hour_is_known(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    plan = run.read(Plan)
    run.write(replace(plan, launch=replace(plan.launch, price=20.0, processes=4)))
    contents = read_contents(run)
    cost = next(row for row in forecast_rows(contents) if row.what == "Cost of 240 steps")

    assert (cost.expected, cost.interval, cost.actual) == ("7.47", "6.4 to 8.53", "8")
    assert unpriced(contents) == ""


def test_time_beside_the_steps_is_counted(go: RunDir) -> None:
    assert round(besides_steps(read_contents(go)), 1) == round(412.6 - 240 * 1.5 + 268.4 - 102 * 2.4, 1)


def test_the_report_shows_the_table_and_why_there_is_no_price(page: Page) -> None:
    training = page.text("//section[@id='training']")

    assert "1-sft Memory of the process 1.6 GiB 1.4 to 1.9 GiB 1.7 GiB ✓ inside" in training
    assert "2-dpo 102 steps not predicted: the look ahead broke 4 min 5 s – not compared" in training
    assert "Not priced: the run was started without the price of an hour" in training
    assert "Seconds per step" not in training


def test_a_stage_that_broke_off_has_a_prediction_and_no_figure(page_for: PageFor) -> None:
    training = page_for("go", "train", "failed").text("//section[@id='training']")

    assert "2-dpo Memory of the process 1.1 GiB 0.9 to 1.3 GiB not measured – not compared" in training


def test_a_run_of_a_version_without_predictions_says_so(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    run.write(Preflight(stages=tuple(replace(stage, forecast=None) for stage in run.read(Preflight).stages)))
    contents = read_contents(run)

    assert forecast_rows(contents) == []
