"""How much is measured side by side: as much as fits."""

import json
from pathlib import Path

import pytest

from reports.records.plan import ModelRef
from selector.measuring import batch_tokens


def model(folder: Path, hidden: int, layers: int) -> ModelRef:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": 4 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": hidden // 64,
        "num_key_value_heads": hidden // 64,
        "vocab_size": 32000,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return ModelRef(name=str(folder), label="shape", digest="d")


def test_a_tiny_model_fills_large_batches(tmp_path: Path) -> None:
    assert batch_tokens(model(tmp_path, 128, 4)) == 8192


@pytest.mark.parametrize(("hidden", "layers"), [(768, 12), (2048, 24), (4096, 32)])
def test_keys_and_values_stay_a_small_part_of_the_weights(tmp_path: Path, hidden: int, layers: int) -> None:
    tokens = batch_tokens(model(tmp_path, hidden, layers))
    weights = layers * (4 * hidden**2 + 12 * hidden**2) * 4
    assert 1024 <= tokens < 8192
    assert tokens * 2 * layers * hidden * 4 <= max(128 * 2**20, 0.08 * weights)
