"""What tunegate adds to training: its SFT and DPO stages beside plain TRL scripts, in turns, on the demo's model and rows.

Run `python -m tests.benchmarks.overhead [--rounds N] [--method sft|dpo]` on a machine that does nothing else. Each side
loads the model, tokenizes, trains and saves; rows, options, seed and start are the same, and so must the last loss be.

- equal work: the plain script evaluates, logs and saves checkpoints at the same steps. tunegate's side still does all else
  that a run waits for (preflight, monitors, events, durable checkpoints), but takes no look at the win rate.
- as planned: the plain script only trains; tunegate's side does all that the plan says, looks at the win rate included.

A ratio is tunegate's time over that of the script in the same round; the table gives the median and the range over rounds, in
wall time and in time of the processor. The loop is `trainer.train()` alone.
"""

import argparse
import logging
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from msgspec.structs import replace

from evals.model_source import model_place
from reports.progress import ProgressLog
from reports.records.plan import Method, Plan, StagePlan
from reports.records.preflight import Preflight
from reports.records.run import StageResult
from reports.rundir import RunDir
from selector.pipeline import create_demo_run
from trainers.adapters import LORA_OPTIONS
from trainers.methods import splits_of
from trainers.monitors import LOOKED_AT
from trainers.stage_options import OWN_OPTIONS
from trainers.steps import steps_of

GOAL: Final = 1.05


class Took(NamedTuple):
    """One training, timed."""

    wall_s: float
    cpu_s: float
    loop_s: float
    loss: float
    preflight_s: float = 0.0


class Work(NamedTuple):
    """What is trained."""

    run: RunDir
    plan: Plan
    stage: StagePlan


def ours(work: Work, with_looks: bool) -> Took:
    """Train the stage as `tunegate run` does, in a copy of the run."""
    folder = Path(tempfile.mkdtemp(prefix="overhead-"))
    try:
        run = RunDir(Path(shutil.copytree(work.run.path, folder / "run")))
        kept = tuple(one for one in work.stage.monitors if with_looks or one.rule not in LOOKED_AT)
        stage = replace(work.stage, monitors=kept)
        stages = tuple(stage if other.name == stage.name else other for other in work.plan.stages)
        plan = replace(work.plan, stages=stages)
        train = import_module(f"trainers.{stage.method}").train
        took = timed(lambda: train(run, plan, stage, ProgressLog(run)))
        result = cast(StageResult, run.stage_result(stage.name))
        checked = run.read(Preflight).of(stage.name)
        return took._replace(loss=float(result.values["train_loss"] or 0), preflight_s=checked.seconds if checked else 0.0)
    finally:
        shutil.rmtree(folder)


def plain(work: Work, with_evals: bool) -> Took:
    """Train with TRL alone, as a script does."""
    folder = Path(tempfile.mkdtemp(prefix="overhead-"))
    losses: list[float] = []
    try:
        took = timed(lambda: losses.append(script(work, folder, with_evals)))
        return took._replace(loss=losses[0])
    finally:
        shutil.rmtree(folder)


def script(work: Work, folder: Path, with_evals: bool) -> float:
    """Do what a person would write down for TRL; return the mean loss."""
    import trl
    from datasets import load_dataset
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback

    values, name = work.stage.values(), work.stage.method
    options = {key: value for key, value in values.items() if key not in {*LORA_OPTIONS, *OWN_OPTIONS, "gradient_checkpointing"}}
    lora = {LORA_OPTIONS[key]: value for key, value in values.items() if key in LORA_OPTIONS}
    often = {"eval_strategy": "steps", "eval_on_start": True, "save_strategy": "steps", "save_total_limit": 2}
    seldom = {"eval_strategy": "no", "save_strategy": "no"}
    config = getattr(trl, f"{name.upper()}Config")(
        **{**options, "bf16": False},
        **(often if with_evals else seldom),
        output_dir=str(folder / "out"),
        seed=work.plan.seed,
        data_seed=work.plan.seed,
        per_device_eval_batch_size=values["per_device_train_batch_size"],
        disable_tqdm=True,
        report_to="none",
        use_cpu=True,
        dataloader_pin_memory=False,
        **({"disable_dropout": True} if name == "dpo" else {"completion_only_loss": True}),
    )
    base, splits = model_place(work.plan.model.name), splits_of(work.stage)
    rows, held_out = (
        load_dataset("json", data_files=str(work.run.split(split)), split="train", cache_dir=str(folder / "cache"))
        for split in splits
    )
    model = AutoModelForCausalLM.from_pretrained(base)
    adapter = None if name == "dpo" else LoraConfig(task_type="CAUSAL_LM", **lora)
    if name == "dpo":
        model = PeftModel.from_pretrained(model, str(work.run.adapter("1-sft")), is_trainable=True)
    trainer = getattr(trl, f"{name.upper()}Trainer")(
        model=model,
        args=config,
        train_dataset=rows,
        eval_dataset=held_out if with_evals else None,
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=adapter,
    )
    trainer.remove_callback(PrinterCallback)
    loss: float = trainer.train().training_loss
    trainer.save_model(str(folder / "final"))
    return loss


