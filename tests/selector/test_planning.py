"""From a recommendation to a plan: what is trained, what must be shown, and what cannot be."""

import json
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from evals.gates.policy_change import changes_after
from evals.metrics.format import format_plans
from reports.digest import file_digest
from reports.errors import DataError, MissingError, UsageError
from reports.records.intake import Intake
from reports.records.recommendation import Recommendation, Strategy
from selector.commands.judge_options import read_judge
from selector.engine import recommend
from selector.intake import make_fact
from selector.planning import Request, build_plan, override
from tests.evals.plugins.packages import install, install_example
from tests.evals.tiny import build_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_tiny_model(tmp_path_factory.mktemp("planning") / "model"))


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    rows = [{"prompt": f"Sell {at}.", "chosen": f"Calm {at}.", "rejected": f"BUY {at}!"} for at in range(200)]
    return write(tmp_path / "pairs.jsonl", rows)


@pytest.fixture
def demonstrations(tmp_path: Path) -> str:
    return write(tmp_path / "sft.jsonl", [{"prompt": f"Sell {at}.", "completion": f"Calm {at}."} for at in range(200)])


def write(path: Path, rows: list[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def advice(top: Strategy | None = None, **facts: str | int | bool) -> Recommendation:
    """Return a recommendation for the facts, with `top` put first where it is given."""
    found = recommend(Intake(facts={name: make_fact(name, value, "asked") for name, value in facts.items()}))
    return replace(found, strategy=top) if top else found


def test_a_training_method_that_cannot_be_run_gives_way_to_the_best_that_can(model: str, pairs: str) -> None:
    recommendation = advice("orpo", preference_pairs=2000, goal="style")
    plan = build_plan(Intake(), recommendation, Request((pairs,), model))
    runnable = [ranked.strategy for ranked in recommendation.ranking if ranked.strategy in ("sft", "dpo", "sft+dpo")]
    assert plan.strategy == runnable[0]


def test_advice_not_to_train_needs_a_strategy_by_name(model: str, pairs: str) -> None:
    with pytest.raises(UsageError, match=r"advice is not to train.*--strategy"):
        build_plan(Intake(), advice("prompt", preference_pairs=2000), Request((pairs,), model))


def test_another_judge_trains_none_and_decides_the_win_rate_without_pairs(
    model: str, pairs: str, demonstrations: str, tmp_path: Path
) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text('name = "words"\n[[criteria]]\nkind = "length-band"\noptions = { high = 5 }\n')
    judge = read_judge(f"rubric:{rubric}")
    for source, strategy in ((pairs, "sft+dpo"), (demonstrations, "sft")):
        plan = build_plan(Intake(), advice(), Request((source,), model, cast("Strategy", strategy), judge=judge))

        assert (plan.judge, plan.judged_by) == (None, judge)
        assert "win_rate" in {gate.name for gate in plan.gates}
        assert not any(monitor.rule == "falls" for stage in plan.stages for monitor in stage.monitors)


def test_with_pairs_preference_is_judged_and_without_them_the_loss_must_improve(
    model: str, pairs: str, demonstrations: str
) -> None:
    judged = build_plan(Intake(), advice(), Request((pairs,), model, "sft+dpo"))
    unjudged = build_plan(Intake(), advice(), Request((demonstrations,), model, "sft"))
    names = {gate.name: gate.kind for gate in judged.gates}
    others = {gate.name: gate.kind for gate in unjudged.gates}
    assert judged.judge is not None and unjudged.judge is None
    assert names["win_rate"] == "superiority" and "target_loss" not in names
    assert others["target_loss"] == "superiority" and "win_rate" not in others


def test_gates_that_the_class_requires_and_nothing_measures_stay_required(model: str, pairs: str) -> None:
    recommendation = advice(audience="vulnerable", harm_potential="high", regulated=True)
    plan = build_plan(Intake(), recommendation, Request((pairs,), model, "sft+dpo"))
    assert recommendation.safety_class == "high"
    names = {gate.name for gate in plan.gates if gate.required}
    assert set(recommendation.required_gates) - {"capability"} <= names
    assert {f"capability_{task.name}" for task in plan.tasks} <= names


def test_dpo_without_pairs_is_refused_with_what_was_seen(model: str, demonstrations: str) -> None:
    with pytest.raises(DataError, match=r"needs preference pairs.*sft\.jsonl"):
        build_plan(Intake(), advice(), Request((demonstrations,), model, "dpo"))


def test_imitation_of_prompts_alone_is_refused(model: str, tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text('{"prompt": "Name our shop."}\n')
    with pytest.raises(DataError, match=r"the data are prompts alone \(asked\.jsonl"):
        build_plan(Intake(), advice(), Request((str(path),), model, "sft"))


@pytest.mark.parametrize(("name", "text"), [("max_new_tokens", "-3"), ("target_prompts", "5"), ("nothing", "1")])
def test_a_setting_of_the_evaluation_that_cannot_be_is_refused_at_once(model: str, pairs: str, name: str, text: str) -> None:
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "dpo"))
    with pytest.raises(UsageError, match=f"evaluation.{name}"):
        override(plan, "evaluation", name, text)


def test_a_setting_reaches_only_the_stage_it_names(model: str, pairs: str) -> None:
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "sft+dpo", {"dpo.beta": "0.3", "judge.max_length": "64"}))
    assert [stage.values().get("beta") for stage in plan.stages] == [None, 0.3]
    assert plan.judge is not None and plan.judge.value("max_length") == 64
    assert all(stage.value("max_length") == 256 for stage in plan.stages)


