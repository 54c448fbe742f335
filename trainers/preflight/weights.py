"""PRE301 to PRE312: the trainer as it stands: what would be trained, and what its model computes on a few rows."""

import math
from typing import Any, Final

from trainers.effective import effects
from trainers.preflight.forward import (
    PROBED,
    has_reference,
    largest_difference,
    logits_of,
    loss_of,
    probe,
    reference_of,
    stepped,
)
from trainers.preflight.plan_machine import PACKS, WHOLE
from trainers.preflight.plan_options import COMPARES
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.sequences import Collated, branches_of, collate, collated, first_rows, length_of, short_rows
from trainers.preflight.subject import Subject

LARGEST_ADAPTER: Final = 0.5
"""Share of trained weights from which on an adapter is none."""
SAME: Final = {"float32": 1e-4, "bfloat16": 0.06, "float16": 0.01}
"""Largest relative difference of logits that are the same but for rounding, by the type of the weights."""
SAME_LOSS: Final = 0.01
"""The same for losses."""
LN2: Final = math.log(2)

COMPARABLE = Need(has_reference, "there is neither adapter nor reference to compare with")
IS_DPO = Need(lambda subject: subject.stage.method == "dpo", "only DPO's loss starts at 0.6931")
MEANS = Need(
    lambda subject: subject.stage.method in ("sft", "dpo", "reward"),
    "the loss is no mean over rows or tokens: KTO compares within a batch, ORPO averages over its tokens, answers are sampled",
)
SCORES = Need(lambda subject: not subject.needs.is_policy, "no model that scores is trained")
ADAPTER = Need(lambda subject: hasattr(subject.trainer.model, "peft_config"), "all weights are trained and saved")


def check_effects(subject: Subject) -> Finding:
    """See that each setting of the plan is what the trainer has (oumi's `use_peft`: silent options that nothing reads)."""
    found = effects(subject.plan, subject.stage, subject.trainer)
    lost = [f"{one.name} is {one.effective!r}, planned was {one.planned!r}" for one in found if not one.reached]
    fix = f"{type(subject.trainer).__name__} overrules it; leave it out of --set, or set what it asks for."
    if lost:
        return Finding("fail", "; ".join(lost), float(len(lost)), 0.0, fix)
    return Finding("pass", f"all {len(found)} settings of the plan reached the trainer", 0.0, 0.0)


def check_trained(subject: Subject) -> Finding:
    """Count trained weights (trl#1087, trl#1667): none, or all of them where an adapter was planned."""
    weights = [weight for name, weight in subject.trainer.model.named_parameters() if ".ref." not in name]
    every = sum(weight.numel() for weight in weights)
    trained = sum(weight.numel() for weight in weights if weight.requires_grad)
    said = f"{trained:,} of {every:,} weights are trained ({trained / every:.2%})"
    if not trained:
        return Finding("fail", said, 0.0, 0.0, "Check lora_target against the layers of the model.")
    if subject.has_adapter and trained / every > LARGEST_ADAPTER:
        return Finding("fail", f"{said}, and an adapter was planned", trained / every, LARGEST_ADAPTER, "Lower lora_r.")
    return Finding("pass", said, trained / every, LARGEST_ADAPTER if subject.has_adapter else 1.0)


def check_finite(subject: Subject) -> Finding:
    """Compute a batch in the chosen type (trl#2435, smol-course#61) and look for NaN and infinity."""
    found = logits_of(subject, subject.trainer.model, probe(subject))
    broken = int((~found.isfinite()).sum())
    kind = str(next(subject.trainer.model.parameters()).dtype).removeprefix("torch.")
    fix = "Use bfloat16 or float32 instead of fp16, and check the model's files."
    return Finding(
        "fail" if broken else "pass", f"{broken:,} of {found.numel():,} logits in {kind} are no numbers", broken, 0.0, fix
    )


def check_start(subject: Subject) -> Finding:
    """Compare policy and reference before the first step (trl#1193, trl#1263): DPO's loss must start at 0.6931."""
    batch = probe(subject)
    own = logits_of(subject, subject.trainer.model, batch)
    with reference_of(subject) as model:
        other = logits_of(subject, model, batch)
    apart, limit = largest_difference(own, other), rounding_limit(subject, own)
    said = f"logits of the model and of what it is compared with differ by {apart:.2g} at most before the first step"
    fix = "Start the stage from a fresh adapter, or from the one that TRL copies as reference; leave other references out."
    return Finding("pass" if apart <= limit else "fail", said, apart, limit, fix)