def timed(do: Callable[[], object]) -> Took:
    """Time a training, and the loop within it."""
    loops: list[float] = []
    with timing_loops(loops):
        wall, cpu = time.perf_counter(), time.process_time()
        do()
        return Took(time.perf_counter() - wall, time.process_time() - cpu, loops[-1], 0.0)


@contextmanager
def timing_loops(loops: list[float]) -> Iterator[None]:
    """Note how long each `trainer.train()` takes."""
    from transformers import Trainer

    train = Trainer.train

    def noting(trainer: Any, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return train(trainer, *args, **kwargs)
        finally:
            loops.append(time.perf_counter() - began)

    Trainer.train = noting
    try:
        yield
    finally:
        Trainer.train = train


def prepare(folder: Path) -> Work:
    """Make the demo's run, prepare its rows and train its SFT, from which DPO starts."""
    run = create_demo_run(folder, lambda *_: None, strategy="sft+dpo")
    plan = run.read(Plan)
    steps_of(run, plan, ProgressLog(run))[0].do()
    return Work(run, plan, plan.stages[0])


def measure(work: Work, rounds: int) -> None:
    """Train in turns, the order turned round in every other round, and print the ratios."""
    pairs: list[tuple[Took, Took]] = []
    bare: list[tuple[Took, Took]] = []
    plain(work, with_evals=True)  # the first training of a process warms it up
    for turn in range(rounds):
        sides: list[Callable[[], Took]] = [lambda: ours(work, with_looks=False), lambda: plain(work, with_evals=True)]
        first, second = (side() for side in (sides if turn % 2 == 0 else reversed(sides)))
        pairs.append((first, second) if turn % 2 == 0 else (second, first))
        bare.append((ours(work, with_looks=True), plain(work, with_evals=False)))
    ours_s, plain_s = (statistics.median(pair[side].wall_s for pair in pairs) for side in (0, 1))
    checked = statistics.median(pair[0].preflight_s for pair in pairs)
    print(f"\n{work.stage.name}: tunegate {ours_s:.1f} s (preflight {checked:.1f} s), plain TRL {plain_s:.1f} s, {rounds} rounds")
    print(f"  mean loss: tunegate {pairs[0][0].loss:.6f}, plain TRL {pairs[0][1].loss:.6f}")
    report("equal work, loop alone", [(a.loop_s, b.loop_s) for a, b in pairs], GOAL)
    report("equal work", [(a.wall_s, b.wall_s) for a, b in pairs], GOAL)
    report("equal work, processor", [(a.cpu_s, b.cpu_s) for a, b in pairs], GOAL)
    report("as planned", [(a.wall_s, b.wall_s) for a, b in bare])
    report("as planned, processor", [(a.cpu_s, b.cpu_s) for a, b in bare])


def report(title: str, times: list[tuple[float, float]], goal: float | None = None) -> None:
    """Print the median and the range of a ratio."""
    ratios = sorted(one / other for one, other in times)
    shown = f"  {title:<24} {statistics.median(ratios):.3f}  ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    print(shown + (f"   goal {goal}" if goal else ""), flush=True)


def main() -> None:
    """Measure both methods, or one."""
    asked = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--method", choices=["sft", "dpo"])
    given = asked.parse_args()
    logging.disable(logging.WARNING)
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = prepare(Path(folder))
        if given.method != "dpo":
            measure(work, given.rounds)
        if given.method != "sft":
            method: Method = "dpo"
            stage = next(one for one in work.plan.stages if one.method == method)
            import_module("trainers.sft").train(work.run, work.plan, work.stage, ProgressLog(work.run))
            measure(work._replace(stage=stage), given.rounds)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