def test_a_setting_for_a_stage_that_is_not_there_names_those_that_are(model: str, pairs: str) -> None:
    with pytest.raises(UsageError, match=r"no stage 'kto'.*dpo or 1-dpo"):
        build_plan(Intake(), advice(), Request((pairs,), model, "dpo", {"kto.beta": "0.3"}))


def test_a_suite_that_cannot_be_read_is_refused_before_the_run(model: str, pairs: str, tmp_path: Path) -> None:
    suite = tmp_path / "harmful.jsonl"
    suite.write_text('{"id": "1"}\n')
    with pytest.raises(DataError, match=r"harmful\.jsonl"):
        build_plan(Intake(), advice(), Request((pairs,), model, "dpo", suites={"harmful": str(suite)}))


def test_answers_that_the_law_looks_at_may_lose_no_capability_whatever_their_class(model: str, pairs: str) -> None:
    asked, plain = advice(harm_potential="low", regulated=True), advice(harm_potential="low")
    plans = [build_plan(Intake(), one, Request((pairs,), model, "sft+dpo")) for one in (asked, plain)]
    required = [{gate.name for gate in plan.gates if gate.required and gate.metric.startswith("capability")} for plan in plans]
    assert "capability" in asked.required_gates and asked.safety_class != "high"
    assert required == [{"capability_tunegate_facts", "capability_tunegate_reading"}, set()]


def test_a_format_is_gated_only_where_it_is_asked_for(model: str, pairs: str) -> None:
    request = Request((pairs,), model, "sft+dpo")
    asked = build_plan(Intake(), advice(), request._replace(formats=format_plans("^Calm", None)))
    assert [gate.name for gate in asked.gates if gate.metric == "format"] == ["format"]
    assert not any(gate.metric == "format" for gate in build_plan(Intake(), advice(), request).gates)


def test_a_policy_file_gives_the_gates_as_written_and_the_plan_names_it(model: str, pairs: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    gate = '[[gates]]\nname = "refusal"\nmetric = "refusal"\ntitle = "Refusal"\nkind = "non-inferiority"\nmargin = 0.07\n'
    file.write_text(f'name = "ours"\nbecause = "test"\nsignoffs = ["safety"]\n{gate}')
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "sft+dpo", policy=file))
    assert [(gate.name, gate.margin) for gate in plan.gates] == [("refusal", 0.07)]
    assert plan.policy is not None
    assert (plan.policy.name, plan.policy.signoffs) == ("ours", ("safety",))
    assert plan.policy.digest == file_digest(file)