def check_step(subject: Subject) -> Finding:
    """Take one step and compare (trl#1627, trl#701): a policy that stays its reference learns nothing."""
    found = stepped(subject)
    said = f"a step at the full rate moves logits by up to {found.moved:.2g}"
    if found.without_gradient:
        said += f"; {found.without_gradient} trained tensors get no gradient"
    fix = "Check requires_grad, beta and learning_rate; in bfloat16 small updates of full weights vanish."
    if math.isnan(found.moved):
        return Finding("fail", "a step at the full rate makes logits that are no numbers", fix="Lower learning_rate.")
    moved = found.moved > 0
    return Finding("fail" if not moved else "warn" if found.without_gradient else "pass", said, found.moved, 0.0, fix)


def check_dpo_loss(subject: Subject) -> Finding:
    """See DPO's loss leave ln 2 with the first step (trl#1311)."""
    found = stepped(subject)
    said = f"the loss is {found.loss:.5f} before and {found.loss_after:.5f} after a step on the same pairs"
    stuck = abs(found.loss_after - LN2) <= abs(found.loss - LN2) + 1e-9 or found.loss_after == found.loss
    fix = "Raise learning_rate or beta; see PRE302 and PRE305 for weights that do not learn."
    return Finding("fail" if stuck else "pass", said, found.loss_after, LN2, fix)


def check_accumulation(subject: Subject) -> Finding:
    """Compare one batch of four rows with four of one (transformers#34191, trl#2175): the loss must be the same."""
    import torch

    trainer, rows = subject.trainer, short_rows(subject, PROBED)
    trainer.model.eval()
    with torch.no_grad():
        whole = float(_loss_of_parts(subject, [rows]))
        parts = float(_loss_of_parts(subject, [[row] for row in rows]))
    apart = abs(whole - parts) / max(abs(whole), 1e-6)
    said = f"one batch of {len(rows)} rows has loss {whole:.5f}, {len(rows)} of one row {parts:.5f}"
    fix = "Upgrade trl and transformers, or train without gradient accumulation."
    return Finding("pass" if apart <= SAME_LOSS else "warn", said, apart, SAME_LOSS, fix)


def _loss_of_parts(subject: Subject, parts: list[list[dict[str, Any]]]) -> float:
    """Sum the losses of batches of one step as the training loop does."""
    trainer = subject.trainer
    batches = [collate(subject, part) for part in parts]
    items = trainer._get_num_items_in_batch(batches, trainer.accelerator.device)
    shares = 1 if items is not None and trainer.model_accepts_loss_kwargs else len(parts)
    return sum(float(loss_of(subject, part, items)) for part in parts) / shares


def check_padding(subject: Subject) -> Finding:
    """Compute a short row alone and beside a long one (trl#422, reward-bench#137): padding must change nothing."""
    rows = sorted(first_rows(subject, 64), key=length_of)
    pair = [rows[0], rows[-1]]
    alone, together = collated(subject, pair[:1]), collated(subject, pair)
    halves = len(together.ids) // 2
    picked = [place * halves for place in range(len(alone.ids))]
    one = logits_of(subject, subject.trainer.model, alone)
    other = logits_of(subject, subject.trainer.model, Collated(together.ids[picked], together.attention[picked], None))
    apart, limit = largest_difference(one, other), rounding_limit(subject, one)
    pad = subject.trainer.processing_class.pad_token_id
    said = f"beside a long row, a short one's outputs differ by {apart:.2g}; padded with token {pad}"
    fix = "Set pad_token, and pad_token_id in the model's config; pad on the side that attention_mask says."
    return Finding("pass" if apart <= limit else "fail", said, apart, limit, fix)


def check_pad_token(subject: Subject) -> Finding:
    """See that a model that scores knows its padding (trl#2758): it scores the last token that is no padding."""
    configured = subject.trainer.model.config.pad_token_id
    tokenizer = subject.trainer.processing_class
    said = f"pad_token_id is {configured} in the model and {tokenizer.pad_token_id} in the tokenizer"
    agrees = configured is not None and configured == tokenizer.pad_token_id
    ends = tokenizer.pad_token_id == tokenizer.eos_token_id
    fix = "Set model.config.pad_token_id to the tokenizer's, a token that ends nothing."
    return Finding("fail" if not agrees else "warn" if ends else "pass", said, fix=fix)


