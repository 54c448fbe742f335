"""The data half of the sample run: profile, checks with every state, and lineage."""

from typing import Final

from reports.records.data import Check, Checks, Evidence, Filter, Input, Lineage, Profile, Quantiles, SourceProfile, Split
from reports.rundir import RunDir
from tests.reports.sample_decision import ACCEPTED, SEED

SPLITS: Final = {
    "sft_train": 512,
    "sft_eval": 64,
    "pairs_train": 560,
    "pairs_eval": 70,
    "judge_train": 112,
    "judge_eval": 30,
    "target": 60,
}
PURPOSES: Final = {"sft": "SFT", "pairs": "DPO", "judge": "the judge", "target": "win rate and drift"}


def write_data(run: RunDir, blocked: bool) -> None:
    """Write profile and checks, and the lineage unless a failed check blocks the run."""
    lengths = Quantiles(p5=9, p50=17, p95=31, maximum=44)
    answers = Quantiles(p5=4, p50=14, p95=57, maximum=122)
    formats = {"email subject line": 212, "photo caption": 160, "button label": 96, "product description": 184}
    sources = (
        SourceProfile(
            label="voice.jsonl",
            layout="prompt-completion (messages)",
            because="columns `prompt` and `completion`, both lists of role and content",
            rows=652,
            rejected=2,
            prompt_tokens=lengths,
            completion_tokens=answers,
            formats=formats,
        ),
        SourceProfile(
            label="ratings.jsonl",
            layout="preference (messages)",
            because="columns `prompt`, `chosen` and `rejected`",
            rows=834,
            rejected=0,
            prompt_tokens=lengths,
            completion_tokens=answers,
        ),
    )
    run.write(Profile(sources=sources, notes=("The tokenizer had no pad token; the end token is used, masked in the loss.",)))
    run.write(Checks(checks=_checks(blocked)))
    if not blocked:
        run.write(_lineage())


def _checks(blocked: bool) -> tuple[Check, ...]:
    copies = tuple(Evidence(row=row, excerpt=f"Back in stock today: jasmine pearls. ({row})") for row in (18, 204, 377))
    return (
        Check(
            code="DUP-EXACT",
            title="Exact duplicates",
            blocking=True,
            state="fail",
            value=0.031,
            limit=0.02,
            because="20 of 652 rows repeat another row.",
            evidence=copies,
            fix="Keep one of each, for example with `--drop-duplicates`.",
            accepted_because="" if blocked else ACCEPTED,
        ),
        Check(
            code="LEAK-SPLIT",
            title="Prompts in training and evaluation",
            blocking=True,
            state="pass",
            value=0.0,
            limit=0.0,
            because="No prompt stands in two splits.",
        ),
        Check(
            code="LEN-BIAS",
            title="Chosen answers are longer",
            blocking=False,
            state="warn",
            value=0.64,
            limit=0.6,
            because="In 64 % of pairs the chosen answer is the longer one; the model may learn length.",
            evidence=(Evidence(row=9, excerpt="chosen 41 tokens, rejected 6 tokens"),),
            fix="Add pairs whose chosen answer is short.",
        ),
        Check(
            code="EMPTY",
            title="Empty fields",
            blocking=True,
            state="pass",
            value=0.0,
            limit=0.0,
            because="Two rows with an empty completion were left out before this check.",
        ),
        Check(
            code="AUDIT",
            title="Spot audit of labels",
            blocking=False,
            state="skipped",
            value=None,
            limit=0.9,
            because="No audit labels were given.",
            fix="Label 60 random pairs with `tunegate label`.",
        ),
    )


def _lineage() -> Lineage:
    splits = [
        Split(name=name, rows=rows, purpose=PURPOSES[name.split("_")[0]], digest=f"{i:02x}" * 32)
        for i, (name, rows) in enumerate(SPLITS.items())
    ]
    return Lineage(
        inputs=(
            Input(label="voice.jsonl", digest="91ac44d0" * 8, rows=652),
            Input(label="ratings.jsonl", digest="07be21f3" * 8, rows=834),
        ),
        filters=(
            Filter(name="empty fields", rows_in=1486, rows_out=1484, because="2 rows had an empty completion"),
            Filter(name="too long", rows_in=1484, rows_out=1472, because="12 rows exceed 192 tokens"),
            Filter(name="held out by prompt", rows_in=1472, rows_out=1412, because="60 prompts are kept for measuring"),
        ),
        splits=tuple(splits),
        seed=SEED,
    )
