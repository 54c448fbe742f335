"""What decides the memory of a training step besides the model: the setup, and the program that runs it."""

import math
from typing import Final, Literal, get_args

from msgspec import Struct

from reports.errors import UsageError
from reports.records.plan import Method

Parameters = Literal["full", "lora", "qlora"]
Precision = Literal["bf16", "bf16-mixed", "fp32"]
Optimizer = Literal["adamw", "adamw-fp32", "adamw-8bit", "paged-adamw", "paged-adamw-8bit", "adafactor", "sgd"]
Sharding = Literal["none", "ddp", "zero1", "zero2", "zero3", "fsdp"]
Logits = Literal["full", "chunked"]
Attention = Literal["flash", "eager"]
Quantisation = Literal["nf4", "nf4-double"]
Target = Literal["q", "k", "v", "o", "gate", "up", "down", "head"]
StackName = Literal["trl", "litgpt", "torchtune"]

ALL_LINEAR: Final[tuple[Target, ...]] = ("q", "k", "v", "o", "gate", "up", "down")
ROLLOUTS: Final = frozenset({"rloo", "grpo"})
DOUBLED: Final = frozenset({"dpo", "orpo", "reward"})
"""Methods whose row is two sequences, chosen and rejected."""
REFERENCED: Final = frozenset({"dpo", "kto", "rloo"})
"""Methods that compare with a frozen reference; TRL's GRPO has none unless its KL weight is set."""
SHARDED: Final = ("zero3", "fsdp")
"""Shardings that divide the weights themselves."""


class Stack(Struct, frozen=True):
    """What one training program keeps that another does not, each read from its source."""

    ties_head: bool = True
    """Whether a tied output head is one tensor with the embedding."""
    quantises_head: bool = False
    dequantised_copies: int = 1
    """16-bit copies of a 4-bit matrix while it is used."""
    quantised_input_bytes: float = 0.0
    """Bytes kept for each input value of a frozen 4-bit layer; bitsandbytes up to 0.42 kept the inputs."""
    lora_bytes: int = 4
    """Bytes a weight of a LoRA adapter on a 16-bit model; PEFT holds them in fp32."""
    shares_lora_input: bool = False
    """Whether the adapters of queries, keys and values read one copy of their input."""
    autocasts: bool = True
    """Whether 16-bit runs are wrapped in autocast: adapters in fp32 cast their inputs, LayerNorm computes in fp32."""
    keeps_qkv: bool = False
    """Whether one matrix makes queries, keys and values, which its slice of values then keeps in memory."""
    pads_lora: bool = False
    """Whether an adapter on some of queries, keys and values is spread into a tensor of all three."""
    expands_keys: Literal["always", "padded"] = "always"
    """When keys and values are repeated for every query head: transformers does so only where a batch is padded."""
    norm_copies: int = 1
    """Values of 16 bits a trained norm keeps of its normalised input."""
    full_logits: float = 14.0
    """Bytes a vocabulary entry and token at the peak of the loss on full logits."""
    chunked_logits: float = 2.5
    """The same where the loss is computed in chunks; 0: a fused kernel holds one tile."""
    optimizer_copies: float = 0.0
    """16-bit or fp32 copies of all trained weights inside an optimizer step (1: AdamW in foreach form)."""
    flat_gradients: bool = False
    """Whether sharded blocks have one flat gradient, which then exists for frozen weights too."""
    methods: frozenset[Method] = frozenset(get_args(Method))
    lacks: frozenset[str] = frozenset()
    """Fields of a setup that the program has no switch for."""
    logits: Logits = "chunked"
    """How its loss is computed unless told otherwise."""
    dropout: float = 0.0
    """Dropout of an adapter unless told otherwise."""
    sharding: Sharding = "fsdp"
    """What several GPUs divide unless told otherwise."""
    quantisation: Quantisation = "nf4-double"
    accumulation: int | None = None
    """Batches a step unless told otherwise; None: as the batch needs."""


STACKS: Final[dict[StackName, Stack]] = {
    "trl": Stack(expands_keys="padded", chunked_logits=0.0, sharding="ddp", lacks=frozenset({"optimizer_in_backward"})),
    "litgpt": Stack(
        ties_head=False,
        quantises_head=True,
        dequantised_copies=2,
        quantised_input_bytes=3.0,
        lora_bytes=2,
        shares_lora_input=True,
        autocasts=False,
        keeps_qkv=True,
        pads_lora=True,
        full_logits=8.0,
        chunked_logits=8.0,
        optimizer_copies=1.0,
        flat_gradients=True,
        methods=frozenset({"sft"}),
        lacks=frozenset({"packing", "compile", "optimizer_in_backward", "offload_activations", "cpu_offload"}),
        logits="full",
        dropout=0.05,
        quantisation="nf4",
        accumulation=8,
    ),
    "torchtune": Stack(
        lora_bytes=2,
        shares_lora_input=True,
        autocasts=False,
        norm_copies=2,
        full_logits=12.0,
        methods=frozenset({"sft", "dpo", "grpo"}),
        accumulation=1,
    ),
}
"""The programs whose habits are known; the first is tunegate's own."""


class Lengths(Struct, frozen=True):
    """Tokens of the rows of a data set as they are, before any limit."""

    mean: float
    median: float
    p95: float
    longest: float


