"""PRE121 to PRE127: whether plan and machine fit together; sizes come from the model's config, nothing is loaded."""

import os
from importlib.util import find_spec
from typing import Final

from msgspec.structs import replace

from reports.records.plan import Sharing
from trainers.architecture import Architecture
from trainers.checkpoints import KEPT
from trainers.launching.choose import barriers
from trainers.memory import GIB, Estimate, estimate, usable_gib
from trainers.memory_setup import Precision, Setup
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.subject import Subject

FLASH: Final = ("flash_attention_2", "flash_attention_3", "kernels-community")
WIDE_EVALUATION: Final = 4
"""Times the rows of a training batch that an evaluation batch may hold; it keeps no activations, but all its logits."""
SHARDED: Final[dict[str, Sharing]] = {"zero3": "zero3", "fsdp2": "fsdp2"}
"""Ways to divide the weights themselves."""

HAS_GPU = Need(lambda subject: subject.machine.gpu_gib is not None, "there is no GPU")
PACKS = Need(lambda subject: bool(subject.values.get("packing") or subject.values.get("padding_free")), "rows are not packed")
SHARDS = Need(lambda subject: sharding(subject) in SHARDED, "weights are not divided")
WHOLE = Need(lambda subject: sharding(subject) not in SHARDED, "weights are divided over processes until training starts")
USES_VLLM = Need(lambda subject: bool(subject.values.get("use_vllm")), "vLLM is not used")


def check_packing(subject: Subject) -> Finding:
    """Compare packing with the attention (trl#1230, trl#3910): without document borders rows read each other."""
    options = subject.values.get("model_init_kwargs")
    attention = subject.trainer.model.config._attn_implementation if subject.trainer else str(options or "sdpa")
    strategy = str(subject.values.get("packing_strategy", "bfd"))
    if subject.values.get("packing") and strategy == "wrapped":
        fix = "Leave packing_strategy at bfd, or packing off."
        return Finding("fail", "packing_strategy wrapped cuts rows and lets them read each other", fix=fix)
    if any(name in attention for name in FLASH):
        return Finding("pass", f"{attention} keeps packed rows apart")
    fix = "Leave packing off, or install flash-attn; PRE310 measures whether rows read each other."
    return Finding("warn", f"rows are packed, and attention is {attention}, which TRL does not vouch for", fix=fix)


def sharding(subject: Subject) -> str:
    """Return how weights are divided, by the plan, its options or `accelerate launch`: zero3, fsdp2 or none."""
    deepspeed = str(subject.values.get("deepspeed") or "").lower().replace("_", "")
    if os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE") == "3" or "zero3" in deepspeed:
        return "zero3"
    if subject.values.get("fsdp") or os.environ.get("ACCELERATE_USE_FSDP") == "true":
        return "fsdp2"
    return subject.plan.launch.sharing if subject.plan.launch.sharing in SHARDED else "none"


def check_sharding(subject: Subject) -> Finding:
    """Ask what does not go with divided weights (trl#1051, LlamaFactory#2774)."""
    kind = sharding(subject)
    against = list(barriers(replace(subject.plan, stages=(subject.stage,), judge=None), SHARDED[kind]))
    if against:
        return Finding("fail", against[0].rstrip("."), float(len(against)), 0.0, "Share the work with --sharding ddp.")
    return Finding("pass", f"{kind} goes with {subject.needs.title}", 0.0, 0.0)


def check_disk(subject: Subject) -> Finding:
    """Compare free disk with what checkpoints take: weights and two optimizer states in 4 bytes, one more while saving."""
    shape = subject.architecture
    trained = _adapter_weights(subject, shape) if subject.has_adapter else shape.params
    wanted = (KEPT + 1) * trained * 12 + trained * 4
    free = subject.machine.free_disk_bytes
    said = f"{KEPT + 1} checkpoints and the result take about {wanted / GIB:.2f} GiB, {free / GIB:.1f} GiB are free"
    fix = "Free space, or put the runs on another disk with --runs."
    return Finding("fail" if wanted > free else "pass", said, wanted / GIB, free / GIB, fix)


def _adapter_weights(subject: Subject, shape: Architecture) -> float:
    rank = subject.number("lora_r", 16)
    mlp = shape.mlp_mats * (shape.hidden + shape.intermediate) * shape.experts
    attention = 2 * (shape.hidden + shape.query) + 2 * (shape.hidden + shape.key)
    return rank * shape.layers * (attention + mlp)


def check_evaluation(subject: Subject) -> Finding:
    """Find evaluations that hold more than training does (LlamaFactory#1595, transformers#10722)."""
    batch = subject.number("per_device_train_batch_size", 8)
    held = subject.number("per_device_eval_batch_size", batch)
    keeps = subject.values.get("prediction_loss_only") is False or getattr(subject.trainer, "compute_metrics", None) is not None
    if keeps and not subject.values.get("eval_accumulation_steps"):
        row = subject.number("max_length", 1024) * subject.architecture.vocab * 4
        said = f"all logits of the evaluation are kept on the device, about {row / GIB:.3f} GiB a row"
        return Finding("fail", said, row / GIB, fix="Set prediction_loss_only=true, or eval_accumulation_steps=1.")
    said = f"{held:g} rows are evaluated at once, {batch:g} trained on, and no logits are kept"
    fix = "Set per_device_eval_batch_size to the training batch."
    return Finding("warn" if held > WIDE_EVALUATION * batch else "pass", said, held, WIDE_EVALUATION * batch, fix)


