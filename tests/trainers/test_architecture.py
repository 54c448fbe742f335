"""Reading architectures from config.json, against the models that transformers builds from the same configs."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.errors import MissingError, UsageError
from trainers.architecture import Architecture, read_architecture

SIZES: dict[str, Any] = {
    "hidden_size": 256, "intermediate_size": 640, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 4,
    "vocab_size": 1000,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": SIZES,
    "mistral": SIZES,
    "qwen2": SIZES,
    "qwen3": {**SIZES, "head_dim": 64},
    "gemma": {**SIZES, "head_dim": 48},
    "gemma2": {**SIZES, "head_dim": 48},
    "gemma3_text": {**SIZES, "head_dim": 48},
    "phi": SIZES,
    "phi3": {**SIZES, "pad_token_id": 0},
    "gpt2": {"n_embd": 256, "n_head": 8, "n_layer": 6, "vocab_size": 1000},
    "gpt_neox": {**SIZES, "num_key_value_heads": 8},
    "falcon": {**SIZES, "ffn_hidden_size": 640, "alibi": False},
    "bitnet": SIZES,
    "mixtral": {**SIZES, "num_local_experts": 4, "num_experts_per_tok": 2},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_counted_weights_agree_with_the_model_transformers_builds(family: str) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(family, **FAMILIES[family])
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    built = sum(weight.numel() for weight in {id(each): each for each in model.parameters()}.values())
    shape = Architecture.from_config(json.loads(config.to_json_string(use_diff=False)))
    assert shape.params == pytest.approx(built, rel=0.01)


def test_what_the_block_looks_like_follows_the_family() -> None:
    read = {family: Architecture.from_config({"model_type": family, **sizes}) for family, sizes in FAMILIES.items()}
    assert [family for family, shape in read.items() if shape.mlp_mats == 2] == ["phi", "gpt2", "gpt_neox", "falcon"]
    assert [family for family, shape in read.items() if shape.parallel_block] == ["phi", "gpt_neox", "falcon"]
    assert [family for family, shape in read.items() if shape.norms == 4] == ["gemma2", "gemma3_text"]
    assert [family for family, shape in read.items() if shape.qk_norm] == ["qwen3", "gemma3_text"]
    assert [family for family, shape in read.items() if shape.tied] == ["gemma", "gemma2", "gemma3_text", "gpt2", "falcon"]
    assert read["falcon"].kv_heads == 1


def test_a_mixture_of_experts_is_as_large_as_all_and_as_busy_as_those_asked() -> None:
    mixtral = Architecture.from_config({
        "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000, "num_local_experts": 8,
        "num_experts_per_tok": 2,
    })  # fmt: skip
    assert mixtral.params == pytest.approx(46.7e9, rel=0.005)
    assert mixtral.active + 2 * mixtral.embedding == pytest.approx(12.9e9, rel=0.005)


def test_the_text_part_of_a_model_that_sees_is_read() -> None:
    shape = Architecture.from_config({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", **SIZES}})
    assert (shape.layers, shape.tied, shape.norms) == (6, True, 4)


def test_a_given_number_of_weights_is_kept() -> None:
    assert Architecture.from_config({"model_type": "llama", **SIZES}, params=7e6).params == 7e6


@pytest.mark.parametrize(("change", "words"), [({"hidden_size": None}, "hidden_size"), ({"num_hidden_layers": 0}, "above 0")])
def test_a_config_without_a_size_says_which_and_what_to_do(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Architecture.from_config({"model_type": "llama", **SIZES, **change})


def test_a_folder_needs_only_its_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", **SIZES}))
    assert read_architecture(str(tmp_path)).hidden == 256


@pytest.mark.parametrize(("content", "words"), [(None, "no config.json"), ("{", "as JSON"), ("[]", "no JSON object")])
def test_a_folder_without_a_readable_config_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(MissingError, match=words):
        read_architecture(str(tmp_path))


def test_a_name_that_is_nowhere_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError):
        read_architecture("./nowhere/at-all")
