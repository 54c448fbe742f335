"""PRE401 to PRE404: what the stage would leave: saved, loaded, merged, rendered and resumed, with weights that one step moved."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from reports.records.plan import Choice, StagePlan
from reports.rundir import RunDir
from trainers.methods import splits_of
from trainers.preflight.forward import largest_difference, logits_of, loss_of, probe, take_step
from trainers.preflight.rows import HAS_TURNS, digest_of, stop_watching
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.sequences import short_rows
from trainers.preflight.sketch import keep_first_rows, sketch_run
from trainers.preflight.subject import Subject
from trainers.preflight.untouched import same_random_numbers, same_weights
from trainers.preflight.weights import ADAPTER, rounding_limit

SHIFT: Final = 0.01
"""How far each trained weight is moved before it is saved: an untrained adapter changes nothing, and so shows nothing."""
TWO_STEPS: Final = 4
"""Batches of rows that two short trainings get: more than they need, for some rows may be too long."""

IS_POLICY = Need(lambda subject: subject.needs.is_policy, "a reward model is saved with its head, and is never merged")
NOT_QUANTISED = Need(lambda subject: subject.plan.parameters != "qlora", "the base is stored in 4 bits: merge on the 16-bit base")
RESUMABLE = Need(lambda subject: not subject.needs.samples, "sampled answers make two short runs take minutes")


def check_saved(subject: Subject) -> Finding:
    """Save, load and compute again (peft#2898, peft#1300, unsloth#237): what is not saved shows here."""
    from evals.models import load_pair

    batch = probe(subject)
    with _moved(subject), _folder() as folder:
        before = logits_of(subject, subject.trainer.model, batch)
        _save(subject, folder)
        loaded = load_pair(subject.plan.model, folder).candidate
        after = logits_of(subject, loaded, batch)
    apart, limit = largest_difference(before, after), rounding_limit(subject, before)
    said = f"logits of the saved and loaded model differ by {apart:.2g}"
    fix = "Add what was trained besides the adapter to modules_to_save."
    return Finding("pass" if apart <= limit else "fail", said, apart, limit, fix)


def check_merged(subject: Subject) -> Finding:
    """Compare adapter, merged model and base (peft#2321, unsloth#1519): the first two must agree, and differ from the third."""
    from evals.models import load_base, load_candidate

    batch = probe(subject)
    with _moved(subject), _folder() as folder:
        _save(subject, folder)
        candidate: Any = load_candidate(subject.plan.model, folder)
        base = logits_of(subject, load_base(subject.plan.model), batch)
        adapted = logits_of(subject, candidate, batch)
        merged = logits_of(subject, candidate.merge_and_unload(safe_merge=True), batch)
    apart, limit = largest_difference(adapted, merged), rounding_limit(subject, adapted)
    moved = largest_difference(merged, base)
    said = f"merged and adapted logits differ by {apart:.2g}, merged and base by {moved:.2g}"
    fix = "Merge on the base in the number format it was trained in, never on 4-bit weights."
    return Finding("pass" if apart <= limit and moved > apart else "fail", said, apart, limit, fix)


def check_saved_template(subject: Subject) -> Finding:
    """Save the tokenizer, load it and render again (unsloth#449, unsloth#1823): serving reads what was saved."""
    from transformers import AutoTokenizer

    with _folder() as folder:
        subject.trainer.processing_class.save_pretrained(str(folder))
        saved = digest_of(AutoTokenizer.from_pretrained(str(folder)))
    mine = digest_of(subject.trainer.processing_class)
    said = f"a probe renders to digest {mine} in training and {saved} with the saved tokenizer"
    fix = "Set the template on the tokenizer, not on the call that renders."
    return Finding("pass" if saved == mine else "fail", said, fix=fix)


def check_resume(subject: Subject) -> Finding:
    """Train two steps at once, and one and one (peft#859, transformers#24252, unsloth#5082): the weights must agree."""
    with same_random_numbers(), _folder() as folder:
        run = sketch_run(subject.run, subject.plan, folder / "run")
        keep_first_rows(run, splits_of(subject.stage).train, TWO_STEPS * subject.trainer.args.per_device_train_batch_size)
        whole = _train_two(run, subject, None)
        checkpoint = run.checkpoints(subject.stage.name) / "checkpoint-1"
        resumed = _train_two(run, subject, checkpoint)
    apart = max(largest_difference(whole[name], resumed[name]) for name in whole)
    said = f"after two steps, weights of a resumed and an unbroken training differ by {apart:.2g}"
    fix = "Upgrade peft and transformers together; a run that cannot be resumed must not be stopped."
    return Finding("pass" if apart <= 1e-6 else "fail", said, apart, 1e-6, fix)


def _train_two(run: RunDir, subject: Subject, checkpoint: Path | None) -> dict[str, Any]:
    """Train to the second step, with a checkpoint after the first, and return the trained weights."""
    import transformers

    stage = _short(subject.stage)
    transformers.set_seed(subject.plan.seed)
    trainer = import_module(f"trainers.{stage.method}").build(run, subject.plan, stage)
    stop_watching(trainer)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return {name: weight.detach().cpu().clone() for name, weight in trainer.model.named_parameters() if weight.requires_grad}


def _short(stage: StagePlan) -> StagePlan:
    short = {"max_steps": 2, "save_steps": 1, "logging_steps": 1, "gradient_accumulation_steps": 1}
    kept = [choice for choice in stage.choices if choice.name not in short]
    added = [Choice(name=name, value=value, origin="rule", because="two steps show a resume") for name, value in short.items()]
    return replace(stage, choices=(*kept, *added))


@contextmanager
def _moved(subject: Subject) -> Iterator[None]:
    """Give the model for as long as the block runs with weights that a step has moved."""
    model = subject.trainer.model
    with same_weights(model):
        model.train()
        loss_of(subject, short_rows(subject, 2)).backward()  # type: ignore[no-untyped-call]
        take_step(model, SHIFT)
        model.zero_grad(set_to_none=True)
        yield


def _save(subject: Subject, folder: Path) -> None:
    from trainers.stage import save_trained

    save_trained(subject.trainer, folder)


@contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="tunegate-preflight-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE401", "Saved and loaded, the model is the same", check_saved, (IS_POLICY,), blocking=True, is_costly=True),
    Rule("PRE402", "Merged, the model is the same", check_merged, (IS_POLICY, ADAPTER, NOT_QUANTISED), True, True),
    Rule("PRE403", "The saved template renders alike", check_saved_template, (HAS_TURNS,), blocking=True, is_costly=True),
    Rule("PRE404", "A resumed training is the unbroken one", check_resume, (RESUMABLE,), blocking=True, is_costly=True),
)
