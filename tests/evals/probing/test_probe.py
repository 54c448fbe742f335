"""The probe as a whole on a tiny model."""

from pathlib import Path

import pytest

from evals.data.facts import read_effective
from evals.model_source import inspect_model
from evals.probing.bench import encode_prompts, set_up
from evals.probing.lengths import length_bias_finding, length_findings
from evals.probing.probe import probe_model
from evals.probing.rows import order_rows
from evals.probing.sampling import Speaker
from reports.progress import ProgressLog
from reports.records.probe import ProbeRequest, ProbeResult
from reports.records.run import Progress
from reports.rundir import RunDir
from tests.evals.data.rows import demonstration, pair
from tests.evals.probing.files import write_rows
from tests.evals.probing.material import PROMPTS, asked, named
from tests.evals.tiny import CONTEXT


def probed(folder: Path, model: Path, **settings: object) -> ProbeResult:
    """Probe the tiny model on ten demonstrations and twelve pairs."""
    sources = write_rows(folder, [demonstration(n) for n in range(10)], [pair(n) for n in range(5, 17)])
    request = ProbeRequest(model=str(model), sources=sources, **{"prompts": 8, "samples": 4, "new_tokens": 6, **settings})  # type: ignore[arg-type]
    return probe_model(request, ProgressLog(RunDir(folder)))


def test_the_same_request_gives_the_same_findings(tmp_path: Path, model_folder: Path) -> None:
    first, again = (probed(tmp_path, model_folder, regex="[aeiou]") for _ in range(2))
    assert first == again
    other = probed(tmp_path, model_folder, regex="[aeiou]", seed=5)
    assert named(other.findings, "loss_own") != named(first.findings, "loss_own")


def test_a_probe_without_checker_measures_the_rest_and_says_why_not_that(tmp_path: Path, model_folder: Path) -> None:
    found = probed(tmp_path, model_folder)
    absent = {finding.name: finding.because for finding in found.findings if finding.estimate.value is None}
    assert set(absent) == {"base_pass_rate", "solved_prompts", "reward_spread", "prompt_pass_rate", "style_judge_accuracy"}
    assert "--reward, --regex or --exact" in absent["base_pass_rate"]
    assert "12 pairs are too few" in absent["prompt_pass_rate"]
    assert (found.data.demonstrations, found.data.preference_pairs, found.data.prompts) == (10, 12, 17)
    assert RunDir(tmp_path).read(Progress).title == "Scoring pairs"


def test_lengths_are_those_of_prompt_and_longest_answer(speaker: Speaker, tmp_path: Path) -> None:
    rows = [{"prompt": "a" * n, "completion": "b"} for n in range(1, 101)]
    examples = [row.example for row in read_effective(write_rows(tmp_path, rows)).rows]
    wanted = sorted(len(speaker.tokenizer(f"{'a' * n}b</s>")["input_ids"]) for n in range(1, 101))
    length, fitting = length_findings(speaker.tokenizer, examples, wanted[49])
    assert length.estimate.value == pytest.approx(wanted[94], abs=1)
    assert fitting.estimate.value == pytest.approx(0.5)


def test_length_bias_has_an_exact_interval(tmp_path: Path, model_folder: Path) -> None:
    found = length_bias_finding(probed(tmp_path, model_folder).data).estimate
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.05 ** (1 / 12))


def test_the_context_is_shared_between_prompt_and_answer(tmp_path: Path, model_folder: Path) -> None:
    sources = write_rows(tmp_path, [{"prompt": "tea " * 200, "completion": "yes"}, demonstration(1)])
    request = ProbeRequest(model=str(model_folder), sources=sources, new_tokens=1000)
    rows = order_rows(read_effective(sources), seed=0)
    bench = set_up(request, inspect_model(str(model_folder)), rows, ProgressLog(RunDir(tmp_path)))
    assert bench.speaker.new_tokens == bench.prompt_tokens == CONTEXT // 2
    assert bench.notes[0].startswith(f"Answers end after {CONTEXT // 2} tokens, not 1000")
    assert bench.notes[1].startswith("1 of 2 prompts were longer")
    assert max(map(len, bench.prompts.ids)) == CONTEXT // 2


def test_prompts_the_template_refuses_are_left_out_and_others_take_their_place(speaker: Speaker, tmp_path: Path) -> None:
    class Refusing:
        def __call__(self, prompt: str, **_: object) -> dict[str, list[int]]:
            if "sencha" in prompt:
                raise ValueError("no sencha")
            return {"input_ids": [1, 2]}

    found = encode_prompts(Refusing(), [(asked(prompt), prompt) for prompt in PROMPTS], 8, 4)
    assert [one.prompt for one in found.asked] == [PROMPTS[place] for place in (0, 2, 3, 4)]
    assert found.refused == 1


def test_prompts_that_do_not_fit_behind_the_style_prompt_are_passed_over(tmp_path: Path, model_folder: Path) -> None:
    rows = [
        {"prompt": f"{'tea ' * 60}{number}" if number % 2 else f"Tea {number}?", "completion": "Yes."} for number in range(12)
    ]
    request = ProbeRequest(
        model=str(model_folder),
        sources=write_rows(tmp_path, rows),
        exact="completion",
        prompts=5,
        samples=2,
        new_tokens=4,
        style_prompt="Answer calmly. " * 12,
    )
    alone = named(probe_model(request, ProgressLog(RunDir(tmp_path))).findings, "prompt_pass_rate")
    assert alone.estimate.n == 5
    assert "prompts that are too long with it passed over" in alone.because