class Setup(Struct, frozen=True, kw_only=True):
    """One way to train; the defaults are tunegate's own."""

    method: Method = "sft"
    parameters: Parameters = "lora"
    precision: Precision = "bf16"
    """bf16: weights in 16 bits; bf16-mixed: weights in fp32, computing in 16 bits; fp32: everything in 32."""
    optimizer: Optimizer = "adamw"
    """adamw holds its two states in the type of the trained weights, adamw-fp32 in fp32."""
    batch: int = 4
    """Rows a GPU at once: pairs for DPO, ORPO and reward models, answers for RLOO and GRPO."""
    length: int = 1024
    """Longest sequence in tokens, prompt and answer together."""
    lengths: Lengths | None = None
    """Lengths of the rows where data is known."""
    packing: bool = False
    accumulation: int = 1
    """Batches a step. Their gradients are held in between; FSDP holds them whole, since it exchanges them once a step."""
    checkpointing: bool = True
    offload_activations: bool = False
    logits: Logits = "chunked"
    compile: bool = False
    optimizer_in_backward: bool = False
    attention: Attention = "flash"
    """flash: no matrix of scores is kept (flash or memory-efficient attention)."""
    quantisation: Quantisation = "nf4-double"
    rank: int = 16
    targets: tuple[Target, ...] = ALL_LINEAR
    dropout: float = 0.0
    gpus: int = 1
    """0: the processor."""
    sharding: Sharding = "none"
    cpu_offload: bool = False
    """Weights (sharded), gradients and optimizer states live in the memory of the host."""
    reference: bool | None = None
    """Whether a reference is compared with; None: as the method has it. An adapter's reference costs nothing."""
    reward_params: float | None = None
    """Weights of the reward model of RLOO; None: as many as the policy. 0: a function."""
    completion_length: int = 256
    """Tokens of an answer that RLOO and GRPO generate."""
    stack: StackName = "trl"

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence that occurs: the limit, or the data where it is shorter."""
        if self.lengths is None or self.packing:
            return self.length
        return max(1, min(self.length, round(self.lengths.longest)))

    @property
    def sequences(self) -> int:
        """Sequences that pass forward and backward at once."""
        return self.batch * (2 if self.method in DOUBLED else 1)

    @property
    def tokens(self) -> int:
        """Tokens that pass forward and backward at once, padding included: the longest row is met once an epoch."""
        return self.sequences * self.longest

    @property
    def compute_bytes(self) -> int:
        """Bytes a value inside a block."""
        return 4 if self.precision == "fp32" else 2

    @property
    def stream_bytes(self) -> int:
        """Bytes a value of the residual stream, which follows the weights."""
        return 2 if self.precision == "bf16" else 4

    @property
    def is_unsynced(self) -> bool:
        """Say whether gradients lie whole on every GPU although weights are sharded."""
        return self.sharding == "fsdp" and self.accumulation > 1

    @property
    def has_adapter(self) -> bool:
        """Say whether the model's own weights are frozen."""
        return self.parameters != "full"

    @property
    def has_reference(self) -> bool:
        """Say whether a second, frozen copy of the model is in memory."""
        wanted = self.method in REFERENCED if self.reference is None else self.reference
        return wanted and not self.has_adapter


def is_offered(setup: Setup) -> bool:
    """Say whether the program of the setup can train so."""
    stack = STACKS[setup.stack]
    return setup.method in stack.methods and not any(getattr(setup, name) for name in stack.lacks)


def check_setup(setup: Setup) -> None:
    """Raise UsageError where numbers are out of range or choices exclude each other."""
    _check_ranges(setup)
    if setup.has_adapter and not setup.targets:
        raise UsageError("targets: an adapter needs at least one layer to sit on, for example --targets all-linear.")
    if setup.gpus <= 1 and setup.sharding != "none":
        raise UsageError(f"sharding {setup.sharding}: one device has nobody to share with. Give --gpus, or --sharding none.")
    if setup.cpu_offload and setup.sharding in ("none", "ddp"):
        raise UsageError(
            "cpu offload: only what is shared can be offloaded. Give --gpus and --sharding zero1, zero2, zero3 or fsdp."
        )
    if setup.parameters == "qlora" and not setup.gpus:
        raise UsageError("qlora: 4-bit weights need a GPU. Choose LoRA on the processor.")
    if setup.parameters == "qlora" and setup.precision == "fp32":
        raise UsageError("precision fp32: 4-bit weights compute in 16 bits. Choose bf16, or LoRA.")
    if setup.method in ROLLOUTS and setup.completion_length >= setup.length:
        raise UsageError(
            f"completion length {setup.completion_length}: answers are part of the length, and it is {setup.length}. "
            "Raise --length by the tokens of the longest prompt."
        )


def _check_ranges(setup: Setup) -> None:
    counts = {
        "batch": setup.batch,
        "length": setup.length,
        "accumulation": setup.accumulation,
        "rank": setup.rank,
        "completion length": setup.completion_length,
    }
    for name, value in counts.items():
        if value < 1:
            raise UsageError(f"{name} {value}: at least 1 was expected.")
    if setup.gpus < 0:
        raise UsageError(f"gpus {setup.gpus}: a number from 0 (the processor) upwards was expected.")
    if not 0 <= setup.dropout < 1:
        raise UsageError(f"dropout {setup.dropout}: a share from 0 to below 1 was expected.")
    if setup.reward_params is not None and not 0 <= setup.reward_params < math.inf:
        raise UsageError(f"reward model of {setup.reward_params} weights: a number from 0 upwards was expected, for example 8e9.")
