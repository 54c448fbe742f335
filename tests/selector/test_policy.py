"""The default policy and files that override it."""

from pathlib import Path

import pytest

from reports.errors import MissingError, UsageError
from selector.engine import recommend
from selector.policy import default_policy, load_policy
from selector.rules.catalogue import RULES
from selector.strategies import INDEX, STRATEGIES
from tests.selector.scenarios import team


def policy_file(folder: Path, text: str) -> Path:
    """Write a policy file."""
    path = folder / "house.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_weighs_every_rule_and_nothing_else() -> None:
    assert set(default_policy().weights) == {rule.name for rule in RULES}


def test_every_effect_and_affinity_has_one_number_a_strategy() -> None:
    policy = default_policy()
    for row in (*policy.effects.values(), *policy.affinity.values(), policy.hours, policy.days, policy.level):
        assert len(row) == len(STRATEGIES)


def test_an_empty_file_is_the_default_under_its_own_name(tmp_path: Path) -> None:
    policy = load_policy(policy_file(tmp_path, ""))
    assert policy.name == "house"
    assert policy.weights == default_policy().weights and policy.thresholds == default_policy().thresholds


def test_a_file_overrides_what_it_names_and_keeps_the_rest(tmp_path: Path) -> None:
    policy = load_policy(
        policy_file(
            tmp_path,
            'name = "strict"\n[thresholds]\npairs_minimum = 300\n[rules.pairs]\nweight = 5\neffect = { rft = 0.5 }\n'
            '[gates]\nlow = ["win_rate"]\n[affinity.style]\nkto = 1\n[cost]\nhours = { rft = 9 }\n',
        )
    )
    assert policy.name == "strict"
    assert (policy.thresholds.pairs_minimum, policy.thresholds.pairs_start) == (300, default_policy().thresholds.pairs_start)
    assert policy.weights["pairs"] == 5
    assert (policy.effects["pairs"][INDEX["rft"]], policy.effects["pairs"][INDEX["dpo"]]) == (0.5, 1.0)
    assert policy.gates["low"] == ("win_rate",)
    assert policy.affinity["style"][INDEX["kto"]] == 1
    assert policy.hours[INDEX["rft"]] == 9


def test_a_threshold_of_the_policy_decides_and_its_name_is_in_the_answer(tmp_path: Path) -> None:
    strict = load_policy(
        policy_file(tmp_path, "[thresholds]\npairs_minimum = 5000\npairs_start = 6000\npairs_comfortable = 9000\n")
    )
    intake = team(preference_pairs=2500, clear_margin_share=0.9, base_pass_rate=0.6)
    assert recommend(intake).strategy == "dpo"
    answer = recommend(intake, strict)
    assert "dpo" in {out.strategy for out in answer.ruled_out}
    assert answer.policy == "house"


def test_a_rule_of_weight_zero_is_off(tmp_path: Path) -> None:
    answer = recommend(team(demonstrations=1000), load_policy(policy_file(tmp_path, "[rules.examples]\nweight = 0\n")))
    assert "examples" not in {reason.rule for ranked in answer.ranking for reason in ranked.reasons}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[threshold]\npairs_minimum = 3", "'threshold' is not part of a policy. Did you mean 'thresholds'?"),
        ("[thresholds]\npair_minimum = 3", "Did you mean 'thresholds.pairs_minimum'?"),
        ("[rules.pears]\nweight = 3", "Did you mean 'rules.pairs'?"),
        ("[rules.pairs]\nwieght = 3", "Did you mean 'rules.pairs.weight'?"),
        ("[rules.pairs]\neffect = { dpoo = 1 }", "Did you mean 'rules.pairs.effect.dpo'?"),
        ("[thresholds]\nzzz = 3", "Known there: "),
        ("[thresholds]\npairs_minimum = 'few'", "'thresholds.pairs_minimum' is 'few'; it must be a number"),
        ("[thresholds]\npairs_minimum = true", "it must be a number"),
        ("[thresholds]\npairs_minimum = 600", "must rise in this order: pairs_minimum = 600, pairs_start = 500"),
        ("[thresholds]\novertime = -1", "'thresholds.overtime' is -1"),
        ("thresholds = 3", "it must be a table"),
        ("name = 3", "it must be text"),
        ("[gates]\nlow = 'win_rate'", "it must be a list"),
        ("[gates]\nlow = [1]", "wrong type"),
        ("[rules.pairs]\nweight = -1", "'rules.pairs.weight' is -1"),
        ("[rules.pairs]\neffect = { dpo = 2 }", "must lie between -1 and 1"),
        ("[affinity.style]\ndpo = -1.5", "must lie between -1 and 1"),
        ("[cost]\ndays = { dpo = -1 }", "cannot be negative"),
        ("[safety]\nhigh_from = 0", "'safety.high_from' is 0"),
        ("[simulation]\ndraws = 0", "'simulation.draws' is 0"),
        ("[simulation]\nweight_spread = 2", "'simulation.weight_spread' is 2"),
        ("[simulation]\nscore_error = -2", "cannot be negative"),
        ("[thresholds", "not readable as TOML"),
    ],
)
def test_a_bad_policy_is_refused_with_file_and_reason(tmp_path: Path, text: str, told: str) -> None:
    path = policy_file(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert told in str(caught.value) and str(path) in str(caught.value)


def test_a_policy_that_is_not_there_is_missing_not_wrong(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such policy file"):
        load_policy(tmp_path / "absent.toml")
