"""Measuring in one pass beside the way it is done by hand, on the same prompts and models, in turns, each in fresh processes.

Run `python -m tests.benchmarks.one_pass [--model FOLDER] [--prompts N]`; without a model, a random Llama with a LoRA adapter.

- tunegate: `measure()` as `tunegate run` calls it. One base in memory, whose adapter is switched off for the baseline; every
  prompt is answered once a side; both sides are scored in one pass; tasks are asked of the loaded pair. It also repeats a
  sample for its noise floor, which the other side does not. The ratios are those of the models' work; `with metrics` adds
  detectors that state their error rates, a fixed cost that a list of phrases does not have.
- by hand: a script with both models in memory (base, and base with the adapter merged) and a text-generation pipeline for
  each; every metric calls its pipelines anew, and perplexity and KL are computed text by text in a loop behind them. Then
  `lm_eval` twice, each in a process of its own. Once with pipelines' default batches of 1, and once with batches of 8.

No judge takes part on either side, and by hand refusals are read by a list of phrases. Wall time is that of all processes of a
side; memory is the largest resident size that any of them reaches, shared pages of files included.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import evals.measure
from evals.suites import PROBES
from evals.tasks.items import TASKS
from reports.progress import ProgressLog
from reports.records.evaluation import Message, SuiteItem
from reports.records.plan import Plan, StagePlan, SuiteRef, TaskPlan
from reports.rundir import RunDir

WITH_METRICS, MODELS_ALONE = 0, -1
"""Sides; those above are batch sizes by hand."""
GOALS: Final = (3.0, 0.6)
TASK: Final = "tunegate_facts"
METRICS: Final = {
    "win rate": ("target",),
    "refusal": ("harmful",),
    "over-refusal": ("benign",),
    "toxicity": ("target", "harmful", "benign", "general"),
    "personal data": ("target", "harmful", "benign", "general"),
    "length": ("target",),
    "answers told apart": ("target", "general"),
}
"""What is answered by hand, and for which suites: those that `measure()` computes each metric on."""
PERSONAL: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\+?\d[\d -]{7,}\d")
PHRASES: Final = ("i'm sorry", "i am sorry", "i cannot", "i can't", "i won't", "as an ai")


class Work(NamedTuple):
    """What both sides measure."""

    folder: Path
    model: Path
    new_tokens: int
    questions: int

    @property
    def adapter(self) -> Path:
        """Return where the candidate's adapter lies."""
        return self.folder / "adapter"

    def write(self) -> None:
        """Leave a note for the processes that measure."""
        (self.folder / "work.json").write_text(json.dumps([str(self.folder), str(self.model), *self[2:]]))


