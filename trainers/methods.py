"""What each training method needs, which methods make up a strategy, and the settings it starts with."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import Choice, ChoiceOrigin, Method, ModelRef
from reports.records.recommendation import Strategy

Parameters = Literal["full", "lora", "qlora"]

TINY_PARAMETERS: Final = 50_000_000
LARGE_PARAMETERS: Final = 1_000_000_000
LONGEST: Final = 1024
"""Tokens; TRL's default limit, and enough for one prompt with one answer."""


class Needs(NamedTuple):
    """What one method reads, needs and starts from."""

    method: Method
    title: str
    train_split: str
    """Name of the prepared split it learns from."""
    eval_split: str
    """Name of the held-out split its loss is watched on."""
    needs: Literal["demonstrations", "pairs", "ratings", "reward"]
    continues: bool
    """Whether it goes on training what the stage before produced."""

    @property
    def needs_pairs(self) -> bool:
        """Say whether every row must hold a chosen and a rejected answer."""
        return self.needs == "pairs"


METHODS: Final[dict[Method, Needs]] = {
    "sft": Needs("sft", "SFT", "sft_train", "sft_eval", "demonstrations", continues=False),
    "dpo": Needs("dpo", "DPO", "pairs_train", "pairs_eval", "pairs", continues=True),
    "kto": Needs("kto", "KTO", "ratings_train", "ratings_eval", "ratings", continues=True),
    "orpo": Needs("orpo", "ORPO", "pairs_train", "pairs_eval", "pairs", continues=False),
    "reward": Needs("reward", "reward model", "judge_train", "judge_eval", "pairs", continues=False),
    "rloo": Needs("rloo", "RLOO", "sft_train", "sft_eval", "reward", continues=True),
    "grpo": Needs("grpo", "GRPO", "sft_train", "sft_eval", "reward", continues=True),
}

CHAINS: Final[dict[Strategy, tuple[Method, ...]]] = {
    "prompt": (),
    "retrieval": (),
    "sft": ("sft",),
    "sft+dpo": ("sft", "dpo"),
    "dpo": ("dpo",),
    "kto": ("kto",),
    "sft+kto": ("sft", "kto"),
    "orpo": ("orpo",),
    "rlhf": ("sft", "reward", "rloo"),
    "rft": ("grpo",),
    "sft+rft": ("sft", "grpo"),
}
RUNNABLE: Final[frozenset[Method]] = frozenset({"sft", "dpo", "reward"})
NEAREST: Final[dict[Strategy, Strategy]] = {
    "kto": "sft",
    "sft+kto": "sft",
    "orpo": "sft+dpo",
    "rlhf": "sft+dpo",
    "rft": "sft",
    "sft+rft": "sft",
}

RESERVED: Final[dict[str, str]] = {
    "seed": "it is the seed of the plan",
    "data_seed": "it is the seed of the plan",
    "output_dir": "checkpoints lie in the run directory",
    "report_to": "metrics are written to the run directory",
    "disable_tqdm": "progress is written to the run directory",
    "save_strategy": "`save_steps` says how often",
    "save_total_limit": "two checkpoints are kept until the stage is complete",
    "eval_strategy": "`eval_steps` says how often",
    "eval_on_start": "the figures before training are always measured",
    "logging_strategy": "`logging_steps` says how often",
    "logging_nan_inf_filter": "a loss that is no number must be seen",
    "include_num_input_tokens_seen": "tokens are always counted",
    "dataloader_pin_memory": "it follows the device",
    "use_cpu": "it follows the device",
}
"""Options of the trainers that tunegate sets itself, and why."""

RATES: Final[dict[Method, float]] = {"sft": 2e-5, "dpo": 1e-6, "reward": 1e-5}
"""Learning rates for all weights of a large model; TRL's defaults for SFT and DPO."""


def stages_of(strategy: Strategy) -> tuple[Method, ...]:
    """Return the methods of a strategy in the order they run; none where nothing is trained."""
    return CHAINS[strategy]


def runnable(strategy: Strategy) -> bool:
    """Say whether tunegate can train every stage of the strategy."""
    chain = CHAINS[strategy]
    return bool(chain) and all(method in RUNNABLE for method in chain)


