"""`tunegate estimate` as its users and their scripts meet it."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from selector.cli import main
from selector.commands.estimate_options import read_targets
from tests.evals.tiny import build_tiny_model
from tests.test_import_hygiene import HEAVY, loaded_by
from trainers.memory_setup import ALL_LINEAR

LLAMA_8B: Final = (
    "--layers", "32", "--hidden", "4096", "--heads", "32", "--kv-heads", "8", "--head-dim", "128",
    "--intermediate", "14336", "--vocab", "128256", "--untied", "--params", "8.03e9",
)  # fmt: skip
KEYS: Final = {
    "architecture", "setup", "total_bytes", "total_gib", "total_gb", "low_gb", "high_gb", "low_gib", "high_gib", "moment",
    "terms", "fit", "changes", "time", "steps", "cost", "notes",
}  # fmt: skip


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run `tunegate estimate` in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        main(("estimate", *words))
    shown = capsys.readouterr()
    return int(stop.value.code or 0), shown.out, shown.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Return the JSON that the command prints."""
    code, out, _ = call(capsys, *words, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_document_has_the_same_keys_whatever_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    little = document(capsys, *LLAMA_8B)
    much = document(capsys, *LLAMA_8B, "--gpu", "A100-80", "--steps", "100", "--price", "2")
    assert set(little) == set(much) == KEYS
    assert (little["fit"], little["time"], little["cost"]) == (None, None, None)
    assert much["fit"]["state"] == "fits"
    assert much["cost"]["price"] > 0


def test_terms_sum_to_the_total_in_every_unit(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, *LLAMA_8B, "--stack", "trl")
    assert sum(term["bytes"] for term in found["terms"]) == pytest.approx(found["total_bytes"], abs=20)
    assert found["total_gb"] == pytest.approx(found["total_bytes"] / 1e9)
    assert found["total_gib"] == pytest.approx(found["total_bytes"] / 2**30)
    assert found["low_gb"] < found["total_gb"] < found["high_gb"]


def test_the_text_shows_every_term_the_interval_and_the_peak(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, *LLAMA_8B, "--stack", "trl", "--method", "dpo", "--batch", "2")
    assert code == 0
    for name in ("weights", "adapter", "gradients", "optimizer", "activations", "logits", "reference", "rollout cache", "total"):
        assert f"  {name} " in out
    assert "90 % interval" in out
    assert "4 sequences of 1024 tokens" in out
    assert "switching the adapter off gives the reference" in out


def test_what_does_not_fit_comes_with_changes_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    words = (*LLAMA_8B, "--stack", "trl", "--batch", "16", "--length", "4096", "--no-checkpointing")
    code, out, _ = call(capsys, *words, "--gpu-memory-gib", "80")
    assert code == 0
    assert "✗ does not fit on a GPU of 80 GiB" in out
    assert "activation checkpointing" in out
    found = document(capsys, *words, "--gpu-memory-gib", "80")
    assert found["fit"]["free_gib"] < 0
    assert all(change["high_gib"] <= found["fit"]["usable_gib"] for change in found["changes"])


def test_a_model_folder_is_read_without_weights(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,'
        ' "vocab_size": 500}'
    )
    found = document(capsys, "--model", str(tmp_path), "--batch", "2")
    assert found["architecture"]["layers"] == 2
    assert found["setup"]["stack"] == "trl"


def test_a_built_model_is_read_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = document(capsys, "--model", str(build_tiny_model(tmp_path)), "--parameters", "full")
    assert found["architecture"]["params"] == pytest.approx(39_072, rel=0.01)
    assert found["setup"]["precision"] == "bf16-mixed"


def test_rows_of_a_data_set_replace_the_limit_and_give_the_steps_of_one_pass(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [{"prompt": "a" * 40, "completion": "b" * 40 * size} for size in range(1, 65)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = (*LLAMA_8B, "--stack", "trl", "--data", str(tmp_path / "rows.jsonl"), "--gpu", "H100")
    found = document(capsys, *words)
    assert found["setup"]["lengths"]["longest"] == 650
    assert found["steps"] == 4
    assert found["total_bytes"] == document(capsys, *LLAMA_8B, "--stack", "trl", "--length", "650")["total_bytes"]
    assert "characters / 4" in found["notes"][0]
    assert "cut" in document(capsys, *words, "--length", "128")["notes"][0]


def test_a_bare_architecture_is_estimated_for_any_program_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, *LLAMA_8B)
    assert code == 0
    assert "--stack trl" in err
    assert "note" not in out


def test_sizes_that_are_left_out_follow_from_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--layers", "12", "--hidden", "768", "--heads", "12", "--intermediate", "3072", "--vocab", "50257", "--tied")
    shape = document(capsys, *words, "--mlp-mats", "2")["architecture"]
    assert (shape["kv_heads"], shape["head_dim"], shape["norm"]) == (12, 64, "layer")
    assert shape["params"] == pytest.approx(124e6, rel=0.02)


def test_layers_of_an_adapter_are_named_in_many_ways() -> None:
    assert read_targets("all-linear") == ALL_LINEAR
    assert read_targets("q_proj, v_proj") == ("q", "v")
    assert read_targets("attention,up,lm_head") == ("q", "k", "v", "o", "up", "head")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "missing: --layers"),
        (("--layers", "2"), "missing: --hidden"),
        (("--model", "x", "--layers", "2"), "Leave one"),
        ((*LLAMA_8B, "--batch", "0"), "batch"),
        ((*LLAMA_8B, "--length", "many"), "length"),
        ((*LLAMA_8B, "--method", "ppo"), "ppo"),
        ((*LLAMA_8B, "--targets", "q,nose"), "nose"),
        ((*LLAMA_8B, "--gpu", "A1000"), "A100"),
        ((*LLAMA_8B, "--gpu-memory-gib", "-3"), "above 0"),
        ((*LLAMA_8B, "--sharding", "fsdp"), "--gpus"),
        ((*LLAMA_8B[:-1], "8"), "--params"),
        ((*LLAMA_8B[:7], "5", *LLAMA_8B[8:]), "--kv-heads"),
        ((*LLAMA_8B, "--price", "2", "--steps", "3"), "--gpu"),
        ((*LLAMA_8B, "--price", "2", "--gpu", "H100"), "--steps"),
        ((*LLAMA_8B, "--gpu", "H100", "--steps", "-3"), "steps -3"),
        ((*LLAMA_8B, "--measured-step", "0"), "measured"),
        ((*LLAMA_8B, "--reward-params", "-1", "--method", "rloo"), "reward"),
    ],
)
def test_values_that_cannot_be_are_usage_errors(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    code, out, err = call(capsys, *words)
    assert code == 2
    assert out == ""
    assert said in err


def test_a_model_that_is_nowhere_exits_with_three(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "--model", "./nowhere")
    assert code == 3
    assert "nowhere" in err


def test_an_estimate_loads_nothing_heavy() -> None:
    assert loaded_by("import selector.commands.estimate, selector.commands.estimate_text, trainers.row_lengths") & HEAVY == set()


def test_a_program_that_cannot_train_a_4_bit_base_on_several_gpus_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = "--layers 80 --hidden 8192 --heads 64 --kv-heads 8 --intermediate 28672 --vocab 128256"
    with pytest.raises(SystemExit) as stop:
        main(["estimate", *sizes.split(), "--parameters", "qlora", "--gpus", "8", "--json"])
    assert not stop.value.code
    assert json.loads(capsys.readouterr().out)["total_gib"] < 80
