"""What the checks compute with the trainer's model: logits, the reference's, and one step that is taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from trainers.preflight.sequences import Collated, collate, collated, short_rows
from trainers.preflight.subject import Subject
from trainers.preflight.untouched import same_weights

if TYPE_CHECKING:
    import torch

Measured = TypeVar("Measured")

PROBED: Final = 4
"""Rows of the batches that are computed on."""


class Stepped(NamedTuple):
    """What one step on a few rows did, before it was taken back."""

    loss: float
    """The trainer's own loss before the step; of sampled prompts their likelihood."""
    loss_after: float
    moved: float
    """Largest change of a logit."""
    without_gradient: int
    """Trained tensors that the loss does not reach."""


def probe(subject: Subject) -> Collated:
    """Return the batch that checks compute on: short rows."""
    return collated(subject, short_rows(subject, PROBED))


def logits_of(subject: Subject, model: Any, batch: Collated, training: bool = False) -> "torch.Tensor":
    """Return logits of real tokens, or scores of a reward model, in float32, without gradients."""
    import torch

    model.train(training)
    with torch.no_grad(), subject.trainer.accelerator.autocast():
        found = model(input_ids=batch.ids, attention_mask=batch.attention, use_cache=False).logits
    return cast("torch.Tensor", (found[batch.attention.bool()] if found.ndim == 3 else found).float())


@contextmanager
def reference_of(subject: Subject) -> Iterator[Any]:
    """Give the model that the policy is compared with, or that it starts from: TRL's copy, or the adapter off."""
    trainer = subject.trainer
    if getattr(trainer, "ref_model", None) is not None:
        yield trainer.ref_model
        return
    from trl.trainer.utils import use_adapter

    model = trainer.accelerator.unwrap_model(trainer.model)
    with use_adapter(model, adapter_name="ref" if "ref" in model.peft_config else None):
        yield model


def has_reference(subject: Subject) -> bool:
    """Say whether there is something to compare the policy with."""
    return getattr(subject.trainer, "ref_model", None) is not None or hasattr(subject.trainer.model, "peft_config")


def largest_difference(one: "torch.Tensor", other: "torch.Tensor") -> float:
    """Return the largest difference of two tensors; NaN where either holds one."""
    return float((one - other).abs().max())


def loss_of(subject: Subject, rows: list[dict[str, Any]], items: Any = None) -> "torch.Tensor":
    """Return the trainer's own loss of some rows; where answers are sampled, how unlikely the prompts are."""
    trainer = subject.trainer
    if not subject.needs.samples:
        with trainer.compute_loss_context_manager():
            found: torch.Tensor = trainer.compute_loss(trainer.model, collate(subject, rows), num_items_in_batch=items)
        return found
    batch = collated(subject, rows)
    labels = batch.ids.masked_fill(batch.attention == 0, -100)
    with trainer.compute_loss_context_manager():
        output = trainer.model(input_ids=batch.ids, attention_mask=batch.attention, labels=labels, use_cache=False)
    loss: torch.Tensor = output.loss
    return loss


@contextmanager
def training(subject: Subject) -> Iterator[None]:
    """Put the model as it trains: in training mode, with activations checkpointed where the plan says so."""
    model, args = subject.trainer.model, subject.trainer.args
    model.train()
    switched = args.gradient_checkpointing and not model.is_activation_checkpointing
    if switched:
        model.gradient_checkpointing_enable(args.gradient_checkpointing_kwargs)
    try:
        yield
    finally:
        model.zero_grad(set_to_none=True)
        if switched:
            model.gradient_checkpointing_disable()


def stepped(subject: Subject) -> Stepped:
    """Take one step on a few rows as Adam's first would be, look at the model, and take it back."""
    return once(subject, "stepped", _step)


def _step(subject: Subject) -> Stepped:
    import torch

    model, rows, batch = subject.trainer.model, short_rows(subject, PROBED), probe(subject)
    before = logits_of(subject, model, batch)
    with same_weights(model):
        model.train()
        loss = loss_of(subject, rows)
        loss.backward()  # type: ignore[no-untyped-call]
        untouched_weights = take_step(model, subject.number("learning_rate", 1e-5))
        moved = largest_difference(logits_of(subject, model, batch), before)
        model.train()
        with torch.no_grad():
            after = float(loss_of(subject, rows))
    return Stepped(float(loss.detach()), after, moved, untouched_weights)


def take_step(model: Any, rate: float) -> int:
    """Move each trained weight by `rate` against the sign of its gradient; return how many tensors had no gradient."""
    import torch

    lacking = 0
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad and weight.grad is None:
                lacking += 1
            elif weight.requires_grad:
                weight.sub_(rate * weight.grad.sign())
    return lacking


def once(subject: Subject, name: str, measure: Callable[[Subject], Measured]) -> Measured:
    """Measure what several checks look at only once."""
    if name not in subject.measured:
        subject.measured[name] = measure(subject)
    return cast("Measured", subject.measured[name])