def require_runnable(strategy: Strategy) -> None:
    """Raise UsageError, naming the nearest strategy that can be run, unless this one can."""
    if runnable(strategy):
        return
    if not CHAINS[strategy]:
        raise UsageError(
            f"strategy '{strategy}': nothing is trained, so there is no run to start. "
            "Follow the recommendation as it stands, or choose a training strategy such as 'sft'."
        )
    missing = ", ".join(METHODS[method].title for method in CHAINS[strategy] if method not in RUNNABLE)
    raise UsageError(
        f"strategy '{strategy}': tunegate recommends it but cannot run {missing} yet. "
        f"The nearest strategy it can run is '{NEAREST[strategy]}'."
    )


def stage_name(position: int, method: Method) -> str:
    """Return the folder name of the stage at `position`, counted from 1, for example `1-sft`."""
    return f"{position}-{method}"


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
        *_batch(model),
        _length(model),
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


def with_overrides(
    choices: tuple[Choice, ...], overrides: Mapping[str, str], origin: ChoiceOrigin = "user"
) -> tuple[Choice, ...]:
    """Return the choices with values set by name, each text read by the type of the value it replaces.

    A name that is not among the choices is added; the trainer's own configuration checks it when the stage starts.
    Raises UsageError for a value of the wrong type, and for an option that tunegate sets itself.
    """
    known = {choice.name: choice.value for choice in choices}
    for name in overrides.keys() - known.keys() & RESERVED.keys():
        raise UsageError(f"option '{name}' cannot be set: {RESERVED[name]}. Leave it out.")
    because = "Set by hand." if origin == "user" else "Set by the policy."
    changed = {
        name: Choice(name=name, value=parse_value(name, text, known.get(name)), origin=origin, because=because)
        for name, text in overrides.items()
    }
    kept = tuple(changed.pop(choice.name, choice) for choice in choices)
    return kept + tuple(changed.values())


def parse_value(name: str, text: str, like: Value) -> Value:
    """Read `text` as the type of `like`; without one, as the narrowest of bool, whole number, number and text.

    Raises UsageError where the text is not of that type.
    """
    words = text.strip()
    narrow = _narrowest(words)
    if like is None or (isinstance(like, str) and isinstance(narrow, bool)):
        return narrow
    if isinstance(like, str):
        return words
    if isinstance(like, bool) and isinstance(narrow, bool):
        return narrow
    if isinstance(like, float) and isinstance(narrow, int | float) and not isinstance(narrow, bool):
        return float(narrow)
    if isinstance(like, int) and not isinstance(like, bool) and isinstance(narrow, int | float) and float(narrow).is_integer():
        return int(narrow)
    wanted = {bool: "true or false", int: "a whole number", float: "a number"}[type(like)]
    raise UsageError(f"option '{name}': '{text}' is not {wanted}. Its default is {like}; give a value of that kind.")


def _narrowest(words: str) -> Value:
    named: dict[str, Value] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "none": None}
    if words.lower() in named:
        return named[words.lower()]
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    return words


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
        rate *= 10
        because += f"; so does a model below {TINY_PARAMETERS // 10**6} M parameters"
    return _choice("learning_rate", float(f"{rate:g}"), because + ".", "rule")


def _epochs(method: Method, rows: int) -> Choice:
    most = 5 if method == "sft" else 3
    epochs = float(max(1, most - (rows >= 500) - (rows >= 5000) - (rows >= 50_000)))
    if rows < 500:
        because = f"{rows} rows are few, so each is seen {epochs:g} times."
    else:
        because = f"{rows} rows; more passes than {epochs:g} would learn them by heart."
    return _choice("num_train_epochs", epochs, because, "rule")


def _batch(model: ModelRef) -> tuple[Choice, Choice]:
    each = {"tiny": 16, "usual": 8, "large": 4}[_size(model)]
    return (
        _choice(
            "per_device_train_batch_size",
            each,
            f"A model of this size ({_size(model)}) leaves memory for {each} rows at once.",
            "rule",
        ),
        _choice("gradient_accumulation_steps", 16 // each, "Sixteen rows make one step, whatever fits at once.", "rule"),
    )


def _length(model: ModelRef) -> Choice:
    if model.context_length is not None and model.context_length < LONGEST:
        return _choice("max_length", model.context_length, f"The model reads {model.context_length} tokens at most.", "rule")
    return _choice("max_length", LONGEST, "Enough for one prompt with its answer; longer rows cost memory with every token.")


def _method_options(method: Method) -> tuple[Choice, ...]:
    if method != "dpo":
        return ()
    return (_choice("beta", 0.1, "How firmly the reference holds the policy; 0.1 is the DPO paper's value for dialogue."),)


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
