"""What a check of two files found: one of each state, one of them blocking, and rows that read as markup and controls."""

from evals.data.check import CheckedData
from reports.records.data import Check, Evidence, Profile, Quantiles, SourceProfile

HOSTILE = "[bold]loud[/bold] \x1b[31mred \u202etxet"
"""Markup, a colour of terminals, and a mark that turns the direction of reading."""


def sample_checked() -> CheckedData:
    """Return a leak that blocks, repeated rows that warn, two checks that pass, one that was skipped."""
    source = SourceProfile(
        label="voice.jsonl",
        layout="prompt-completion (text)",
        because="columns prompt and completion hold strings",
        rows=1235,
        rejected=5,
        prompt_tokens=Quantiles(p5=4, p50=18, p95=60, maximum=212),
        formats={"advert": 900, "letter": 335},
    )
    leak = Check(
        code="LEAK001",
        title="Training prompts in the evaluation",
        blocking=True,
        state="fail",
        value=4 / 1204,
        limit=0.0,
        because="4 of 1,204 (0.3 %) training rows have a prompt that is measured on, in test.jsonl",
        evidence=tuple(Evidence(row=row, excerpt=f"voice.jsonl: {HOSTILE} {row}") for row in (7, 19, 240, 811)),
        fix="Delete these rows from the training data, or these prompts from test.jsonl.",
    )
    repeats = Check(
        code="DUP001",
        title="Exact duplicates",
        blocking=False,
        state="warn",
        value=0.025,
        limit=0.02,
        because="31 of 1,240 (2.5 %) rows repeat an earlier row",
        evidence=(Evidence(row=33, excerpt="voice.jsonl: as row 12"),),
        fix="Delete the repeats; nothing is learned from them twice.",
    )
    passed = Check(
        code="SEC001", title="Secrets", blocking=True, state="pass", value=0.0, limit=0.0, because="no row holds a key"
    )
    enough = Check(
        code="ROWS001", title="Enough rows", blocking=False, state="pass", value=1204.0, limit=500.0, because="1,204 rows"
    )
    skipped = Check(
        code="TRUNC001", title="Too long", blocking=False, state="skipped", value=None, limit=None, because="no model was given"
    )
    return CheckedData(
        passed=False,
        rows=1240,
        left=1204,
        profile=Profile(sources=(source,), notes=("The model has no chat template; a plain one was used.",)),
        checks=(skipped, passed, repeats, leak, enough),
    )
