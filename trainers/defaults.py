"""The settings a stage starts with, by TRL's option names, each with its reason."""

from typing import Final, Literal

from reports.records.intake import Value
from reports.records.plan import Choice, ChoiceOrigin, Method, ModelRef
from trainers.methods import METHODS, Parameters

TINY_PARAMETERS: Final = 50_000_000
LARGE_PARAMETERS: Final = 1_000_000_000
LONGEST: Final = 1024
"""Tokens; TRL's default limit, and enough for one prompt with one answer."""

RATES: Final[dict[Method, float]] = {
    "sft": 2e-5, "dpo": 1e-6, "kto": 1e-6, "orpo": 8e-6, "reward": 1e-5, "rloo": 1e-6, "grpo": 1e-6,
}  # fmt: skip
"""Learning rates for all weights of a large model: TRL's defaults, but for the reward model, and ORPO with its paper's rate."""
TINY: Final[dict[Method, int]] = {"sft": 10, "dpo": 30, "kto": 10, "orpo": 10, "reward": 10, "rloo": 200, "grpo": 200}
"""Factors for tiny models, found on the demo's: with ten, DPO wins 52 % against its start, and sampling policies hardly move."""
BETAS: Final[dict[Method, tuple[float, str]]] = {
    "dpo": (0.1, "How firmly the reference holds the policy; 0.1 is the DPO paper's value for dialogue."),
    "kto": (0.1, "How firmly the reference holds the policy; 0.1 is the KTO paper's value."),
    "orpo": (0.1, "Weight of the odds ratio beside the likelihood of the chosen answer, as in the ORPO paper."),
    "rloo": (0.05, "Reward given up for each nat per answer that the policy leaves the reference by; without it, it drifts."),
    "grpo": (0.04, "Weight of the divergence from the reference, as in DeepSeekMath; TRL's default of 0 lets the policy drift."),
}
GENERATIONS: Final = 8
"""Answers a prompt: TRL's default for GRPO."""
FIRST_PROMPTS: Final = 400
LONGEST_ANSWER: Final = 256
"""Tokens of a sampled answer."""


def default_choices(method: Method, parameters: Parameters, rows: int, model: ModelRef) -> tuple[Choice, ...]:
    """Return the settings a stage starts with, by TRL's option names, each with its reason.

    Args:
        method: the method of the stage.
        parameters: which weights are trained.
        rows: rows of the training split, which decide the number of epochs.
        model: the base model; its size decides learning rate and batch, its context the length.
    """
    adapter = parameters != "full"
    return (
        _learning_rate(method, adapter, model),
        _epochs(method, rows),
        *_batch(method, model),
        *(_sampling(model) if METHODS[method].samples else (_length(model),)),
        *_method_options(method),
        _choice("warmup_steps", 0.1, "A tenth of the steps: the first gradients are the noisiest."),
        _choice("lr_scheduler_type", "cosine", "Small steps at the end settle the loss."),
        _choice("weight_decay", 0.0, "A short run is held by its number of epochs, not by decay."),
        _choice("max_grad_norm", 1.0, "One odd batch cannot move the weights far."),
        _choice("logging_steps", 0.005, "Two hundred points make a curve."),
        _choice("eval_steps", 0.25, "Four looks at the held-out split, and one before training."),
        _checkpoints(model),
        *(_lora_options() if adapter else ()),
        _choice("bf16", "auto", "Decided where it trains: on where the GPU computes in bfloat16, off on a CPU."),
        _checkpointing(model),
    )


def _choice(name: str, value: Value, because: str, origin: ChoiceOrigin = "default") -> Choice:
    return Choice(name=name, value=value, origin=origin, because=because)


def _size(model: ModelRef) -> Literal["tiny", "usual", "large"]:
    if model.parameters is None or model.parameters >= LARGE_PARAMETERS:
        return "large"
    return "tiny" if model.parameters < TINY_PARAMETERS else "usual"


