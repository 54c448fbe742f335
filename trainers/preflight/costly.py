"""PRE313 to PRE315: the longest batch in memory, and answers that the model samples; `tunegate preflight` only, or on a GPU."""

import gc
from typing import Any, Final

from trainers.memory import GIB
from trainers.preflight.forward import loss_of, training
from trainers.preflight.plan_machine import estimated
from trainers.preflight.plan_options import SAMPLES
from trainers.preflight.rows import GIVEN_ANSWERS
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.sequences import collated, first_rows, length_of
from trainers.preflight.subject import Subject
from trainers.process_memory import NOISE, can_forget, forget_peak, peak_bytes, resident_bytes

LARGEST_GAP: Final = 0.1
"""Mean difference of log-probabilities; axolotl's limit for a healthy training."""
MOST_CLIPPED: Final = 0.3
SAMPLED: Final = 8

MEASURES_MEMORY = Need(
    lambda subject: subject.machine.gpu_gib is not None or can_forget(),
    "this system does not tell the peak memory of a process",
)


def check_longest(subject: Subject) -> Finding:
    """Pass the longest batch forward and backward (trl#2452, trl#1189, unsloth#1391), and compare the peak with the estimate."""
    trainer = subject.trainer
    batch = trainer.args.per_device_train_batch_size
    rows = sorted(first_rows(subject, len(trainer.train_dataset)), key=length_of)[-batch:]
    longest = min(length_of(rows[-1]), int(subject.number("max_length", 2**31)))
    try:
        measured = _peak_bytes(subject, rows)
    except (RuntimeError, MemoryError) as error:
        if "memory" not in str(error).lower() and not isinstance(error, MemoryError):
            raise
        fix = "Half per_device_train_batch_size and double gradient_accumulation_steps, or set gradient_checkpointing."
        return Finding("fail", f"memory ran out on {len(rows)} rows of up to {longest} tokens", fix=fix)
    found = estimated(subject, longest, len(rows))
    optimizer = sum(term.bytes for term in found.terms if term.name == "optimizer")
    noise = 0 if subject.machine.gpu_gib is not None else NOISE
    limit = (found.high_bytes - optimizer + noise) / GIB
    said = (
        f"{len(rows)} rows of up to {longest} tokens peak at {measured / GIB:.3f} GiB; without the optimizer's states "
        f"{(found.total_bytes - optimizer) / GIB:.3f} GiB were estimated, {limit:.3f} at most"
    )
    fix = "Trust the measured peak: leave room for it and for the optimizer's states."
    return Finding("warn" if measured / GIB > limit else "pass", said, measured / GIB, limit, fix)


def _peak_bytes(subject: Subject, rows: list[dict[str, Any]]) -> float:
    """Return the peak of one forward and backward pass, weights included."""
    import torch

    weights = sum(weight.numel() * weight.element_size() for weight in subject.trainer.model.parameters())
    on_gpu = subject.machine.gpu_gib is not None
    with training(subject):
        gc.collect()
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        before = 0.0 if on_gpu else _reset_peak()
        loss_of(subject, rows).backward()  # type: ignore[no-untyped-call]
        return float(torch.cuda.max_memory_allocated()) if on_gpu else peak_bytes() - before + weights


def _reset_peak() -> float:
    forget_peak()
    return resident_bytes() or 0.0


def check_rollouts(subject: Subject) -> Finding:
    """Compare the probabilities that answers were sampled with and those training gives them (trl#3867, trl#4159, verl#2738)."""
    import torch

    sampled = _sampled(subject)
    model, ids = subject.trainer.model, sampled["ids"]
    model.train()
    with torch.no_grad(), subject.trainer.accelerator.autocast():
        logits = model(input_ids=ids, attention_mask=sampled["attention"], use_cache=False).logits
    begin = sampled["prompt"]
    trained = logits[:, begin - 1 : -1].float().log_softmax(-1).gather(-1, ids[:, begin:, None])[..., 0]
    real = sampled["real"]
    gap = float((trained - sampled["logps"])[real].abs().mean())
    said = f"log-probabilities of {int(real.sum()):,} sampled tokens differ by {gap:.2g} on average from training's"
    fix = "Sample and train in one number format, without dropout, and with the same template and temperature."
    return Finding("pass" if gap <= LARGEST_GAP else "fail", said, gap, LARGEST_GAP, fix)


def check_clipped(subject: Subject) -> Finding:
    """Count sampled answers that max_completion_length cuts (trl#4808): their reward is that of a fragment."""
    share = float(_sampled(subject)["clipped"].float().mean())
    longest = subject.number("max_completion_length", 256)
    said = f"{share:.0%} of {SAMPLED} sampled answers are cut at {longest:g} tokens"
    fix = "Raise max_completion_length, or tune on demonstrations first, so that answers end."
    return Finding("warn" if share > MOST_CLIPPED else "pass", said, share, MOST_CLIPPED, fix)


def _sampled(subject: Subject) -> dict[str, Any]:
    from trainers.preflight.forward import once

    return once(subject, "sampled", _sample)


def _sample(subject: Subject) -> dict[str, Any]:
    """Sample an answer to each of a few prompts as training does."""
    import torch

    model, tokenizer = subject.trainer.model, subject.trainer.processing_class
    batch = collated(subject, first_rows(subject, SAMPLED))
    model.eval()
    with torch.no_grad(), subject.trainer.accelerator.autocast():
        found = model.generate(
            input_ids=batch.ids,
            attention_mask=batch.attention,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            max_new_tokens=int(subject.number("max_completion_length", 256)),
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            return_dict_in_generate=True,
            output_logits=True,
        )
    prompt = batch.ids.shape[1]
    answers = found.sequences[:, prompt:]
    ends = (answers == tokenizer.eos_token_id).int()
    real = (ends.cumsum(dim=1) - ends) == 0
    logps = torch.stack([step.float().log_softmax(-1) for step in found.logits], dim=1).gather(-1, answers[..., None])[..., 0]
    return {
        "ids": found.sequences,
        "attention": torch.cat([batch.attention, real.to(batch.attention.dtype)], dim=1),
        "prompt": prompt,
        "logps": logps,
        "real": real,
        "clipped": ends.sum(dim=1) == 0,
    }


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE313", "The longest batch fits as estimated", check_longest, (GIVEN_ANSWERS, MEASURES_MEMORY), True, True),
    Rule("PRE314", "Sampling and training agree", check_rollouts, (SAMPLES,), blocking=True, is_costly=True),
    Rule("PRE315", "Answers end before they are cut", check_clipped, (SAMPLES,), is_costly=True),
)
