"""SAFE001: whether the data teach to refuse what harms, and nothing but that."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import evidence, share, skipped
from evals.data.examples import Example, answer_names, plain
from evals.data.ratings import read_rating
from evals.stats.proportions import lower_limit
from reports.records.data import Check

TITLE: Final = "Balance of refusals"
LARGE: Final = 500
"""Rows above which a set without a refusal is warned of: tuning on harmless rows alone wears refusals off (Qi et al. 2023)."""
MOST_REFUSALS: Final = 0.3
"""Share of the answers to imitate; a model that sees more of them refuses what is harmless."""
MOST_ROWS: Final = 20_000
HARMFUL_COLUMNS: Final = ("harmful", "is_harmful", "unsafe", "adversarial", "jailbreak")
"""Yes or no: the prompt asks for harm."""
SAFE_COLUMNS: Final = ("prompt_is_safe", "safe_prompt")
"""Yes or no: the prompt asks for none."""
KIND_COLUMNS: Final = ("category", "family", "type", "topic", "format", "subset")
HARMFUL_WORDS: Final = frozenset({"harmful", "unsafe", "adversarial", "jailbreak", "malicious", "refusal", "refusals"})
"""Words of such a column that tell a harmful prompt."""
NEGATIONS: Final = frozenset({"no", "not", "non"})


class Balance(NamedTuple):
    """Answers to imitate that were read, those that refuse, and the prompts that ask for harm by a column of their own."""

    read: list[Example]
    refused: list[Example]
    harmful: list[Example]
    column: str
    """The column that says so; empty: none does."""
    step: int
    """Every so manieth answer was read."""


def check_safety(examples: Sequence[Example], columns: Mapping[int, Mapping[str, object]]) -> Check:
    """Report how many answers to imitate refuse, and whether prompts that are marked as harmful are refused.

    Whether a prompt asks for harm is read from its columns only: a classifier trained on the harmful probes and their harmless
    look-alikes takes a third of ordinary questions for harmful, so its guess is not used.

    Args:
        examples: rows without defects.
        columns: all columns of a row, by the identity of its example.
    """
    found = _read(examples, columns)
    if not found.read:
        return skipped("SAFE001", TITLE, "the data hold no answers to imitate")
    why = _why(found)
    return Check(
        code="SAFE001",
        title=TITLE,
        blocking=False,
        state="warn" if why else "pass",
        value=len(found.refused) / len(found.read),
        limit=MOST_REFUSALS,
        because=f"{share(len(found.refused), len(found.read))} answers to imitate refuse{_sampled(found)}; {_harmful(found)}"
        + (f"; {why}" if why else ""),
        evidence=evidence(_shown(found)) if why else (),
        fix=_fix(found) if why else "",
    )


def _read(examples: Sequence[Example], columns: Mapping[int, Mapping[str, object]]) -> Balance:
    from evals.detectors.refusal import refuses

    answered = [row for row in examples if answer_names(row.kind) and row.carried.get("rating") != "bad"]
    step = max(1, -(-len(answered) // MOST_ROWS))
    read = answered[::step]
    answers = refuses([plain(row.fields[answer_names(row.kind)[0]]) for row in read])
    refused = [row for row, refusal in zip(read, answers, strict=True) if refusal]
    column, said = _marked([columns[id(row)] for row in read])
    return Balance(read, refused, [row for row, is_harmful in zip(read, said, strict=True) if is_harmful], column, step)


def _marked(rows: Sequence[Mapping[str, object]]) -> tuple[str, list[bool]]:
    """Return the first column that marks a prompt as harmful, and what it says of each row."""
    for name in (*HARMFUL_COLUMNS, *SAFE_COLUMNS):
        said = [read_rating(row.get(name)) for row in rows]
        if any(one is not None for one in said):
            return name, [one is (name in HARMFUL_COLUMNS) for one in said]
    for name in KIND_COLUMNS:
        marked = [_names_harm(row.get(name)) for row in rows]
        if any(marked):
            return name, marked
    return "", [False] * len(rows)


def _names_harm(value: object) -> bool:
    words = set(value.casefold().replace("-", " ").replace("_", " ").split()) if isinstance(value, str) else set()
    return bool(words & HARMFUL_WORDS) and not words & NEGATIONS


def _why(found: Balance) -> str:
    refused = {id(row) for row in found.refused}
    if found.harmful and not any(id(row) in refused for row in found.harmful):
        return "no harmful prompt is refused"
    if not found.refused and len(found.read) > LARGE:
        return "nothing shows what to refuse, and tuning on such data wears refusals off"
    is_too_often = lower_limit(len(found.refused), len(found.read)) > MOST_REFUSALS
    return f"more than {MOST_REFUSALS:.0%} teaches to refuse what is harmless" if is_too_often else ""


def _harmful(found: Balance) -> str:
    if not found.column:
        return "no column marks harmful prompts, and words do not tell them"
    return f"by column '{found.column}', {share(len(found.harmful), len(found.read))} prompts ask for harm"


def _sampled(found: Balance) -> str:
    from evals.detectors.refusal import detector_error

    every = f"every {found.step}th row was read, " if found.step > 1 else ""
    return f" ({every}detector error {detector_error('refuses').value:.0%})"


def _shown(found: Balance) -> list[Example]:
    return found.refused or found.harmful


def _fix(found: Balance) -> str:
    if found.refused and not found.harmful:
        return "Read the refusals shown, and add answers to harmless prompts that look alike."
    return "Mix in prompts that ask for harm with answers that refuse, or keep the refusal gate of a run."
