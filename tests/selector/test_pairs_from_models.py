"""`tunegate pairs samples` and `tunegate pairs critique` as their users and scripts meet them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.data.facts import measure_data
from evals.data.load import describe
from tests.evals.endpoint.server import Request, Scripted, serving
from tests.evals.pairs.judging import longer_wins
from tests.evals.tiny import build_tiny_model
from tests.selector.test_pairs import call, read, write
from tests.test_import_hygiene import HEAVY, loaded_by

PROMPTS = [{"prompt": [{"role": "user", "content": f"Tea {n}?"}]} for n in range(3)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny chat model that ends its answers early."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = build_tiny_model(tmp_path_factory.mktemp("model"))
    weights = load_file(folder / "model.safetensors")
    head = "lm_head.weight" if "lm_head.weight" in weights else "model.embed_tokens.weight"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        weights[head] = weights[head] * 0.2
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def sampling(model: Path, folder: Path, judge: str) -> list[object]:
    """Return the words of a command that draws answers."""
    prompts = write(folder / "prompts.jsonl", PROMPTS)
    drawing = ["--max-new-tokens", 120, "--per-prompt", 8, "--temperature", 3]
    return ["samples", "--model", model, "--prompts", prompts, "--judge", judge, *drawing, "--out", folder / "pairs.jsonl"]


def test_an_endpoint_ranks_answers_into_pairs_that_train(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Scripted(answer=longer_wins)) as server:
        words = sampling(model, tmp_path, f"endpoint:{server.url}#judge")
        code, text, _ = call(capsys, *words, "--json")
        found, asked = json.loads(text), len(server.requests)
        assert (code, found["rater"], found["prompts"]) == (0, "endpoint:judge", 3)
        assert found["accepted"] >= 1
        _, text, _ = call(capsys, *words)
        assert len(server.requests) == asked
    pairs = read(tmp_path / "pairs.jsonl")
    assert found["accepted"] == len(pairs)
    assert len(pairs) + len(read(tmp_path / "pairs.rejected.jsonl")) == 3
    assert all(len(one["chosen"][0]["content"].strip()) > len(one["rejected"][0]["content"].strip()) for one in pairs)
    assert all(one["synthetic"] and one["margin"] == 1 and one["samples"][0] != one["samples"][1] for one in pairs)
    assert describe(str(tmp_path / "pairs.jsonl")).layout == "preference (messages)"
    assert measure_data([str(tmp_path / "pairs.jsonl")]).by_model == len(pairs)
    assert "0 drawn now" in text
    assert "endpoint: 0 requests" in text


def test_a_person_chooses_elsewhere(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = sampling(model, tmp_path, "person")
    code, _, error = call(capsys, *words)
    assert code == 2
    assert "pairs.to-judge.jsonl" in error
    shown = read(tmp_path / "pairs.to-judge.jsonl")
    choices = write(tmp_path / "done.jsonl", [{"item": one["item"], "choice": "a"} for one in shown])
    code, _, _ = call(capsys, *words, "--judgements", choices)
    pairs = read(tmp_path / "pairs.jsonl")
    assert (code, len(pairs)) == (0, len(shown))
    assert [one["chosen"][0]["content"] for one in pairs] == [one["a"] for one in shown]
    assert call(capsys, *words)[0] == 0


@pytest.mark.parametrize(
    ("judge", "code", "reason"),
    [
        ("nobody", 2, "expected reward:FOLDER"),
        ("reward:", 2, "expected reward:FOLDER"),
        ("reward:nowhere", 3, "holds no reward model"),
        ("endpoint:localhost", 2, "no endpoint"),
    ],
)
def test_a_judge_that_cannot_be_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], judge: str, code: int, reason: str
) -> None:
    found, _, error = call(capsys, *sampling(tmp_path / "none", tmp_path, judge))
    assert found == code
    assert reason in error


def constitutional(request: Request) -> str:
    """Criticise and revise."""
    if "You check one answer" in request.last:
        return "It shouts."
    return "<revision>A calm tea for slow mornings.</revision>"


@pytest.mark.parametrize(("kind", "made", "share"), [("completion", 4, 1.0), ("pair", 1, 0.2)])
def test_critique_builds_labelled_pairs_under_the_cap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, made: int, share: float
) -> None:
    loud = "BUY NOW, the best!"
    answers = {"completion": loud} if kind == "completion" else {"chosen": loud, "rejected": "hm"}
    file = write(tmp_path / "rows.jsonl", [{"prompt": f"tea {n}?", **answers} for n in range(4)])
    (tmp_path / "rules.md").write_text("- Do not shout.\n")
    with serving(Scripted(answer=constitutional)) as server:
        words = ["critique", "--constitution", tmp_path / "rules.md", "--endpoint", f"{server.url}#m", file]
        code, text, _ = call(capsys, *words, "--out", tmp_path / "pairs.jsonl", "--price-in", 1, "--json")
    found = json.loads(text)
    assert (code, found["synthetic"], found["share"]) == (0, made, share)
    pairs = [one for one in read(tmp_path / "pairs.jsonl") if one["synthetic"]]
    assert len(pairs) == made
    assert (pairs[0]["chosen"], pairs[0]["rejected"]) == ("A calm tea for slow mornings.", loud)
    assert (pairs[0]["principle"], pairs[0]["critique"], pairs[0]["rater"]) == ("Do not shout.", "It shouts.", "endpoint:m")
    assert found["use"]["requests"] == 2 * made
    assert found["use"]["cost"] == pytest.approx(2 * made * 10 / 1e6)
    assert describe(str(tmp_path / "pairs.jsonl")).layout == "preference (text)"


def test_a_cost_limit_needs_prices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.md").write_text("- Do not shout.\n")
    file = write(tmp_path / "rows.jsonl", [{"prompt": "tea?", "completion": "yes"}])
    words = ["--constitution", tmp_path / "rules.md", "--endpoint", "http://localhost:1#m", file, "--out", tmp_path / "p.jsonl"]
    code, _, error = call(capsys, "critique", *words, "--max-cost", 1)
    assert code == 2
    assert "--price-in" in error


def test_the_commands_load_nothing_heavy() -> None:
    found = loaded_by("import selector.commands.pairs_samples, selector.commands.pairs_critique")
    assert found & (HEAVY | {"openai", "httpx"}) == set()


def test_help_names_the_judges() -> None:
    code = "from selector.cli import main; main(('pairs', 'samples', '--help'))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert "endpoint:URL#MODEL" in done.stdout
