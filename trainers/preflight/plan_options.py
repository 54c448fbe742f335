"""PRE101 to PRE109: settings of a stage that contradict each other, its method or the field's experience; nothing is loaded."""

import difflib
import math
from dataclasses import fields
from importlib import import_module
from typing import Final

from reports.records.data import CheckState
from reports.records.plan import Choice, Method
from trainers.adapters import LORA_OPTIONS
from trainers.defaults import default_choices
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.subject import Subject
from trainers.stage_options import OWN_OPTIONS

CONFIGS: Final[dict[Method, tuple[str, str]]] = {
    "sft": ("trl", "SFTConfig"),
    "dpo": ("trl", "DPOConfig"),
    "kto": ("trl", "KTOConfig"),
    "orpo": ("trl.experimental.orpo", "ORPOConfig"),
    "reward": ("trl", "RewardConfig"),
    "rloo": ("trl", "RLOOConfig"),
    "grpo": ("trl", "GRPOConfig"),
}
READ_WITH: Final = {
    "packing_strategy": "packing",
    "ref_model_sync_steps": "sync_ref_model",
    "ref_model_mixup_alpha": "sync_ref_model",
    "gradient_checkpointing_kwargs": "gradient_checkpointing",
}
"""Options that nothing reads unless another is on; those that begin with `vllm_` need `use_vllm`."""
FAST: Final = 10.0
"""Times the usual rate of the method; from here on losses tend to collapse or diverge."""
LARGEST_SEED: Final = 2**32 - 1
EQUAL_STARTS: Final[frozenset[Method]] = frozenset({"dpo", "kto", "rloo", "grpo"})
"""Methods that compare the policy with a reference it starts equal to."""
WATCHED: Final[dict[Method, tuple[str, ...]]] = {
    "dpo": ("chosen_falls",),
    "kto": ("chosen_falls",),
    "rloo": ("reference", "entropy"),
    "grpo": ("reference", "entropy"),
}
"""Monitors without which a method's usual failure goes unseen."""

SAMPLES = Need(lambda subject: subject.needs.samples, "the method samples no answers")
COMPARES = Need(lambda subject: subject.stage.method in EQUAL_STARTS, "the method has no reference")
IS_KTO = Need(lambda subject: subject.stage.method == "kto", "only KTO estimates a divergence within the batch")
HAS_BETA = Need(lambda subject: "beta" in subject.values, "the method has no beta")


def check_options(subject: Subject) -> Finding:
    """Find options that the trainer does not have, and options that nothing reads (silent flags, as Soup's v0.73.3 notes)."""
    module, name = CONFIGS[subject.stage.method]
    known = [field.name for field in fields(getattr(import_module(module), name))]
    unknown = sorted(set(subject.values) - set(known) - {*LORA_OPTIONS, *OWN_OPTIONS})
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.4)
        fix = f"Leave it out{f', or mean {near[0]}' if near else ''}."
        return Finding("fail", f"{name} has no option {', '.join(unknown)}", float(len(unknown)), 0.0, fix)
    idle = [choice.name for choice in subject.stage.choices if choice.origin == "user" and _is_idle(choice, subject)]
    if idle:
        return Finding("warn", f"nothing reads {', '.join(idle)} in this stage", float(len(idle)), 0.0, "Leave it out.")
    return Finding("pass", f"{name} has all {len(subject.values)} options, and each is read", 0.0, 0.0)


def _is_idle(choice: Choice, subject: Subject) -> bool:
    if choice.name in LORA_OPTIONS:
        return not subject.has_adapter
    switch = "use_vllm" if choice.name.startswith("vllm_") else READ_WITH.get(choice.name)
    return switch is not None and not subject.values.get(switch)


def check_rate(subject: Subject) -> Finding:
    """Compare the learning rate with what the method and the trained weights usually stand (trl#1236)."""
    rate = subject.number("learning_rate", math.nan)
    usual = default_choices(subject.stage.method, subject.plan.parameters, 1000, subject.plan.model)
    reference = next(float(str(choice.value)) for choice in usual if choice.name == "learning_rate")
    kind = "an adapter" if subject.has_adapter else "all weights"
    said = f"{rate:g}; usual for {subject.needs.title} on {kind} of this model is {reference:g}"
    if not (math.isfinite(rate) and rate > 0):
        return Finding("fail", f"{said}; nothing is learned from a rate that is not above 0", rate, 0.0, "Set a positive rate.")
    if rate > FAST * reference:
        fix = f"Set learning_rate to {reference:g}; an adapter stands ten times what all weights do."
        return Finding("warn", said, rate, FAST * reference, fix)
    return Finding("pass", said, rate, FAST * reference)


def check_beta(subject: Subject) -> Finding:
    """See that the reference holds the policy (trl#1311, verl#2738): beta 0 makes DPO's loss stay at 0.6931."""
    beta = subject.number("beta", math.nan)
    if beta > 0:
        return Finding("pass", f"beta is {beta:g}", beta, 0.0)
    if subject.needs.samples and beta == 0:
        return Finding("warn", "beta is 0: nothing holds the policy near its reference", beta, 0.0, "Set beta to 0.04.")
    return Finding("fail", f"beta is {beta:g}: the loss does not depend on the answers", beta, 0.0, "Set beta to 0.1.")


