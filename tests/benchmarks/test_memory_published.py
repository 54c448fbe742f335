"""The score of the memory estimate on a made-up table: what is counted, left out and called wrong."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.benchmarks.memory_published import main, read_architecture, read_setups, score
from trainers.memory import GB, estimate, span

SIZES: Final[dict[str, Any]] = {
    "layers": 32, "hidden": 4096, "heads": 32, "kv_heads": 8, "head_dim": 128, "intermediate": 14336, "vocab": 128256,
    "tied": False, "params_b": 8.03, "mlp_mats": 3,
}  # fmt: skip
ROW: Final[dict[str, Any]] = {
    "id": "x0", "source": "someone", "kind": "measured", "arch": "some-8b", "method": "sft", "adapter": "lora",
    "precision": "bf16-true", "batch": 2, "seq_len": 1024, "gpu": "A100-40GB", "num_gpus": 1, "unit": "GB", "grad_ckpt": True,
    "lora_rank": 8, "lora_targets": ["query", "value"],
}  # fmt: skip


@pytest.fixture
def predicted_gb() -> float:
    """What the estimate says of the row."""
    shape = read_architecture("some-8b", SIZES)
    return span([estimate(shape, setup) for setup in read_setups(ROW, blind=False)]).total_bytes / GB


def test_errors_intervals_and_failures_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], predicted_gb: float
) -> None:
    rows = [
        {**ROW, "id": "exact", "memory_gb": predicted_gb},
        {**ROW, "id": "low", "memory_gb": predicted_gb / 0.8},
        {**ROW, "id": "failed", "memory_gb": None, "oom": True, "memory_gb_min": 12.0},
        {**ROW, "id": "missed", "memory_gb": None, "oom": True, "memory_gb_min": 80.0},
        {**ROW, "id": "no-length", "memory_gb": 20.0, "seq_len": None},
        {**ROW, "id": "other", "memory_gb": 20.0, "adapter": "prefix"},
    ]
    (tmp_path / "table.json").write_text(json.dumps({"architectures": {"some-8b": SIZES}, "rows": rows}))
    main([str(tmp_path / "table.json")])
    out = capsys.readouterr().out
    assert "4 of 6 rows scored" in out
    line = next(line for line in out.splitlines() if line.startswith("tunegate"))
    assert line.split()[1:8] == ["10.0%", "10.0%", "50.0%", "50.0%", "1", "of", "2"]
    assert "1 batch or length not given; 1 sft with adapter prefix" in out
    assert out.index("  low ") < out.index("  exact ")


def test_units_and_sums_over_gpus_are_brought_to_bytes_a_gpu() -> None:
    row = {**ROW, "memory_gb": 40.0, "unit": "GiB", "num_gpus": 4, "per_gpu": False}
    assert score(row, {"some-8b": SIZES}, blind=False).measured == 10 * 2**30


def test_a_program_is_known_by_its_source_unless_that_is_hidden() -> None:
    row = {**ROW, "source": "someone/litgpt:README"}
    assert [setup.stack for setup in read_setups(row, blind=False)] == ["litgpt"]
    assert [setup.stack for setup in read_setups(row, blind=True)] == ["trl", "litgpt", "torchtune"]
    assert [setup.stack for setup in read_setups({**row, "compile": True}, blind=True)] == ["trl", "torchtune"]
