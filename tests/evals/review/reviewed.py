"""A measured run of made-up answers whose better side is known, and raters of known skill."""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec

from evals.review.deck import Item
from evals.review.desk import Desk
from reports.jsonl import Jsonl
from reports.records.evaluation import Completion, Judgement, Side, SuiteItem
from reports.records.review import Rating
from reports.records.run import RunRecord
from reports.rundir import RunDir

GOOD, POOR = "good", "poor"


def make_run(
    root: Path,
    prompts: int = 60,
    candidate_better: float = 0.7,
    gold: int = 40,
    equal: int = 0,
    judge: float = 0.8,
    *,
    name: str = "run",
) -> RunDir:
    """Write a run where the candidate is better on a known share, and an automatic judge that is right as often as said."""
    run = RunDir(root / name)
    run.write(
        RunRecord(
            run_id=name, title="t", created_at="2030-01-01T00:00:00Z", argv=(), versions={}, seed=0, strategy="sft", model="m"
        )
    )
    rng = random.Random(f"{name} 7")
    targets = Jsonl(run.split("target"), SuiteItem)
    for number in range(prompts):
        better = number < candidate_better * prompts
        prompt, text = f"target/{number}", f"Prompt {number}"
        same = number >= prompts - equal
        targets.append(SuiteItem(id=prompt, suite="target", prompt=text))
        said: dict[Side, str] = {"baseline": POOR if better else GOOD, "candidate": GOOD if better or same else POOR}
        for side, word in said.items():
            line = Completion(
                key=f"{side}{number}", side=side, suite="target", prompt_id=prompt, prompt=text, completion=f"{word} {number}"
            )
            run.completions.append(line)
        right = rng.random() < judge
        run.judgements.append(Judgement(prompt_id=prompt, judge="j", order="pointwise", preference=float(better == right)))
    rows = [{"prompt": f"Known {number}", "chosen": GOOD, "rejected": POOR} for number in range(gold)]
    run.split("judge_eval").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return run


def review(
    run: RunDir, rater: str, skill: float, planned: int = 60, cards: int = 10_000, *, ties: float = 0.0, luck: str = ""
) -> Desk:
    """Let a rater judge who picks the better answer with probability `skill`, else the other one; a tie as often as said."""
    rng = random.Random(f"{rater}{luck}")

    def verdict(item: Item) -> Rating:
        if ties and item.kind != "gold" and rng.random() < ties:
            return "tie"
        return "first" if item.answers()[0].startswith(GOOD) == (rng.random() < skill) else "second"

    return rate(run, rater, verdict, planned, cards)


def rate(run: RunDir, rater: str, verdict: Callable[[Item], Rating], planned: int = 60, cards: int = 10_000) -> Desk:
    """Let a rater judge by any rule, to the end or for some cards."""
    desk = Desk(run, rater, planned)
    for _ in range(cards):
        item = desk.item()
        if item is None:
            break
        desk.judge(verdict(item), seconds=3.0)
    return desk