def check_packed(subject: Subject) -> Finding:
    """Compute packed rows together and alone (trl#3067, trl#3526): the second must not see the first."""
    rows = [row for row in first_rows(subject, 16) if branches_of(row)][:2]
    if len(rows) < 2:
        return Finding("skipped", "there is one packed row")
    batch = collate(subject, rows)
    if "position_ids" not in batch:
        return Finding("skipped", "the collator pads, so rows lie apart")
    together = _flat_logits(subject, batch)
    first = collate(subject, rows[:1])["input_ids"].shape[1]
    alone = _flat_logits(subject, collate(subject, rows[1:]))
    apart, limit = largest_difference(together[:, first:], alone), rounding_limit(subject, alone)
    said = f"packed after another, a row's logits differ by {apart:.2g} from those it has alone"
    fix = "Leave packing and padding_free off, or install flash-attn."
    return Finding("pass" if apart <= limit else "fail", said, apart, limit, fix)


def _flat_logits(subject: Subject, batch: dict[str, Any]) -> Any:
    import torch

    subject.trainer.model.eval()
    with torch.no_grad(), subject.trainer.accelerator.autocast():
        found = subject.trainer.model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False)
    return found.logits.float()


def check_noise(subject: Subject) -> Finding:
    """Compute a batch twice as in training (trl#3500): with dropout the two differ, and the policy from its reference."""
    batch = probe(subject)
    first, second = (logits_of(subject, subject.trainer.model, batch, training=True) for _ in range(2))
    apart, limit = largest_difference(first, second), rounding_limit(subject, first)
    said = f"two passes over one batch in training mode differ by {apart:.2g}"
    fix = "Leave disable_dropout true, lora_dropout at 0, and dropout out of the model's config."
    return Finding("pass" if apart <= limit else "fail", said, apart, limit, fix)


def check_new_tokens(subject: Subject) -> Finding:
    """See that new tokens have weights that are trained and saved (peft#2898, peft#1300, unsloth#918)."""
    model = subject.trainer.accelerator.unwrap_model(subject.trainer.model)
    table = model.get_input_embeddings().weight.shape[0]
    tokens, original = len(subject.trainer.processing_class), subject.architecture.vocab
    config = model.peft_config["default"]
    kept = {*(config.modules_to_save or ()), *(("embed_tokens",) if getattr(config, "trainable_token_indices", None) else ())}
    said = f"{tokens:,} tokens in the tokenizer, {table:,} in the embedding, {original:,} in the base model"
    if tokens > table:
        return Finding("fail", said, tokens, table, "Call model.resize_token_embeddings, or take the new tokens out.")
    if table > original and not any("embed" in name for name in kept):
        fix = "Add embed_tokens and lm_head to modules_to_save, or train without new tokens."
        return Finding("fail", f"{said}; the new rows are neither trained nor saved with the adapter", table, original, fix)
    return Finding("pass", said, float(tokens), float(table))


def rounding_limit(subject: Subject, logits: Any) -> float:
    """Return the largest difference that rounding explains."""
    kind = str(next(subject.trainer.model.parameters()).dtype).removeprefix("torch.")
    computed = "bfloat16" if subject.trainer.args.bf16 else kind
    return SAME.get(computed, 1e-4) * max(1.0, float(logits.abs().max()))


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE301", "Every setting reached the trainer", check_effects, blocking=True),
    Rule("PRE302", "Weights are trained, and not too many", check_trained, blocking=True),
    Rule("PRE303", "Logits are numbers", check_finite, (WHOLE,), blocking=True),
    Rule("PRE304", "Training starts at the reference", check_start, (WHOLE, COMPARABLE), blocking=True),
    Rule("PRE305", "A step moves the model", check_step, (WHOLE,), blocking=True),
    Rule("PRE306", "DPO's loss leaves 0.6931", check_dpo_loss, (IS_DPO, WHOLE)),
    Rule("PRE307", "Accumulated batches give the same loss", check_accumulation, (MEANS, WHOLE)),
    Rule("PRE308", "Padding changes nothing", check_padding, (WHOLE,), blocking=True),
    Rule("PRE309", "The scorer knows its padding", check_pad_token, (SCORES,), blocking=True),
    Rule("PRE310", "Packed rows do not see each other", check_packed, (PACKS, WHOLE), blocking=True),
    Rule("PRE311", "Two passes agree in training mode", check_noise, (COMPARES, WHOLE), blocking=True),
    Rule("PRE312", "New tokens are trained and saved", check_new_tokens, (ADAPTER,), blocking=True),
)
