"""What the preflight found stands in the report, with its remedy and with who accepted it."""

from pathlib import Path

from msgspec.structs import replace

from reports.contents import read_contents
from reports.html import render
from tests.reports.sample_run import build_sample_run


def test_findings_of_a_stage_are_shown_and_passes_are_counted(tmp_path: Path) -> None:
    page = render(read_contents(build_sample_run(tmp_path)))
    assert "Preflight of 1-sft: 1 of 1 checks pass." in page
    assert "Preflight of 2-dpo: 1 of 3 checks pass." in page
    assert "no monitor chosen_falls" in page
    assert "Accepted by Ada:</b> a try" in page


def test_the_dry_run_of_rewards_stands_with_the_stage_that_learns_from_them(tmp_path: Path) -> None:
    contents = read_contents(build_sample_run(tmp_path))
    assert "Reward dry run" not in render(contents)
    learning = tuple(stage._replace(method="rloo") for stage in contents.stages)
    assert "Reward dry run: 0 of 1 checks pass." in render(contents._replace(stages=learning))


def test_a_run_without_a_preflight_shows_none(tmp_path: Path) -> None:
    contents = read_contents(build_sample_run(tmp_path, upto="data"))
    assert contents.preflight is None
    assert "Preflight of" not in render(contents._replace(record=replace(contents.record, status="failed")))
