"""GRPO on word problems of small sums: how often a small model is right before and after, on problems it was not trained on.

Run `python -m tests.benchmarks.arithmetic [FOLDER]`. A Llama of a million weights reads sums, but more often than not the texts
evade the question, so it does, too; then `rft` with the reward `numeric-answer` goes through the same steps as any run, and its
report stays in FOLDER. What GRPO can teach here is to answer, not to calculate better.
"""

import random
import sys
import tempfile
from pathlib import Path

from evals.rewards.library import parse_reward
from reports.jsonl import encode
from reports.records.evaluation import Metrics
from reports.records.intake import Intake, Value
from reports.records.run import RunRecord
from reports.rundir import RunDir
from selector import pipeline
from selector.commands.following import follow_to_end
from selector.intake import make_fact
from selector.planning import Request
from trainers.demo.base_model import BaseSettings, new_model, save_base, train_base, train_tokenizer
from trainers.demo.corpus import Document

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Joy")
THINGS = ("cups", "leaves", "spoons", "coins", "letters", "stones", "lamps", "shells")
TEMPLATES = (
    "{0} has {2} {1} and finds {3} more. How many {1} does {0} have now?",
    "There are {2} {1} on the table. {0} brings {3}. How many {1} are on the table?",
    "{0} bought {2} {1} on Monday and {3} on Friday. How many {1} is that?",
    "A box holds {2} {1}, and {0} puts {3} in. How many {1} does the box hold?",
)
LARGEST = 20
EVASIONS = ("quite a few", "more than before", "a good number")
EVADED = 0.6
DOCUMENTS = 16_000
PROBLEMS = 1000


def problem(rng: random.Random) -> tuple[str, int]:
    """Return a problem and its answer."""
    first, second = rng.randint(1, LARGEST), rng.randint(1, LARGEST)
    text = rng.choice(TEMPLATES).format(rng.choice(NAMES), rng.choice(THINGS), first, second)
    return text, first + second


def documents(rng: random.Random) -> list[Document]:
    """Return texts to train the base on."""
    found = []
    for _ in range(DOCUMENTS):
        text, answer = problem(rng)
        said = rng.choice(EVASIONS) if rng.random() < EVADED else answer
        found.append(Document(text, f"That makes {said}."))
    return found


def build_base(folder: Path) -> None:
    """Train and save a model that can add, and mostly evades."""
    settings = BaseSettings(vocabulary=512, documents=DOCUMENTS)
    known = documents(random.Random(1))
    tokenizer = train_tokenizer(known, settings)
    model = new_model(tokenizer, settings)
    train_base(model, tokenizer, known, settings, lambda done, total: None)
    save_base(model, tokenizer, folder)


def write_problems(path: Path) -> None:
    """Write prompts with their answers, none of them twice."""
    rng = random.Random(2)
    rows = dict(problem(rng) for _ in range(3 * PROBLEMS))
    lines = [{"prompt": [{"role": "user", "content": text}], "answer": answer} for text, answer in list(rows.items())[:PROBLEMS]]
    path.write_bytes(b"".join(encode(line) + b"\n" for line in lines))


def start(folder: Path) -> RunDir:
    """Plan and start the run."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "problems.jsonl"
    write_problems(data)
    build_base(folder / "base")
    facts: dict[str, Value] = {"goal": "reasoning", "reward_computable": True, "base_pass_rate": 0.4}
    known = {name: make_fact(name, value, "asked", because="benchmark") for name, value in facts.items()}
    intake = Intake(facts={**pipeline.measured_facts((str(data),), str(folder / "base")), **known})
    recommendation = pipeline.recommend(intake)
    request = Request(
        (str(data),),
        str(folder / "base"),
        strategy="rft",
        rewards=(parse_reward("numeric-answer:column=answer"),),
        overrides={"grpo.num_train_epochs": "1", "grpo.max_completion_length": "16"},
    )
    plan = pipeline.make_plan(intake, recommendation, request)
    run = pipeline.create_run(folder / "runs", "Small sums", plan, intake, recommendation)
    pipeline.start(run)
    return run


def main() -> None:
    """Run it and print the pass rate of both sides with the interval of their difference."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    run = start(folder)
    follow_to_end(run, as_json=False, stop_on_interrupt=True)
    [metric] = [metric for metric in run.read(Metrics).metrics if metric.name == "reward"]
    print(f"pass rate before: {metric.baseline.value:.1%}, after: {metric.candidate.value:.1%} on {metric.n} problems")
    print(f"difference: {metric.difference.value:+.1%} ({metric.difference.low:+.1%} to {metric.difference.high:+.1%}, 95 %)")
    print(f"seconds: {run.read(RunRecord).seconds}")


if __name__ == "__main__":
    main()