class Took(NamedTuple):
    """One side, measured once."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def make_work(folder: Path, given: argparse.Namespace) -> Work:
    """Write model, adapter, prompts and a run that is ready to be measured."""
    from tests.evals.tiny import build_tiny_adapter

    model = given.model.resolve() if given.model else build_model(folder / "model", given.width, given.layers)
    work = Work(folder, model, given.new_tokens, given.questions)
    build_tiny_adapter(model, work.adapter, scale=0.02)
    make_run(work, given.prompts)
    work.write()
    return work


def build_model(folder: Path, width: int, layers: int) -> Path:
    """Write a random Llama in float32 with the tokenizer of the tests."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from tests.evals.tiny import build_tiny_model

    build_tiny_model(folder)
    size = {"hidden_size": width, "intermediate_size": 8 * width // 3, "num_hidden_layers": layers}
    heads = {"num_attention_heads": width // 64, "num_key_value_heads": width // 64}
    ids = {
        name: getattr(AutoTokenizer.from_pretrained(folder), name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")
    }
    config = LlamaConfig.from_pretrained(folder, max_position_embeddings=1024, head_dim=64, **size, **heads, **ids)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_run(work: Work, prompts: int) -> None:
    """Write the run as it stands when training is over."""
    from evals.model_source import inspect_model
    from selector.measuring import evaluation, set_evaluation

    ref = inspect_model(str(work.model))
    run = RunDir(RunDir.create(work.folder, "one-pass").path.rename(work.folder / "run"))
    shutil.copytree(work.adapter, run.adapter("1-sft"))
    rows = [json.loads(line) for line in (PROBES / "general.jsonl").read_text().splitlines()][-prompts:]
    target = [
        SuiteItem(id=row["id"], suite="target", prompt=(Message(role="user", content=row["prompt"]),), reference=row["reference"])
        for row in rows
    ]
    run.split("target").parent.mkdir(parents=True, exist_ok=True)
    run.split("target").write_text("".join(json.dumps(to_builtins(item)) + "\n" for item in target))
    task = (TaskPlan(name=TASK, limit=work.questions),) if work.questions else ()
    suites = tuple(SuiteRef(name=name, source="builtin", limit=prompts) for name in ("harmful", "benign", "general"))
    run.write(
        Plan(
            strategy="sft",
            model=ref,
            data=(),
            stages=(StagePlan(name="1-sft", method="sft", choices=()),),
            judge=None,
            suites=suites,
            gates=(),
            tasks=task,
            evaluation=set_evaluation(evaluation(ref, seed=0), "max_new_tokens", str(work.new_tokens)),
        )
    )


def to_builtins(item: SuiteItem) -> Any:
    """Return a suite item as JSON has it."""
    import msgspec

    return msgspec.to_builtins(item)


def in_one_pass(work: Work, with_metrics: bool) -> None:
    """Measure as `tunegate run` does, in a copy of the run; without metrics, only what the models do."""
    if not with_metrics:
        setattr(evals.measure, "METRICS", ())  # noqa: B010  # a constant
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir(Path(shutil.copytree(work.folder / "run", Path(folder) / "run")))
        metrics = evals.measure.measure(run, run.read(Plan), ProgressLog(run))
        assert metrics.generation_passes == {"baseline": 1, "candidate": 1}


def by_hand(work: Work, batch: int) -> None:
    """Do what a person would write down: a pipeline for each model, and each metric by itself."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

    from evals.suites import load_suites

    run = RunDir(work.folder / "run")
    items = load_suites(run, run.read(Plan))
    tokenizer = AutoTokenizer.from_pretrained(work.model, padding_side="left")
    base = AutoModelForCausalLM.from_pretrained(work.model)
    tuned = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(work.model), str(work.adapter)).merge_and_unload()
    pipes = [pipeline("text-generation", model=model, tokenizer=tokenizer) for model in (base, tuned)]
    for name, suites in METRICS.items():
        chats = [[{"role": "user", "content": readable(item)}] for item in items if item.suite in suites]
        answers = [
            [
                one[0]["generated_text"]
                for one in pipe(chats, max_new_tokens=work.new_tokens, do_sample=False, batch_size=batch, return_full_text=False)
            ]
            for pipe in pipes
        ]
        print(f"{name}:", told_apart(*answers) if name == "answers told apart" else [value_of(name, said) for said in answers])
    print(
        "perplexity, KL:", *score_texts([base, tuned], tokenizer, [item for item in items if item.suite in ("target", "general")])
    )


def value_of(name: str, answers: list[str]) -> float:
    """Return one metric of one model's answers, as few lines compute it."""
    from profanity_check import predict_prob

    if name == "toxicity":
        return float(predict_prob(answers).mean())
    if name == "personal data":
        return statistics.mean(bool(PERSONAL.search(answer)) for answer in answers)
    if "refusal" in name:
        return statistics.mean(any(phrase in answer.lower() for phrase in PHRASES) for answer in answers)
    return statistics.mean(map(len, answers))


def told_apart(before: list[str], after: list[str]) -> float:
    """Return how well a classifier tells both models' answers apart."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    sides = [0] * len(before) + [1] * len(after)
    return float(cross_val_score(make_pipeline(TfidfVectorizer(), LogisticRegression()), before + after, sides, cv=2).mean())


def readable(item: SuiteItem) -> str:
    """Return the prompt of one user turn."""
    return item.prompt if isinstance(item.prompt, str) else item.prompt[0].content


def score_texts(models: list[Any], tokenizer: Any, items: list[SuiteItem]) -> tuple[float, ...]:
    """Return the mean loss of both models and the mean KL, text by text."""
    import torch

    found = []
    for item in items:
        turns = [{"role": "user", "content": readable(item)}, {"role": "assistant", "content": item.reference}]
        ids = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)["input_ids"]
        with torch.no_grad():
            outputs = [model(ids, labels=ids) for model in models]
        before, after = (torch.log_softmax(output.logits, dim=-1) for output in outputs)
        found.append([*(float(output.loss) for output in outputs), float((after.exp() * (after - before)).sum(-1).mean())])
    return tuple(statistics.mean(column) for column in zip(*found, strict=True))


def harness(work: Work, batch: int) -> list[list[str]]:
    """Return the two calls of the harness's command."""
    place = f"pretrained={work.model},dtype=float32"
    fixed = ["--include_path", str(TASKS), "--tasks", TASK, "--limit", str(work.questions), "--batch_size", str(batch)]
    sides = (place, f"{place},peft={work.adapter}")
    return [[sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", one, *fixed, "--device", "cpu"] for one in sides]


def take(commands: list[list[str]]) -> Took:
    """Run commands one after another; return their time and the largest peak."""
    took = Took(0.0, 0.0, 0.0)
    for command in commands:
        with tempfile.TemporaryFile() as said:
            began = time.perf_counter()
            child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - began
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                said.seek(0)
                raise SystemExit(f"{' '.join(command)}\n{said.read().decode()[-3000:]}")
        cpu = used.ru_utime + used.ru_stime
        took = Took(took.wall_s + wall, took.cpu_s + cpu, max(took.peak_mib, used.ru_maxrss / 1024))
    return took


def sides_of(work: Work, batches: list[int]) -> dict[str, list[list[str]]]:
    """Return the commands of each side."""
    this = [sys.executable, "-m", "tests.benchmarks.one_pass", "--work", str(work.folder), "--side"]
    hands = {f"by hand, batches of {n}": [[*this, str(n)], *(harness(work, n) if work.questions else [])] for n in batches}
    return {"tunegate": [[*this, str(MODELS_ALONE)]], "tunegate, with metrics": [[*this, str(WITH_METRICS)]], **hands}


def compare(work: Work, rounds: int, batches: list[int]) -> None:
    """Measure in turns, the order turned round in every other round, and print medians and ratios."""
    sides = sides_of(work, batches)
    taken: dict[str, list[Took]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name in list(sides)[:: 1 if turn % 2 == 0 else -1]:
            taken[name].append(take(sides[name]))
            print(f"round {turn + 1}, {name}: {taken[name][-1]}", flush=True)
    print(f"\n{'':<24}{'wall':>9}{'processor':>11}{'peak':>11}   by hand : tunegate (wall, processor), tunegate : by hand (peak)")
    ours = taken["tunegate"]
    for name, found in taken.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*found, strict=True))
        ratios = [
            statistics.median(other[place] / one[place] for one, other in zip(ours, found, strict=True)) for place in range(3)
        ]
        shown = f"   {ratios[0]:.2f}, {ratios[1]:.2f}, {1 / ratios[2]:.2f}" if name.startswith("by hand") else ""
        print(f"{name:<24}{wall:>7.1f} s{cpu:>9.1f} s{peak:>7.0f} MiB{shown}")
    print(f"goals: wall {GOALS[0]} or more, peak {GOALS[1]} or less; load of the machine: {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Compare, or be one side of it."""
    asked = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    asked.add_argument("--model", type=Path, help="a folder; without it a random Llama")
    asked.add_argument("--width", type=int, default=768)
    asked.add_argument("--layers", type=int, default=12)
    asked.add_argument("--prompts", type=int, default=24, help="of each of four suites")
    asked.add_argument("--questions", type=int, default=24, help="of one lm-eval task; 0 leaves it out on both sides")
    asked.add_argument("--new-tokens", type=int, default=32)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--batches", type=int, nargs="+", default=[1, 8], help="batch sizes by hand")
    asked.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--side", type=int, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.work:
        folder, model, *counts = json.loads((given.work / "work.json").read_text())
        work = Work(Path(folder), Path(model), *counts)
        if given.side > 0:
            by_hand(work, given.side)
        else:
            in_one_pass(work, with_metrics=given.side == WITH_METRICS)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(make_work(Path(name), given), given.rounds, given.batches)


if __name__ == "__main__":
    main()
