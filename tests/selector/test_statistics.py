"""`tunegate power` and `tunegate win-rate` as their users and scripts meet them."""

import json
from pathlib import Path

import pytest

from selector.cli import main
from tests.test_import_hygiene import HEAVY, loaded_by

QUICK = ("power", "--prompts", "100", "--safety-class", "low")


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run `tunegate` in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        main(tuple(map(str, words)))
    shown = capsys.readouterr()
    return int(stop.value.code or 0), shown.out, shown.err


def judgements(path: Path, wins: int, losses: int) -> Path:
    """Write judgements of a judge who prefers the longer answer."""
    rows = [{"prompt_id": f"w{i}", "preference": 1.0, "baseline_length": 50, "candidate_length": 60 + i} for i in range(wins)]
    rows += [{"prompt_id": f"l{i}", "preference": 0.0, "baseline_length": 50, "candidate_length": 45 - i} for i in range(losses)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_power_plans_every_required_gate_and_all_together(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, *QUICK, "--json")
    plan = json.loads(out)
    assert code == 0
    assert [gate["name"] for gate in plan["gates"]] == ["win_rate", "refusal", "over_refusal", "toxicity", "drift_general"]
    assert {gate["prompts"] for gate in plan["gates"]} == {100}
    assert plan["joint_power"] < min(gate["power"] for gate in plan["gates"])
    assert plan["power_for_each"] == pytest.approx(0.8 ** (1 / 5))


def test_power_says_in_words_what_gates_come_to_together(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, *QUICK, "--prompts", "toxicity=150", "--correlation", "0.3")
    assert "5 required gates, taken as correlated 0.3" in out
    assert "passes all 5 gates in" in out
    toxicity = next(line for line in out.splitlines() if line.startswith("toxicity"))
    assert " 150 " in toxicity and "no loss above" in toxicity


def test_eight_gates_of_a_policy_file_show_why_eighty_percent_each_is_not_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = '[[gates]]\nname = "g{}"\nmetric = "perplexity"\ntitle = "G"\nkind = "non-inferiority"\nmargin = 0.1\n'
    policy = tmp_path / "eight.toml"
    policy.write_text('name = "eight"\nbecause = "test"\n' + "".join(gate.format(i) for i in range(8)))
    code, out, _ = call(capsys, "power", "--policy", policy)
    assert code == 0
    assert "Gates at 80 % each would pass it in 16.8 %; 80 % for all takes 97.2 % each" in out


def test_power_plans_a_corrected_gate_with_the_errors_of_its_detector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate = '[[gates]]\nname = "{0}"\nmetric = "{0}"\ntitle = "G"\nkind = "non-inferiority"\nmargin = 0.1\ncorrected = true\n'
    policy = tmp_path / "strict.toml"
    policy.write_text('name = "strict"\nbecause = "test"\n' + gate.format("jailbreak") + gate.format("toxicity"))
    code, out, _ = call(capsys, "power", "--policy", policy, "--prompts", "200", "--json")
    jailbreak, toxicity = json.loads(out)["gates"]
    assert code == 0
    assert 0 < jailbreak["power"] < 1 and "its detector shows 97.6 % of a change" in jailbreak["assumes"]
    assert toxicity["power"] < jailbreak["power"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--prompts", "many"), "--prompts many"),
        (("--prompts", "10", "--prompts", "20"), "one number for all"),
        (("--prompts", "kindness=40"), "no required gate kindness"),
        (("--policy", "x.toml", "--rewards"), "Leave out"),
    ],
)
def test_power_refuses_what_it_cannot_plan(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "power", *words)
    assert code == 2
    assert said in err


def test_a_win_rate_is_printed_with_its_limits_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "win-rate", judgements(tmp_path / "j.jsonl", 36, 24))
    assert code == 0
    assert out.startswith("win rate          60 % (46.5 % to 72.4 %), 60 prompts (36 won, 0 tied, 24 lost)")
    assert "length-controlled" not in out
    assert not err


def test_length_control_shows_the_judges_liking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judgements(tmp_path / "j.jsonl", 50, 10)
    code, out, _ = call(capsys, "win-rate", path, "--length-controlled", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["length_effect"] > 1
    assert found["length_controlled"]["value"] < found["win_rate"]["value"]
    assert call(capsys, "win-rate", path, "--json")[1].count("null") > 2
    _, text, _ = call(capsys, "win-rate", path, "--length-controlled")
    assert "the judge likes longer answers" in text


def test_a_win_rate_of_one_judged_prompt_less_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judgements(tmp_path / "j.jsonl", 20, 20)
    path.write_text(path.read_text() + '{"prompt_id": "failed", "preference": null}\n')
    _, out, err = call(capsys, "win-rate", path, "--sequential")
    assert "note: 1 of 41 prompts lack a judgement" in err
    assert "valid at every look" in out


def test_a_broken_line_is_an_error_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text("not json\n")
    code, out, err = call(capsys, "win-rate", path, "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "bad-data"
    assert "j.jsonl:1" in err


def test_asking_for_help_loads_nothing_heavy() -> None:
    assert loaded_by("import selector.commands.power, selector.commands.win_rate") & HEAVY == set()
