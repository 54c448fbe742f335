"""Compute budget: what there is to train with."""

from collections.abc import Mapping
from typing import Final

from reports.records.intake import Value
from selector.question import Question


def _has_gpu(known: Mapping[str, Value]) -> bool:
    return known.get("gpu_count") != 0


def _trains_on_cpu(known: Mapping[str, Value]) -> bool:
    return not known.get("gpu_count")


COMPUTE: Final[tuple[Question, ...]] = (
    Question(
        name="model_parameters_b",
        axis="compute",
        kind="number",
        text="How large is the model, in billions of parameters?",
        help="Weights, gradients and optimizer grow with it; it decides between full, LoRA and QLoRA.",
        short="model size",
        counted=False,
        unit="billion parameters",
        minimum=1e-5,
        maximum=5000,
        log=True,
        guess=(1, 7, 13),
        hopeful=1.0,
    ),
    Question(
        name="gpu_count",
        axis="compute",
        kind="number",
        text="How many GPUs may the training use at once?",
        help="0 means the processor; then only small models finish in time.",
        short="GPUs",
        unit="GPUs",
        maximum=1e5,
        whole=True,
        log=True,
        guess=(0, 1, 4),
        hopeful=4.0,
    ),
    Question(
        name="gpu_memory_gib",
        axis="compute",
        kind="number",
        text="How much memory has one GPU, in GiB?",
        help="DPO holds a policy and a reference, RLHF three models; LoRA and QLoRA are the ways to fit them.",
        short="memory of a GPU",
        counted=False,
        unit="GiB",
        maximum=2000,
        log=True,
        nothing=0.0,
        guess=(16, 24, 80),
        hopeful=80.0,
        when=_has_gpu,
    ),
    Question(
        name="ram_gib",
        axis="compute",
        kind="number",
        text="How much memory has the machine, in GiB?",
        help="Without a GPU the whole run must fit into it.",
        short="memory of the machine",
        counted=False,
        unit="GiB",
        minimum=0.1,
        maximum=100_000,
        log=True,
        guess=(8, 32, 128),
        hopeful=128.0,
        when=_trains_on_cpu,
    ),
    Question(
        name="gpu_hours",
        axis="compute",
        kind="number",
        text="How many hours of one such device may the training take in all?",
        help="Count all GPUs together: 4 GPUs for a day are 96 hours. RFT and RLHF generate as they learn: ten times SFT.",
        short="device hours",
        unit="hours",
        maximum=1e8,
        log=True,
        guess=(10, 100, 1000),
        hopeful=1000.0,
    ),
    Question(
        name="deadline_days",
        axis="compute",
        kind="number",
        text="In how many days must it be in use?",
        help="A prompt takes a day, one training run with its review a few, RLHF weeks.",
        short="days to the deadline",
        unit="days",
        maximum=3650,
        log=True,
        guess=(7, 30, 90),
        hopeful=90.0,
    ),
    Question(
        name="sequence_tokens",
        axis="compute",
        kind="number",
        text="How long is a prompt with its answer at the long end, in tokens?",
        help="Memory for activations and logits grows with every token; take the 95th percentile, not the mean.",
        short="tokens in the longest rows",
        unit="tokens",
        minimum=1,
        maximum=2_000_000,
        whole=True,
        log=True,
        guess=(256, 1024, 4096),
        hopeful=256.0,
    ),
    Question(
        name="team_experience",
        axis="compute",
        kind="choice",
        text="What has the team trained before?",
        help="Each level fails in its own ways; a first project in reinforcement learning costs weeks.",
        short="the team's experience",
        choices=(
            ("none", "nothing yet"),
            ("sft", "supervised fine-tuning"),
            ("preference", "preference tuning"),
            ("rl", "reinforcement learning"),
        ),
        guess=(0.3, 0.4, 0.2, 0.1),
        hopeful="rl",
    ),
)