def _learning_rate(method: Method, adapter: bool, model: ModelRef) -> Choice:
    rate = RATES[method]
    because = f"{rate:g} is the usual rate of {METHODS[method].title} for all weights"
    if adapter:
        rate *= 10
        because += "; an adapter has few weights and stands ten times as much"
    if _size(model) == "tiny":
        rate *= TINY[method]
        because += f"; a model below {TINY_PARAMETERS // 10**6} M parameters needs more still, and moves little otherwise"
    return _choice("learning_rate", float(f"{rate:g}"), because + ".", "rule")


def _epochs(method: Method, rows: int) -> Choice:
    if METHODS[method].samples:
        epochs = min(1.0, round(FIRST_PROMPTS / max(1, rows), 3))
        because = (
            f"About {FIRST_PROMPTS} prompts with {GENERATIONS} answers each show whether the reward moves; add more when it does."
        )
        return _choice("num_train_epochs", epochs, because, "rule")
    most = 5 if method == "sft" else 3
    epochs = float(max(1, most - (rows >= 500) - (rows >= 5000) - (rows >= 50_000)))
    if rows < 500:
        because = f"{rows} rows are few, so each is seen {epochs:g} times."
    else:
        because = f"{rows} rows; more passes than {epochs:g} would learn them by heart."
    return _choice("num_train_epochs", epochs, because, "rule")


def _batch(method: Method, model: ModelRef) -> tuple[Choice, Choice]:
    each = {"tiny": 16, "usual": 8, "large": 4}[_size(model)]
    together, because = 16, "Sixteen rows make one step, whatever fits at once."
    if METHODS[method].samples:
        together, because = 64, "Sixty-four answers make one step: eight prompts with eight answers each."
    return (
        _choice(
            "per_device_train_batch_size",
            each,
            f"A model of this size ({_size(model)}) leaves memory for {each} rows at once.",
            "rule",
        ),
        _choice("gradient_accumulation_steps", together // each, because, "rule"),
    )


def _length(model: ModelRef) -> Choice:
    if model.context_length is not None and model.context_length < LONGEST:
        return _choice("max_length", model.context_length, f"The model reads {model.context_length} tokens at most.", "rule")
    return _choice("max_length", LONGEST, "Enough for one prompt with its answer; longer rows cost memory with every token.")


def _sampling(model: ModelRef) -> tuple[Choice, ...]:
    context = model.context_length or LONGEST
    longest = min(LONGEST_ANSWER, context // 2)
    return (
        _choice("num_generations", GENERATIONS, "Answers a prompt, to be compared with each other; fewer often all fare alike."),
        _choice("max_completion_length", longest, f"At most half of the context of {context} tokens; the prompt needs the rest."),
        _choice("temperature", 1.0, "Answers are drawn as the model gives them; colder ones resemble each other."),
    )


def _method_options(method: Method) -> tuple[Choice, ...]:
    options = [_choice("beta", *BETAS[method])] if method in BETAS else []
    if method == "kto":
        because = "Set from the rows, so that good and bad answers weigh alike (KTO's authors advise a ratio from 1 to 4/3)."
        options += [_choice(name, "auto", because) for name in ("desirable_weight", "undesirable_weight")]
    return tuple(options)


def _lora_options() -> tuple[Choice, ...]:
    return (
        _choice("lora_r", 16, "Enough rank for a voice or a format; 64 and more only for new knowledge."),
        _choice("lora_alpha", 32, "Twice the rank, so the rate need not change with it."),
        _choice(
            "lora_dropout", 0.0, "A run that can be resumed to the same losses, and a reference equal to its policy at the start."
        ),
        _choice("lora_target", "all-linear", "Every linear layer, as QLoRA found needed to equal full fine-tuning."),
    )


def _checkpoints(model: ModelRef) -> Choice:
    if _size(model) == "tiny":
        return _choice(
            "save_steps", 0.25, "A tiny model trains in seconds: a crash loses a quarter of the stage at most.", "rule"
        )
    return _choice("save_steps", 0.1, "A crash loses a tenth of the stage at most.")


def _checkpointing(model: ModelRef) -> Choice:
    if _size(model) == "large":
        return _choice("gradient_checkpointing", True, "A large model: a third more time for a fraction of the memory.", "rule")
    return _choice("gradient_checkpointing", False, "A small model: its activations fit, so nothing is computed twice.", "rule")
