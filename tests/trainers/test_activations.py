"""What forward keeps for backward, counted, against what autograd really saves in transformers and peft."""

import contextlib
from typing import TYPE_CHECKING, Any, Final

import pytest

from trainers.activations import kept_by_layer
from trainers.architecture import Architecture
from trainers.memory_setup import Setup

if TYPE_CHECKING:
    from transformers import PreTrainedModel

HIDDEN: Final = 64
ROWS: Final = 2
TOKENS: Final = 64
SIZES: Final[dict[str, Any]] = {
    "hidden_size": HIDDEN, "intermediate_size": 160, "num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 512,
    "max_position_embeddings": TOKENS, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
FAMILIES: Final = ("llama", "qwen3", "gemma", "gemma3_text", "gpt_neox")


def saved_a_layer(family: str, setup: Setup, **sizes: Any) -> float:
    """Return the bytes that one layer more saves, for each token: storages counted once, weights left out."""
    one, two = (_saved(_build(family, layers, setup, **sizes), setup) for layers in (2, 3))
    return (two - one) / (ROWS * TOKENS)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_weights_in_16_bits(family: str) -> None:
    setup = Setup(parameters="full", precision="bf16", batch=ROWS, length=TOKENS)
    assert kept_by_layer(_shape(family), setup) == pytest.approx(saved_a_layer(family, setup), rel=0.03)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3_text"])
def test_all_weights_in_32_bits(family: str) -> None:
    setup = Setup(parameters="full", precision="fp32", batch=ROWS, length=TOKENS)
    assert kept_by_layer(_shape(family), setup) == pytest.approx(saved_a_layer(family, setup), rel=0.03)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3_text"])
@pytest.mark.parametrize("targets", [("q", "v"), ("q", "k", "v", "o", "gate", "up", "down")])
def test_an_adapter_in_32_bits_under_autocast(family: str, targets: tuple[Any, ...]) -> None:
    setup = Setup(batch=ROWS, length=TOKENS, rank=2, targets=targets)
    assert kept_by_layer(_shape(family), setup) == pytest.approx(saved_a_layer(family, setup), rel=0.04)


def test_scores_are_kept_by_eager_attention() -> None:
    setup = Setup(parameters="full", precision="bf16", batch=ROWS, length=TOKENS, attention="eager")
    assert kept_by_layer(_shape("llama"), setup) == pytest.approx(saved_a_layer("llama", setup), rel=0.03)


def test_keys_and_values_of_a_packed_row_stay_as_few_as_their_heads() -> None:
    setup = Setup(parameters="full", precision="bf16", batch=ROWS, length=TOKENS, packing=True)
    shape = _shape("llama", num_key_value_heads=2)
    assert kept_by_layer(shape, setup) == pytest.approx(saved_a_layer("llama", setup, num_key_value_heads=2), rel=0.03)


def _shape(family: str, **sizes: Any) -> Architecture:
    extra = {"head_dim": 16} if family in ("qwen3", "gemma", "gemma3_text") else {}
    return Architecture.from_config({"model_type": family, **SIZES, **extra, **sizes, "num_hidden_layers": 2})


def _build(family: str, layers: int, setup: Setup, **sizes: Any) -> "PreTrainedModel":
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    extra = {"head_dim": 16} if family in ("qwen3", "gemma", "gemma3_text") else {}
    config = AutoConfig.for_model(family, **{**SIZES, **extra, **sizes, "num_hidden_layers": layers, "use_cache": False})
    attention = "eager" if setup.attention == "eager" else "sdpa"
    dtype = torch.float32 if setup.precision == "fp32" else torch.bfloat16
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=attention).train()
    if setup.has_adapter:
        names = [f"{target}_proj" for target in setup.targets]
        model = get_peft_model(model, LoraConfig(r=setup.rank, target_modules=names, task_type="CAUSAL_LM"))
        model.enable_input_require_grads()
        model = model.base_model.model
    return model.model if hasattr(model, "model") else model.base_model


def _saved(model: "PreTrainedModel", setup: Setup) -> float:
    import torch

    weights = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers())}
    storages: dict[int, int] = {}
    kept: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            storages[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor)
        return tensor

    rows = torch.randint(3, 500, (ROWS, TOKENS), generator=torch.Generator().manual_seed(1))
    autocast = torch.autocast("cpu", torch.bfloat16) if setup.has_adapter else contextlib.nullcontext()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), autocast:
        model(input_ids=rows, attention_mask=torch.ones_like(rows))
    return float(sum(storages.values()))
