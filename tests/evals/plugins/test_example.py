"""The worked example of docs/plugins.md is this package, and it keeps the contracts."""

from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.judges.choosing import parse_judge
from evals.measure import measure
from evals.plugins.judges import check_judge
from evals.plugins.metrics import check_metric, informing_gate
from evals.rewards.contract import check_reward
from evals.rewards.library import build_rewards, parse_reward
from reports.progress import ProgressLog
from tests.evals.plugins.packages import EXAMPLE, install_example
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import TARGET, make_run

PAGE = Path(__file__).parents[3] / "docs" / "plugins.md"


def test_the_page_shows_the_package_as_it_is() -> None:
    page = PAGE.read_text()
    for name, language in (("brand_voice.py", "python"), ("pyproject.toml", "toml")):
        assert f"```{language}\n{(EXAMPLE / name).read_text()}```" in page


def test_the_example_keeps_the_contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_example(monkeypatch, tmp_path)
    brand_voice = import_module("brand_voice")

    check_metric(brand_voice.empty_words)
    check_judge(brand_voice.PlainJudge())
    check_reward(brand_voice.plain)


def test_its_reward_is_chosen_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_example(monkeypatch, tmp_path)

    (reward,) = build_rewards([parse_reward("plain:weight=2")])

    assert reward.weight == 2
    assert reward.function(["Unlock a revolutionary mug.", "A warm mug."]) == [0.0, 1.0]


def test_a_run_measures_the_metric_that_a_gate_asks_for_and_lets_the_judge_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_example(monkeypatch, tmp_path / "site")
    run, plan = make_run(tmp_path, build_tiny_model(tmp_path / "tiny"))
    judge = parse_judge("plugin:plain-words")

    metrics = measure(run, replace(plan, gates=(informing_gate("empty-words"),), judged_by=judge), ProgressLog(run))

    found = {metric.name: metric for metric in metrics.metrics}
    assert (found["empty-words"].n, found["empty-words"].candidate.value) == (len(TARGET), 0.0)
    assert found["empty-words"].noise_floor is not None
    assert found["win_rate"].because == ""
    assert {row.judge for row in run.judgements.read()} == {"plain-words"}
