"""LEAK001: prompts that are learned from and measured on."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import evidence, share
from evals.data.examples import Example
from evals.data.keys import prompt_key
from reports.records.data import Check

LEARNED: Final = ("sft_train", "pairs_train", "unpaired_train", "prompts_train", "judge_train")


class Leak(NamedTuple):
    """One row to learn from whose prompt stands elsewhere."""

    split: str
    example: Example
    place: str


def find_leaks(splits: Mapping[str, Sequence[Example]], suites: Mapping[str, Collection[bytes]]) -> list[Leak]:
    """Return rows of a training split whose prompt stands in a split or suite that is measured on.

    Prompts are compared by their words, without case and spacing, whatever the answers are: a model
    that saw the prompt with any answer is no longer measured on something new. The judge's training
    rows count as foreign to the model's, since a judge must not have seen what it judges.
    """
    measured = {name: {prompt_key(row.fields["prompt"]) for row in rows} for name, rows in splits.items() if name not in LEARNED}
    judge = {prompt_key(row.fields["prompt"]) for row in splits.get("judge_train", ())}
    leaks = []
    for name in LEARNED:
        foreign = {**measured, **suites} if name == "judge_train" else {**measured, "judge_train": judge, **suites}
        for example in splits.get(name, ()):
            key = prompt_key(example.fields["prompt"])
            place = next((place for place, keys in foreign.items() if key in keys), None)
            if place is not None:
                leaks.append(Leak(name, example, place))
    return leaks


def check_leakage(splits: Mapping[str, Sequence[Example]], leaks: Sequence[Leak]) -> Check:
    """Report leaked rows; a single one blocks."""
    learned = sum(len(splits.get(name, ())) for name in LEARNED)
    places = ", ".join(sorted({leak.place for leak in leaks}))
    return Check(
        code="LEAK001",
        title="Training prompts in the evaluation",
        blocking=True,
        state="fail" if leaks else "pass",
        value=len(leaks) / learned if learned else 0.0,
        limit=0.0,
        because=f"{share(len(leaks), learned)} training rows have a prompt that is measured on"
        + (f", in {places}" if leaks else ""),
        evidence=evidence(leak.example for leak in leaks),
        fix=f"Delete these rows from the training data, or these prompts from {places}." if leaks else "",
    )
