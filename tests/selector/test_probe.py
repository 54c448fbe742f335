"""`tunegate probe`, and `tunegate recommend` on what it found."""

import json
import time
from pathlib import Path

import pytest

from reports.records.probe import Probe, ProbeRequest
from reports.records.run import Progress
from selector.commands.probe import Bar
from selector.intake import read_intake
from selector.probe_text import as_text
from selector.probes import facts_of_data
from tests.selector.probe_requests import reward
from tests.selector.sample_probe import COUNTED, finding, sample_probe
from tests.selector.test_commands import call
from tests.test_import_hygiene import HEAVY, loaded_by


def test_a_probe_is_an_intake_that_recommend_reads(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    model_folder: str,
    sources: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = reward(tmp_path, "always", "return [1.0] * len(completions)")
    data = [word for source in sources for word in ("--data", source)]
    words = ("--model", model_folder, *data, "--reward", path, "--prompts", "5", "--samples", "2", "--new-tokens", "4")
    code, out, err = call(capsys, "probe", *words, "--out", "probe.json", "--json")
    assert code == 0
    assert "probe: " in err
    found = json.loads(out)
    assert found == json.loads((tmp_path / "probe.json").read_text())
    assert str(tmp_path) not in out
    assert found["model"]["parameters"] == 39_072
    intake = read_intake(tmp_path / "probe.json")
    rate, spread = intake.facts["base_pass_rate"], intake.facts["reward_spread"]
    assert (rate.value, rate.high, rate.origin) == (1.0, 1.0, "probed")
    assert rate.low == pytest.approx(0.05 ** (1 / 5), abs=1e-3)
    assert (spread.value, spread.low) == (0.0, 0.0)
    assert intake.facts["reward_computable"].value is True
    assert intake.facts["prompts_with_reward"].value == 12
    code, out, _ = call(capsys, "recommend", "probe.json", "--no-machine", "--json")
    assert code == 0
    assert json.loads(out)["strategy"] == "prompt"


def test_recommend_with_probe_needs_model_and_data(capsys: pytest.CaptureFixture[str], sources: tuple[str, ...]) -> None:
    code, _, err = call(capsys, "recommend", "--probe", "--data", sources[0])
    assert code == 2
    assert "--model NAME and --data FILE are both needed" in err


def test_recommend_with_probe_decides_on_what_was_measured(
    capsys: pytest.CaptureFixture[str], model_folder: str, sources: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(asked: ProbeRequest, _: object) -> Probe:
        assert (asked.model, asked.sources) == (model_folder, sources)
        return sample_probe(facts_of_data(COUNTED))

    monkeypatch.setattr("selector.probes.probe", found)
    data = [word for source in sources for word in ("--data", source)]
    code, out, err = call(capsys, "recommend", *data, "--model", model_folder, "--probe", "--no-machine", "--explain")
    assert code == 0
    assert "800 pairs" in err
    assert "640 preference pairs with a clear winner" in out


def test_recommend_tells_what_the_models_files_say(capsys: pytest.CaptureFixture[str], model_folder: str) -> None:
    _, _, err = call(capsys, "recommend", "--model", model_folder, "--no-machine")
    assert "LlamaForCausalLM; context of 256 tokens; no chat template" in err


def test_data_are_measured_without_the_machine_too(capsys: pytest.CaptureFixture[str], sources: tuple[str, ...]) -> None:
    _, out, _ = call(capsys, "recommend", "--data", sources[1], "--no-machine", "--json")
    assert not {"preference_pairs", "demonstrations", "duplicates_share"} & set(json.loads(out)["unknown"])


def test_the_text_names_every_measurement_and_each_reason_once() -> None:
    absent = [finding(name, None, because="no checker") for name in ("base_pass_rate", "reward_spread")]
    probe = sample_probe({}, finding("chosen_longer", 0.625, 0.6, 0.65), finding("loss_own", 2.5, unit="nats per token"), *absent)
    text = as_text(probe)
    assert "Model tiny: LlamaForCausalLM; 39,072 parameters" in text
    assert "0 demonstrations, 800 pairs and 0 ratings over 700 prompts; taken out: 100 exact duplicates" in text
    assert "62.5 %   60.0 % to 65.0 %, n = 64" in text
    assert "2.50   n = 64" in text
    assert "base_pass_rate; reward_spread: no checker" in text


def test_off_a_terminal_each_thing_that_is_measured_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(is_terminal=False)
    for title, done in (("Sampling answers", 0), ("Sampling answers", 5), ("Scoring pairs", 0)):
        moment = time.time()
        bar.show(Progress(stage="probe", title=title, done=done, total=5, unit="prompts", started_at=moment, updated_at=moment))
    bar.close()
    assert capsys.readouterr().err == "probe: Sampling answers\nprobe: Scoring pairs\n"


def test_nothing_heavy_is_loaded_before_the_child_starts() -> None:
    statement = "import selector.commands.probe, selector.probe_process, selector.probes, evals.data.facts, trainers.probe"
    assert loaded_by(statement) & HEAVY == set()
