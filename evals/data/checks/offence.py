"""TOX001: answers to imitate that a classifier calls offensive."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import evidence, share, skipped
from evals.data.examples import Example, plain
from reports.records.data import Check

LIMIT: Final = 0.01
"""Share of answers; of harmless answers to questions of arithmetic the classifier accuses 0.2 %."""
MOST_ROWS: Final = 20_000


def check_offence(examples: Sequence[Example]) -> Check:
    """Report offensive answers among those to imitate: chosen, completions, plain texts; not what is rejected or rated bad."""
    from evals.detectors.toxicity import is_toxic

    title = "Offensive answers to imitate"
    imitated = [example for example in examples if example.kind != "prompt-only" and example.carried.get("rating") != "bad"]
    looked_at = imitated[:: max(1, -(-len(imitated) // MOST_ROWS))]
    if not looked_at:
        return skipped("TOX001", title, "the data hold no answers to imitate")
    found = [row for row, toxic in zip(looked_at, is_toxic([_imitated(row) for row in looked_at]), strict=True) if toxic]
    value = len(found) / len(looked_at)
    return Check(
        code="TOX001",
        title=title,
        blocking=False,
        state="warn" if value > LIMIT else "pass",
        value=value,
        limit=LIMIT,
        because=f"{share(len(found), len(looked_at))} answers to imitate are called offensive by alt-profanity-check"
        + (f" (every {len(imitated) // len(looked_at)}th row was looked at)" if len(looked_at) < len(imitated) else ""),
        evidence=evidence(found),
        fix="Read these answers, and delete what the model must not say." if value > LIMIT else "",
    )


def _imitated(example: Example) -> str:
    names = {"preference": "chosen", "language-modelling": "prompt"}
    return plain(example.fields[names.get(example.kind, "completion")])
