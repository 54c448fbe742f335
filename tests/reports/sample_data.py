"""The data half of the sample run: profile, checks with every state, and lineage."""

from typing import Final

from reports.records.data import (
    Check,
    Checks,
    Content,
    Diversity,
    Evidence,
    Filter,
    Input,
    Lineage,
    Overlap,
    Profile,
    Quantiles,
    SourceProfile,
    Split,
    StageTokens,
    TokenCost,
    TopicShare,
)
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
            content=_content("prompt-completion", 652, ("prompt", "completion")),
        ),
        SourceProfile(
            label="ratings.jsonl",
            layout="preference (messages)",
            because="columns `prompt`, `chosen` and `rejected`",
            rows=834,
            rejected=0,
            prompt_tokens=lengths,
            completion_tokens=answers,
            content=_content("preference", 834, ("prompt", "chosen", "rejected")),
        ),
    )
    run.write(_profile(sources))
    run.write(Checks(checks=_checks(blocked)))
    if not blocked:
        run.write(_lineage())


def _profile(sources: tuple[SourceProfile, ...]) -> Profile:
    return Profile(
        sources=sources,
        notes=("The tokenizer had no pad token; the end token is used, masked in the loss.",),
        together=_content("preference", 1486, ("prompt", "completion", "chosen", "rejected")),
        overlaps=(Overlap(first="voice.jsonl", second="ratings.jsonl", prompts=212, share=0.325),),
        costs=(
            TokenCost(kind="prompt-completion", rows=652, tokens=24_410, trained=11_930, padding_share=0.31),
            TokenCost(kind="preference", rows=834, tokens=61_204, trained=30_870, padding_share=0.38),
        ),
        stages=(
            StageTokens(stage="1-sft", rows=512, epochs=3.0, tokens=57_506),
            StageTokens(stage="2-dpo", rows=560, epochs=2.0, tokens=82_192),
        ),
    )


def _content(kind: str, rows: int, fields: tuple[str, ...]) -> Content:
    words = (("caption", "photo", "mood", "story", "light"), ("subject", "email", "restock", "line", "sale"), ("label", "button"))
    return Content(
        kinds={kind: rows},
        characters=dict.fromkeys(fields, Quantiles(p5=31, p50=74, p95=190, maximum=402)),
        tokens=dict.fromkeys(fields, Quantiles(p5=9, p50=17, p95=57, maximum=122)),
        distinct_prompts=0.97,
        sampled=rows,
        turns=Quantiles(p5=2, p50=2, p95=4, maximum=6),
        system_share=0.25,
        tool_share=0.0,
        languages={"en": 0.94, "de": 0.04, "undetermined": 0.02},
        topics=tuple(
            TopicShare(words=words[place], share=share, rows=round(share * rows), source="voice.jsonl", example_row=12 + place)
            for place, share in enumerate((0.46, 0.33, 0.21))
        ),
        diversity=Diversity(words=10_000, distinct_1=0.182, distinct_2=0.64, distinct_3=0.881, type_token=0.69, compression=2.71),
    )


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
            accepted_by="" if blocked else "Ada",
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
        grouping="by prompt, and 46 prompts that nearly repeat another stay together in 21 groups",
        groups=21,
        lost=74,
    )