def check_vllm(subject: Subject) -> Finding:
    """See that training and vLLM fit on one GPU together (trl#2688, trl#3128): weights, cache and step."""
    if find_spec("vllm") is None:
        return Finding("fail", "use_vllm is set, and vllm is not installed", fix="Install vllm, or leave use_vllm out.")
    return vllm_finding(subject)


def vllm_finding(subject: Subject) -> Finding:
    """Compare what vLLM reserves and training needs with the GPU; a server of its own, or a sleeping one, is not counted."""
    gpu = subject.machine.gpu_gib or 0.0
    shared = subject.values.get("vllm_mode", "colocate") == "colocate" and not subject.values.get("vllm_enable_sleep_mode")
    reserved = subject.number("vllm_gpu_memory_utilization", 0.3) * gpu if shared else 0.0
    found = estimated(subject)
    wanted = reserved + found.total_gib
    answers = subject.number("per_device_train_batch_size", 8)
    said = (
        f"vLLM reserves {reserved:.1f} GiB and training needs {found.total_gib:.1f} GiB for {answers:g} answers of up to "
        f"{subject.number('max_completion_length', 256):g} tokens at once; the GPU has {gpu:.1f} GiB"
    )
    fix = "Lower vllm_gpu_memory_utilization, set vllm_enable_sleep_mode=true, or fewer answers or tokens at once."
    return Finding("fail" if wanted > usable_gib(gpu) else "pass", said, wanted, usable_gib(gpu), fix)


def check_number_format(subject: Subject) -> Finding:
    """Find number formats that end in NaN or do not exist here (trl#878, trl#2553, LlamaFactory#1874)."""
    bf16, fp16 = subject.values.get("bf16") is True, subject.values.get("fp16") is True
    machine = subject.machine
    fix = "Leave bf16 at auto and fp16 out."
    if fp16 and (bf16 or machine.gpu_gib is None or (machine.has_bf16 and subject.has_adapter)):
        why = "bf16 is on, too" if bf16 else "there is no GPU" if machine.gpu_gib is None else "the base is loaded in bfloat16"
        return Finding("fail", f"fp16 is on, and {why}", fix=fix)
    if bf16 and not machine.has_bf16:
        return Finding("fail", "bf16 is on, and this machine does not compute in it", fix=fix)
    if fp16:
        return Finding("warn", "fp16 overflows above 65504, which bfloat16 does not", fix=fix)
    return Finding("pass", "bfloat16" if machine.has_bf16 else "float32")


def check_memory(subject: Subject) -> Finding:
    """Compare the estimate with the GPU (trl#2452, trl#1667, unsloth#682); its interval decides between warn and fail."""
    gpu, found = subject.machine.gpu_gib or 0.0, estimated(subject)
    usable = usable_gib(gpu)
    low, high = found.low_bytes / GIB, found.high_bytes / GIB
    said = f"a step needs {found.total_gib:.1f} GiB (90 %: {low:.1f} to {high:.1f}); the GPU has {usable:.1f} GiB for tensors"
    fix = "Half per_device_train_batch_size and double gradient_accumulation_steps; `tunegate estimate` names all ways."
    return Finding("fail" if low > usable else "warn" if high > usable else "pass", said, found.total_gib, usable, fix)


def estimated(subject: Subject, length: int | None = None, rows: int | None = None) -> Estimate:
    """Estimate a step of the stage on this machine, with rows of `length` tokens."""
    return estimate(subject.architecture, setup_of(subject, length, rows))


def setup_of(subject: Subject, length: int | None = None, rows: int | None = None) -> Setup:
    """Return what decides the memory and time of a step of the stage on one device of this machine."""
    samples, gpu = subject.needs.samples, subject.machine.gpu_gib is not None
    answer = int(subject.number("max_completion_length", 256)) if samples else 0
    longest = length or int(subject.number("max_length", 2 * answer if samples else 1024))
    precision: Precision = ("bf16" if subject.has_adapter else "bf16-mixed") if subject.machine.has_bf16 else "fp32"
    return Setup(
        method=subject.stage.method,
        parameters=subject.plan.parameters,
        precision=precision,
        batch=rows or int(subject.number("per_device_train_batch_size", 8)),
        length=max(longest, answer + 1),
        completion_length=max(1, answer),
        accumulation=int(subject.number("gradient_accumulation_steps", 1)),
        checkpointing=subject.values.get("gradient_checkpointing") is True,
        rank=int(subject.number("lora_r", 16)),
        gpus=1 if gpu else 0,
        reward_params=0 if subject.stage.method == "rloo" else None,
    )


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE121", "Packed rows have an attention that parts them", check_packing, (PACKS,), blocking=True),
    Rule("PRE122", "Sharding goes with the method", check_sharding, (SHARDS,), blocking=True),
    Rule("PRE123", "Checkpoints fit on the disk", check_disk, blocking=True),
    Rule("PRE124", "Evaluation fits into memory", check_evaluation),
    Rule("PRE125", "vLLM and training share the GPU", check_vllm, (USES_VLLM, HAS_GPU), blocking=True),
    Rule("PRE126", "Number format exists and does not overflow", check_number_format, blocking=True),
    Rule("PRE127", "A step fits into the GPU", check_memory, (HAS_GPU,), blocking=True),
)
