"""Bytes of everything that is not an activation: weights, adapter, gradients, optimizer, copies, caches, communication.

Sources: mixed precision and Adam, 16 to 18 bytes a weight, and what each ZeRO stage divides by the number of GPUs: Rajbhandari
et al. 2020 (ZeRO). NF4 and double quantisation: Dettmers et al. 2023 (QLoRA), half a byte a weight plus an fp32 scale for 64
weights, or an 8-bit scale with an fp32 one for 256 scales. Blockwise 8-bit states: Dettmers et al. 2022.
"""

from typing import Final

from msgspec.structs import replace

from trainers.architecture import Architecture
from trainers.memory_setup import ROLLOUTS, SHARDED, STACKS, Optimizer, Setup

NF4_BYTES: Final = {"nf4": 0.5 + 4 / 64, "nf4-double": 0.5 + 1 / 64 + 4 / (64 * 256)}
STATE_BYTES: Final[dict[Optimizer, float]] = {
    "adamw-fp32": 8.0,
    "adamw-8bit": 2 * (1 + 4 / 256),
    "paged-adamw": 0.0,
    "paged-adamw-8bit": 0.0,
    "sgd": 0.0,
}
"""Bytes of optimizer state a trained weight, where they do not follow the type of the weight."""
GATHERED_LAYERS: Final = 2
"""Layers whose weights a sharded run holds whole: the one that computes and the next."""
ZERO_BUCKET_BYTES: Final = 1e9
"""DeepSpeed's bucket: 5e8 values of 16 bits."""
TILE_TOKENS: Final = 4096
TILE_VOCAB: Final = 32_768
"""The tile of logits that TRL's fused loss holds."""
TILES_ON_PROCESSOR: Final = 8
"""Tiles of that size in fp32 where the loss is not one kernel but several operations."""
DRAWN_BYTES: Final = 6
"""Bytes a vocabulary entry while one token is drawn: 16-bit logits and their fp32 copy."""


def weight_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of the model's own weights on one GPU."""
    whole = _whole_weights(shape, setup)
    if setup.sharding not in SHARDED:
        return whole
    return 0.0 if setup.cpu_offload else whole / setup.gpus


def adapter_weights(shape: Architecture, setup: Setup) -> float:
    """Return the number of weights of the LoRA adapter: rank times input plus output, for each layer it sits on."""
    if not setup.has_adapter:
        return 0.0
    wide = shape.hidden + shape.intermediate
    sizes = {"q": shape.hidden + shape.query, "k": shape.hidden + shape.key, "v": shape.hidden + shape.key}
    sizes |= {"o": shape.query + shape.hidden, "up": wide, "down": wide}
    if shape.mlp_mats == 3:
        sizes["gate"] = wide
    if shape.experts > 1:
        sizes = {name: sizes[name] for name in ("q", "k", "v", "o")}
    each = sum(sizes.get(target, 0) for target in setup.targets)
    head = shape.hidden + shape.vocab if "head" in setup.targets else 0
    return float(setup.rank * (shape.layers * each + head))


def adapter_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of the adapter on one GPU; DPO keeps a frozen copy of the one it starts from."""
    copies = 2 if setup.method == "dpo" else 1
    return copies * adapter_weights(shape, setup) * _trained_width(setup) / _shards(setup, *SHARDED)


def gradient_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of all gradients at the end of backward."""
    trained = trained_weights(shape, setup)
    width = 2 if setup.sharding.startswith("zero") else _trained_width(setup)
    if setup.cpu_offload and setup.sharding in SHARDED:
        return 0.0
    if setup.is_unsynced:
        frozen = shape.matrices if STACKS[setup.stack].flat_gradients and setup.has_adapter else 0.0
        return width * (trained + frozen)
    if setup.optimizer_in_backward and setup.sharding not in ("zero1", "zero2"):
        trained = min(trained, float(max(shape.embedding, shape.largest_matrix)))
    return width * trained / _shards(setup, "zero2", *SHARDED)


def optimizer_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of optimizer states on one GPU; ZeRO's fp32 master weights are among them."""
    if setup.cpu_offload and setup.sharding != "none":
        return 0.0
    trained, width = trained_weights(shape, setup), _trained_width(setup)
    each = 8 / shape.hidden if setup.optimizer == "adafactor" else STATE_BYTES.get(setup.optimizer, 2.0 * width)
    master = 4.0 if setup.sharding.startswith("zero") and setup.precision == "bf16-mixed" and not setup.has_adapter else 0.0
    return trained * (each + master) / _shards(setup, "zero1", "zero2", *SHARDED)


def trained_weights(shape: Architecture, setup: Setup) -> float:
    """Return how many weights have a gradient."""
    return adapter_weights(shape, setup) if setup.has_adapter else shape.params + _untied(shape, setup)


def reference_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of the frozen reference: a whole copy, unless an adapter can be switched off instead."""
    return weight_bytes(shape, setup) if setup.has_reference else 0.0


def reward_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of the reward model that RLOO asks, in 16 bits; GRPO's rewards are functions unless it is given."""
    given = setup.reward_params
    weights = given if given is not None else (shape.params if setup.method == "rloo" else 0.0)
    return 2.0 * weights if setup.method in ROLLOUTS else 0.0


