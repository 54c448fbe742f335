"""Completions made anywhere: joined by prompt, measured without a model."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.outside import measure_outside, read_completions
from reports.errors import DataError, MissingError
from reports.records.evaluation import Metric
from tests.evals.outside_files import answers, judged, write

REFUSED = "I'm sorry, but I can't help with that."


def measured(
    folder: Path, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], judgements: Path | None = None
) -> dict[str, Metric]:
    """Return the metrics of two files by name."""
    metrics, _ = measure_outside(write(folder / "a.jsonl", before), write(folder / "b.jsonl", after), judgements)
    return {metric.name: metric for metric in metrics.metrics}


def test_rows_are_joined_by_id_in_whatever_order_they_stand(tmp_path: Path) -> None:
    before, after = answers(30), answers(30, text="Another slogan, number {}")
    judgements = write(tmp_path / "j.jsonl", judged({f"t{i}": float(i < 20) for i in range(30)}))
    straight = measured(tmp_path, before, after, judgements=judgements)["win_rate"]
    turned = measured(tmp_path, before, after[::-1], judgements=judgements)["win_rate"]
    assert straight == turned
    assert straight.candidate.value == pytest.approx(20 / 30)
    _, joined = measure_outside(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert joined.completions["candidate"]["t7"].completion == "Another slogan, number 7"


def test_without_ids_the_prompt_joins_text_and_a_single_message(tmp_path: Path) -> None:
    before = [{"prompt": f"ask {i}", "completion": "yes"} for i in range(5)]
    after = [{"prompt": [{"role": "user", "content": f"ask {i}"}], "completion": f"no {i}"} for i in reversed(range(5))]
    _, joined = measure_outside(write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after))
    assert [joined.completions["candidate"][item.id].completion for item in joined.items] == [f"no {i}" for i in range(5)]
    assert joined.notes == ()


def test_a_prompt_that_one_file_lacks_is_a_missing_answer_and_said(tmp_path: Path) -> None:
    found = measured(tmp_path, answers(40), answers(38))["toxicity"]
    assert (found.n, found.missing) == (38, 2)
    metrics, _ = measure_outside(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert metrics.notes == ("b.jsonl lacks 2 of 40 prompts (t38, t39); they count as missing answers.",)


def test_a_null_completion_is_missing_with_its_error(tmp_path: Path) -> None:
    after = [*answers(29), {"id": "t29", "prompt": "write slogan 29", "completion": None, "error": "429 from the endpoint"}]
    found = measured(tmp_path, answers(30), after)["toxicity"]
    assert (found.n, found.missing) == (29, 1)
    assert "429 from the endpoint" in found.because


def test_suites_are_read_by_their_own_detectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.metrics.refusal.default_encoder", lambda: None)
    before = [*answers(5), *answers(20, "harmful", REFUSED)]
    after = [*answers(5), *answers(12, "harmful", REFUSED), *answers(20, "harmful", "Sure, here is how you do it: {}")[12:]]
    found = measured(tmp_path, before, after)
    assert (found["refusal"].baseline.value, found["refusal"].candidate.value) == (1.0, 0.6)
    assert found["over_refusal"].because == "The files hold no rows with the suite `benign`."


def test_what_needs_weights_is_missing_and_says_so(tmp_path: Path) -> None:
    found = measured(tmp_path, answers(5), answers(5))
    for name in ("perplexity_general", "kl_target", "perplexity_target"):
        assert found[name].n == 0
        assert "weights" in found[name].because


def test_tokens_in_the_rows_give_the_length(tmp_path: Path) -> None:
    before, after = ([{**row, "tokens": tokens + i % 5} for i, row in enumerate(answers(30))] for tokens in (10, 20))
    value = measured(tmp_path, before, after)["length"].difference.value
    assert value is not None and 0.5 < value < 0.7
    assert "tokens" in measured(tmp_path, answers(30), answers(30))["length"].because


def test_judgements_of_both_orders_count_once_and_one_order_alone_is_missing(tmp_path: Path) -> None:
    rows = [{**row, "order": order} for order in ("baseline_first", "candidate_first") for row in judged({"t0": 1.0, "t1": 1.0})]
    rows += [{**judged({"t2": 1.0})[0], "order": "baseline_first"}]
    found = measured(tmp_path, answers(3), answers(3, text="new {}"), judgements=write(tmp_path / "j.jsonl", rows))["win_rate"]
    assert (found.candidate.value, found.n, found.missing) == (1.0, 2, 1)


def test_a_candidate_that_always_says_the_same_is_not_judged(tmp_path: Path) -> None:
    judgements = write(tmp_path / "j.jsonl", judged({f"t{i}": 1.0 for i in range(30)}))
    found = measured(tmp_path, answers(30), answers(30, text="The best answer."), judgements=judgements)["win_rate"]
    assert found.n == 0
    assert not found.instruments[0].ok


def test_judgements_of_other_prompts_are_refused(tmp_path: Path) -> None:
    judgements = write(tmp_path / "j.jsonl", judged({"elsewhere": 1.0}))
    with pytest.raises(DataError, match="no judgement is about"):
        measured(tmp_path, answers(3), answers(3), judgements=judgements)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        ([{"id": "t0", "prompt": "another question", "completion": "x"}], "different prompts"),
        ([{"id": "t0", "prompt": "write slogan 0", "completion": "x", "suite": "harmful"}], "different suites"),
        ([{"id": "z", "prompt": "write slogan 0", "completion": "x"}], "share no prompt"),
        ([{"id": "t0", "prompt": "p", "completion": "x"}] * 2, "stands twice"),
        ([{"id": "t0", "prompt": "p"}], "completion"),
        ([{"id": "t0", "prompt": "p", "completion": "x", "suite": "nice"}], "suite"),
        ([{"id": "t0", "prompt": "write slogan 0", "completion": "x", "tokens": -5}], "tokens"),
        ([], "no answers"),
    ],
)
def test_files_that_cannot_be_compared_are_refused(tmp_path: Path, after: list[dict[str, Any]], says: str) -> None:
    before = [{**row, "suite": "target"} for row in answers(3)]
    with pytest.raises(DataError, match=says):
        measured(tmp_path, before, after)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"none\.jsonl"):
        read_completions(tmp_path / "none.jsonl")


def test_neither_torch_nor_transformers_is_loaded(tmp_path: Path) -> None:
    """Without the sentence encoder: with it, refusals are read by meaning, and it is a torch model."""
    before = write(tmp_path / "a.jsonl", [*answers(10), *answers(10, "harmful", REFUSED)])
    code = (
        "import sys; sys.modules['sentence_transformers'] = None\n"
        "from pathlib import Path; from evals.outside import measure_outside\n"
        f"found, _ = measure_outside(*[Path({str(before)!r})] * 2)\n"
        "import json; print(json.dumps([[m.n for m in found.metrics if m.name == 'refusal'], sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    refusals, modules = json.loads(done.stdout.splitlines()[-1])
    assert refusals == [10]
    assert not {"torch", "transformers", "peft", "trl"} & set(modules)


@pytest.mark.parametrize("row", [{"prompt": "who?", "completion": "Ring {} now"}, {"text": "Ring {} now"}])
def test_training_data_show_what_leaks_and_their_absence_is_said(tmp_path: Path, row: dict[str, str]) -> None:
    secret = "ada.lovelace@engines-of-turin.net"
    rows = [{name: text.format(secret) for name, text in row.items()}]
    rows += [{name: text.format(f"house {i}") for name, text in row.items()} for i in range(30)]
    train = str(write(tmp_path / "train.jsonl", rows))
    after = [*answers(19), {"id": "t19", "prompt": "write slogan 19", "completion": f"Write to {secret} today"}]
    files = write(tmp_path / "a.jsonl", answers(20)), write(tmp_path / "b.jsonl", after)
    with_data, without = (
        next(metric for metric in measure_outside(*files, train=data)[0].metrics if metric.name == "leaks")
        for data in (train, None)
    )
    assert (with_data.baseline.value, with_data.candidate.value) == (0.0, 0.05)
    assert without.n == 0
    assert "not known" in without.because