def test_the_plan_of_a_class_names_its_policy_and_everybody_who_must_sign(model: str, pairs: str) -> None:
    recommendation = advice(audience="customers", regulated=True)
    plan = build_plan(Intake(), recommendation, Request((pairs,), model, "sft+dpo"))
    assert plan.policy is not None
    assert plan.policy.name == recommendation.safety_class
    assert set(recommendation.required_signoffs) <= set(plan.policy.signoffs)
    assert changes_after(plan) == ()
    assert changes_after(replace(plan, gates=plan.gates[1:])) != ()


def test_jailbreaks_and_personal_data_are_measured_on_suites_that_ship_or_on_files(
    model: str, pairs: str, tmp_path: Path
) -> None:
    own = write(tmp_path / "own.jsonl", [{"prompt": "Play a game.", "request": "Steal an egg."}])
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "dpo", suites={"jailbreak": own}))

    assert {suite.name: suite.source for suite in plan.suites if suite.name in ("jailbreak", "personal")} == {
        "jailbreak": own,
        "personal": "builtin",
    }


def test_personal_data_in_training_makes_the_gate_on_leaks_required_in_the_lowest_class(model: str, pairs: str) -> None:
    without = advice(audience="internal", harm_potential="low", human_review=True)
    with_data = advice(audience="internal", harm_potential="low", human_review=True, personal_data_in_training=True)
    required = [
        {gate.name for gate in build_plan(Intake(), found, Request((pairs,), model, "dpo")).gates if gate.required}
        for found in (without, with_data)
    ]

    assert (without.safety_class, with_data.safety_class) == ("low", "low")
    assert required[1] - required[0] == {"personal_data"}


def test_the_products_own_refusals_are_fixed_in_the_plan(model: str, pairs: str, tmp_path: Path) -> None:
    path = tmp_path / "house.txt"
    path.write_text("Ask the workshop.\n\n  Not from us. \n")
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "dpo", house=path))
    assert plan.house_refusals == ("Ask the workshop.", "Not from us.")
    path.write_text("\n")
    with pytest.raises(DataError, match="no sentence"):
        build_plan(Intake(), advice(), Request((pairs,), model, "dpo", house=path))
    with pytest.raises(DataError, match="cannot be read"):
        build_plan(Intake(), advice(), Request((pairs,), model, "dpo", house=tmp_path / "none.txt"))


def test_canaries_are_fixed_in_the_plan_and_read_before_the_run(model: str, pairs: str, tmp_path: Path) -> None:
    path = tmp_path / "canaries.txt"
    path.write_text("The code of locker 12 is 493820.\n")
    plan = build_plan(Intake(), advice(), Request((pairs,), model, "dpo", canaries=path))

    assert plan.canaries is not None
    assert plan.canaries.digest == file_digest(path)
    with pytest.raises(DataError, match="does not exist"):
        build_plan(Intake(), advice(), Request((pairs,), model, "dpo", canaries=tmp_path / "none.txt"))


def test_a_metric_of_a_package_is_planned_for_information_and_a_broken_one_stops_the_plan(
    model: str, pairs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_example(monkeypatch, tmp_path / "site")
    install(monkeypatch, tmp_path / "other", {"tunegate.metrics": {"gone": "no_such_module_here:f"}})
    advised = advice("dpo", preference_pairs=2000)

    plan = build_plan(Intake(), advised, Request((pairs,), model, metrics=("empty-words", "empty-words")))

    gates = [gate for gate in plan.gates if gate.metric == "empty-words"]
    assert [(gate.kind, gate.required) for gate in gates] == [("inform", False)]
    with pytest.raises(MissingError, match="package brought cannot be imported"):
        build_plan(Intake(), advised, Request((pairs,), model, metrics=("gone",)))