def check_groups(subject: Subject) -> Finding:
    """See that a step holds whole groups of answers to one prompt (trl#3452): GRPO and RLOO compare within groups."""
    each = subject.number("per_device_train_batch_size", 8) * subject.number("gradient_accumulation_steps", 1)
    group = subject.number("num_generations", 8)
    said = f"{each:g} answers a step in groups of {group:g}"
    if group < 2:
        return Finding("fail", f"{said}: one answer has nothing to be compared with", group, 2.0, "Set num_generations to 8.")
    if each % group:
        fix = "Make per_device_train_batch_size x gradient_accumulation_steps a multiple of num_generations."
        return Finding("fail", said, each % group, 0.0, fix)
    return Finding("pass", said, 0.0, 0.0)


def check_kto_batch(subject: Subject) -> Finding:
    """See that KTO can pair prompts with answers to others (trl#1380, trl#1402): with one row a batch its KL is always 0.

    The loss `apo_zero_unpaired` estimates no divergence.
    """
    batch = subject.number("per_device_train_batch_size", 8)
    estimates = subject.values.get("loss_type", "kto") == "kto"
    state: CheckState = "pass" if batch > 1 or not estimates else "fail"
    fix = "Set per_device_train_batch_size to 2 or more, and gradient_accumulation_steps to fewer."
    return Finding(state, f"{batch:g} rows a batch; the divergence is estimated over them", batch, 2.0, fix)


def check_seed(subject: Subject) -> Finding:
    """See that every random generator accepts the seed."""
    seed = subject.plan.seed
    state: CheckState = "pass" if 0 <= seed <= LARGEST_SEED else "fail"
    return Finding(state, f"seed {seed}", float(seed), float(LARGEST_SEED), "Give a --seed from 0 to 4294967295.")


def check_dropout(subject: Subject) -> Finding:
    """See that policy and reference start equal (trl#3500): dropout makes them differ by chance, and KL blow up."""
    dropout = subject.number("lora_dropout", 0.0) if subject.has_adapter else 0.0
    kept = subject.values.get("disable_dropout") is False
    said = "disable_dropout is false" if kept else f"lora_dropout is {dropout:g}"
    # An adapter's own dropout is switched off by disable_dropout too, so it alone changes nothing.
    if kept:
        return Finding("fail", said, dropout, 0.0, "Leave disable_dropout true.")
    if dropout:
        return Finding("warn", f"{said}, and the trainer switches it off", dropout, 0.0, "Set lora_dropout to 0.")
    return Finding("pass", "no dropout is planned", 0.0, 0.0)


def check_reference(subject: Subject) -> Finding:
    """Refuse a second reference beside the adapter that is switched off (trl#1365, trl#4723, LlamaFactory#3198)."""
    second = [name for name in ("sync_ref_model", "force_use_ref_model", "ref_adapter_name") if subject.values.get(name)]
    if second and subject.has_adapter:
        fix = "Leave it out: the reference is the same model with its adapter off, or TRL's frozen copy of the adapter."
        return Finding("fail", f"{', '.join(second)} would add a second reference", float(len(second)), 0.0, fix)
    source = "the frozen copy of the adapter" if subject.continues else "the base with the adapter off"
    return Finding("pass", f"one reference: {source if subject.has_adapter else 'a frozen copy of all weights'}", 0.0, 0.0)


def check_watched(subject: Subject) -> Finding:
    """See that the method's usual failure has a monitor (trl#800, trl#3500): chosen answers that fall, KL, entropy."""
    wanted = WATCHED.get(subject.stage.method, ())
    missing = [name for name in wanted if name not in {plan.name for plan in subject.stage.monitors}]
    if missing:
        fix = "Plan the stage with `tunegate run`, which adds them, or watch the curves yourself; rpo_alpha holds chosen answers."
        return Finding("warn", f"no monitor {', '.join(missing)}", float(len(missing)), 0.0, fix)
    return Finding("pass", f"watched: {', '.join(wanted)}", 0.0, 0.0)


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE101", "Every option exists and is read", check_options, blocking=True),
    Rule("PRE102", "Learning rate fits what is trained", check_rate, blocking=True),
    Rule("PRE103", "Beta holds the policy", check_beta, (HAS_BETA,), blocking=True),
    Rule("PRE104", "A step holds whole groups of answers", check_groups, (SAMPLES,), blocking=True),
    Rule("PRE105", "KTO has more than one row a batch", check_kto_batch, (IS_KTO,), blocking=True),
    Rule("PRE106", "Seed fits every generator", check_seed, blocking=True),
    Rule("PRE107", "No dropout beside a reference", check_dropout, (COMPARES,), blocking=True),
    Rule("PRE108", "One reference", check_reference, (COMPARES,), blocking=True),
    Rule(
        "PRE109",
        "The usual failure is watched",
        check_watched,
        (Need(lambda subject: subject.stage.method in WATCHED, "the loss alone shows its failures"),),
    ),
)
