"""Architectures and setups to estimate: known models, and any others."""

from typing import Any, Final

from hypothesis import strategies as st

from trainers.architecture import Architecture, count_weights
from trainers.memory_setup import Setup

LLAMA_8B: Final = Architecture(
    layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, intermediate=14336, vocab=128256, params=8.03e9
)
GEMMA_2B: Final = Architecture(
    layers=18, hidden=2048, heads=8, kv_heads=1, head_dim=256, intermediate=16384, vocab=256000, tied=True, params=2.506e9
)


@st.composite
def shapes(draw: st.DrawFn) -> Architecture:
    """Draw an architecture as people train them: 16 to 96 layers, widths of 512 to 8192."""
    heads = draw(st.sampled_from([8, 16, 32, 64]))
    head_dim = draw(st.sampled_from([64, 128]))
    hidden = heads * head_dim
    shape = Architecture(
        layers=draw(st.integers(16, 96)),
        hidden=hidden,
        heads=heads,
        kv_heads=draw(st.sampled_from([heads, heads // 4, heads // 8])),
        head_dim=head_dim,
        intermediate=draw(st.sampled_from([2, 3, 4])) * hidden,
        vocab=draw(st.sampled_from([32_000, 128_256, 256_000])),
        tied=draw(st.booleans()),
        params=1.0,
        mlp_mats=draw(st.sampled_from([2, 3])),
        norm=draw(st.sampled_from(["rms", "layer"])),
        parallel_block=draw(st.booleans()),
    )
    return Architecture(**{name: getattr(shape, name) for name in shape.__struct_fields__} | {"params": count_weights(shape)})


@st.composite
def setups(draw: st.DrawFn, /, **fixed: Any) -> Setup:
    """Draw a setup of tunegate's own programs; `fixed` settings are as given."""
    gpus = fixed.get("gpus", draw(st.sampled_from([1, 2, 8])))
    several = ["ddp", "zero1", "zero2", "zero3", "fsdp"]
    drawn: dict[str, Any] = {
        "method": draw(st.sampled_from(["sft", "dpo", "kto", "orpo", "reward", "rloo", "grpo"])),
        "parameters": draw(st.sampled_from(["full", "lora", "qlora"])),
        "precision": draw(st.sampled_from(["bf16", "bf16-mixed"])),
        "optimizer": draw(st.sampled_from(["adamw", "adamw-fp32", "adamw-8bit", "paged-adamw-8bit", "adafactor", "sgd"])),
        "batch": draw(st.integers(1, 16)),
        "length": draw(st.integers(128, 8192)),
        "accumulation": draw(st.integers(1, 8)),
        "checkpointing": draw(st.booleans()),
        "logits": draw(st.sampled_from(["full", "chunked"])),
        "compile": draw(st.booleans()),
        "attention": draw(st.sampled_from(["flash", "eager"])),
        "rank": draw(st.integers(1, 64)),
        "dropout": draw(st.sampled_from([0.0, 0.05])),
        "packing": draw(st.booleans()),
        "gpus": gpus,
        "sharding": draw(st.sampled_from(several)) if gpus > 1 else "none",
        "completion_length": 64,
    }
    return Setup(**{**drawn, **fixed})