def rollout_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of keys and values while answers are generated, and of drawing one token for each."""
    if setup.method not in ROLLOUTS:
        return 0.0
    rows = setup.batch * setup.accumulation
    cache = 2 * shape.key * setup.compute_bytes * (shape.layers + 1) * setup.longest
    return rows * (cache + DRAWN_BYTES * shape.vocab)


def logit_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of the loss at its peak: logits, their log-softmax and their gradients, or one tile of them."""
    if setup.method == "reward":
        return 0.0
    stack = STACKS[setup.stack]
    width = 1.0 if setup.precision == "bf16" else 16 / 14 if setup.precision == "fp32" else max(1.0, 14 / stack.full_logits)
    each = stack.full_logits * width if setup.logits == "full" else stack.chunked_logits
    answers = setup.batch * min(setup.completion_length, setup.longest)
    scored = answers if setup.method in ROLLOUTS else setup.tokens
    head = 0.0 if setup.has_adapter or setup.logits == "full" else 2.0 * shape.embedding * _trained_width(setup)
    if each:
        return each * shape.vocab * scored + head
    tile = float(min(scored, TILE_TOKENS) * TILE_VOCAB * setup.compute_bytes)
    if not setup.gpus:
        tile = 4.0 * TILES_ON_PROCESSOR * min(scored, TILE_TOKENS) * min(shape.vocab, TILE_VOCAB)
    return tile + 4 * shape.hidden * scored + head


def cast_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of 16-bit copies of fp32 weights that autocast and autograd hold from forward to backward."""
    if setup.precision != "bf16-mixed" or setup.parameters == "qlora" or setup.sharding not in ("none", "ddp"):
        return 0.0
    if setup.checkpointing and setup.has_adapter:
        return 2 * shape.matrices / shape.layers
    return 2 * (shape.matrices + shape.embedding)


def dequantised_bytes(shape: Architecture, setup: Setup, head: bool) -> float:
    """Return the bytes of the 4-bit matrix in use, in 16 bits; `head` says whether it may be the output head."""
    stack = STACKS[setup.stack]
    if setup.parameters != "qlora":
        return 0.0
    if head:
        return 2.0 * stack.dequantised_copies * shape.embedding if stack.quantises_head else 0.0
    return 2.0 * stack.dequantised_copies * shape.largest_matrix


def step_bytes(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of temporaries inside the optimizer's step."""
    copies = STACKS[setup.stack].optimizer_copies if setup.optimizer.startswith("adamw") else 0.0
    sharded = _shards(setup, "zero1", "zero2", *SHARDED)
    return copies * trained_weights(shape, setup) * _trained_width(setup) / sharded


def communication_bytes(shape: Architecture, setup: Setup, layers: bool) -> float:
    """Return the bytes of what GPUs exchange: buckets of gradients, or the weights that sharding gathers again.

    Args:
        layers: whether weights of layers are gathered now, and not those of embedding and head alone.
    """
    if setup.sharding == "none":
        return 0.0
    if setup.sharding not in SHARDED:
        gradients = gradient_bytes(shape, setup)
        return gradients if setup.sharding == "ddp" else min(ZERO_BUCKET_BYTES, gradients)
    whole = _whole_weights(shape, replace(setup, precision="bf16") if setup.precision == "bf16-mixed" else setup)
    if setup.is_unsynced and STACKS[setup.stack].flat_gradients and not setup.has_adapter:
        return whole
    ends = 2.0 * (shape.embedding * (1 if shape.tied else 2) + _untied(shape, setup))
    layer = max(0.0, whole - ends) / shape.layers if layers else 0.0
    gradient = 0.0 if setup.has_adapter else layer
    return min(whole, ends + GATHERED_LAYERS * layer + gradient)


def _whole_weights(shape: Architecture, setup: Setup) -> float:
    untied = _untied(shape, setup)
    if setup.parameters != "qlora":
        width = 2 if setup.precision == "bf16" or setup.sharding.startswith("zero") else 4
        return width * (shape.params + untied)
    four = NF4_BYTES[setup.quantisation]
    ends = shape.params - shape.matrices + untied
    head = shape.embedding if STACKS[setup.stack].quantises_head else 0
    return four * (shape.matrices + head) + 2.0 * (ends - head)


def _untied(shape: Architecture, setup: Setup) -> int:
    return shape.embedding if shape.tied and not STACKS[setup.stack].ties_head else 0


def _trained_width(setup: Setup) -> int:
    """Bytes a trained weight; TRL holds a QLoRA adapter in 16 bits."""
    if setup.parameters == "lora":
        return 4 if setup.precision != "bf16" else STACKS[setup.stack].lora_bytes
    if setup.parameters == "qlora":
        return 2
    return 2 if setup.precision == "bf16" else 4


def _shards(setup: Setup, *dividing: str) -> int:
    return setup.gpus if setup.sharding in dividing else 1
