"""NEAR001 and LEAK002: rows that nearly repeat another, in the data or in what is measured on."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import ROWS_SHOWN, share, skipped
from evals.data.examples import Example, excerpt, plain
from evals.data.near import NearMatch, find_near, find_near_in
from reports.records.data import Check, Evidence

LIMIT: Final = 0.02
"""Share of rows: below 2 % repeats are taken for accidents."""
LEAK_LIMIT: Final = 0.01
"""Share of rows: prompts from one template resemble each other, so single ones are for people to look at."""
NEAR_LEAK: Final = "Nearly equal prompts in the evaluation"


def check_near(examples: Sequence[Example]) -> Check:
    """Report rows whose prompt and answers together nearly repeat an earlier row."""
    found = find_near([row_words(example) for example in examples])
    value = len(found) / len(examples) if examples else 0.0
    return Check(
        code="NEAR001",
        title="Near duplicates",
        blocking=False,
        state="warn" if value > LIMIT else "pass",
        value=value,
        limit=LIMIT,
        because=f"{share(len(found), len(examples))} rows nearly repeat an earlier row (0.8 of their word triples are shared)",
        evidence=_evidence(found, examples, examples),
        fix="Keep one row of each group: repeats are learned by heart, and straddle splits." if value > LIMIT else "",
    )


def check_near_leakage(learned: Sequence[Example], measured: Sequence[Example], exact: frozenset[int]) -> Check:
    """Report rows whose prompt nearly repeats one that is measured on.

    Args:
        learned: rows to learn from, as messages or strings.
        measured: rows to measure on, in the same form.
        exact: places in `learned` that LEAK001 already names; they do not count again.
    """
    if not measured:
        return skipped("LEAK002", NEAR_LEAK, "no evaluation file was given with --against", blocking=True)
    found = [
        match
        for match in find_near_in(
            [plain(row.fields["prompt"]) for row in learned], [plain(row.fields["prompt"]) for row in measured]
        )
        if match.place not in exact
    ]
    value = len(found) / len(learned) if learned else 0.0
    return Check(
        code="LEAK002",
        title=NEAR_LEAK,
        blocking=True,
        state="fail" if value > LEAK_LIMIT else "warn" if found else "pass",
        value=value,
        limit=LEAK_LIMIT,
        because=f"{share(len(found), len(learned))} further training rows have nearly a prompt that is measured on",
        evidence=_evidence(found, learned, measured),
        fix="Compare the rows shown; delete them from the training data unless they ask for something else." if found else "",
    )


def row_words(example: Example) -> str:
    """Return prompt and answers as one text."""
    return "\n".join(plain(text) for text in example.fields.values())


def _evidence(found: Sequence[NearMatch], examples: Sequence[Example], others: Sequence[Example]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            row=examples[match.place].number,
            excerpt=excerpt(
                f"{examples[match.place].source}: {match.similarity:.2f} like row {others[match.like].number} of "
                f"{others[match.like].source}: {plain(examples[match.place].fields['prompt'])}"
            ),
        )
        for match in found[:ROWS_SHOWN]
    )
