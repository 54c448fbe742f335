"""PRE201 to PRE207: the rows as the trainer tokenized and collates them, and the template doctor on the split it reads."""

import hashlib
from typing import Any, Final, cast

from evals.data.checks.model import generation_ends
from evals.data.examples import Example, Fields, Form, Kind, Text
from evals.data.splits import read_split
from evals.data.template.doctor import doctor, without_looking
from reports.records.data import Check
from trainers.methods import splits_of
from trainers.preflight.rule import Finding, Need, Rule
from trainers.preflight.sequences import BRANCHES, LOOKED_AT, UNTRAINED, Branch, branches_of, collated, first_rows
from trainers.preflight.subject import Subject

ENOUGH: Final = 0.99
"""Share of complete answers that must end."""
MOST_LOST: Final = 0.10
"""Share of rows left out, or of answers cut, from which on it is worth a look."""
MOST_EQUAL: Final = 0.01
"""Share of pairs that may be equal once they are cut."""
PROBE: Final = ({"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "4."})
KINDS: Final[dict[str, Kind]] = {"rejected": "preference", "label": "unpaired-preference", "completion": "prompt-completion"}
"""What a prepared row is, by a column that only it has; in order of precedence."""

GIVEN_ANSWERS = Need(lambda subject: not subject.needs.samples, "the model samples its own answers")
LABELLED = Need(
    lambda subject: not subject.needs.samples and subject.needs.is_policy, "no loss is taken over the tokens of given answers"
)
PAIRS = Need(lambda subject: subject.needs.needs_pairs, "the rows are no pairs")
IS_KTO = Need(lambda subject: subject.stage.method == "kto", "the rows are not ratings")
SAMPLES = Need(lambda subject: subject.needs.samples, "no reward reads the rows")
HAS_TURNS = Need(lambda subject: not isinstance(subject.trainer.train_dataset[0]["prompt"], str), "rows are plain texts")


def check_lost(subject: Subject) -> Finding:
    """Count the rows that are longer than max_length and so left out."""
    kept = len(subject.trainer.train_dataset)
    share = subject.rows_lost / (kept + subject.rows_lost)
    said = f"{subject.rows_lost:,} of {kept + subject.rows_lost:,} rows are left out, too long"
    fix = f"Raise max_length (it is {subject.values.get('max_length')}) if the model's context allows it, or shorten the rows."
    return Finding("warn" if share > MOST_LOST else "pass", said, share, MOST_LOST, fix)


def check_ends(subject: Subject) -> Finding:
    """See that complete answers end with a token that stops generation (trl#1623, trl#3091, unsloth#416)."""
    ends, limit = _end_tokens(subject), subject.number("max_length", float("inf"))
    branches = [branch for row in first_rows(subject) for branch in branches_of(row)[:1] if len(branch.ids) < limit]
    if not branches:
        return Finding("skipped", "every answer is cut by max_length")
    share = sum(bool(ends & set(branch.learned)) for branch in branches) / len(branches)
    said = f"{share:.0%} of {len(branches)} complete answers end with an end token that is learned"
    fix = "Check the chat template: an assistant turn must close with the tokenizer's eos_token."
    return Finding("pass" if share >= ENOUGH else "fail", said, share, ENOUGH, fix)


def _end_tokens(subject: Subject) -> set[int]:
    configured = getattr(getattr(subject.trainer.model, "generation_config", None), "eos_token_id", None)
    ends = {subject.trainer.processing_class.eos_token_id, *(configured if isinstance(configured, list) else [configured])}
    return ends - {None}


def check_labels(subject: Subject) -> Finding:
    """Count collated rows without a label (unsloth#2095, trl#1820): their loss is none, or NaN."""
    labels = collated(subject, first_rows(subject, 32)).labels
    if labels is None:
        return Finding("skipped", "the batch holds no labels")
    empty = int((labels != UNTRAINED).sum(dim=1).eq(0).sum())
    said = f"{empty} of {len(labels)} collated rows have no label"
    fix = "Shorten prompts, raise max_length, or let the mask cover the answer; `tunegate check --show-mask 3` shows it."
    return Finding("fail" if empty else "pass", said, empty / len(labels), 0.0, fix)


def check_truncation(subject: Subject) -> Finding:
    """Compare answers after they were cut (trl#2551, trl#4808): pairs that became equal, branches that mostly lose their end."""
    limit = subject.number("max_length", float("inf"))
    found = [branches_of(row) for row in first_rows(subject)]
    equal = sum(len(pair) == 2 and _cut(subject, pair[0].ids, limit) == _cut(subject, pair[1].ids, limit) for pair in found)
    cut = {name: _share_cut(found, name, limit) for name in BRANCHES}
    cuts = ", ".join(f"{name} {share:.0%}" for name, share in cut.items() if share is not None)
    worst = max((share for share in cut.values() if share is not None), default=0.0)
    said = f"cut at max_length: {cuts}" + (f"; {equal} of {len(found)} pairs are equal after the cut" if equal else "")
    fix = "Raise max_length or shorten the prompts: a cut answer is judged by its beginning, and equals teach nothing."
    fails = equal > len(found) * MOST_EQUAL
    return Finding("fail" if fails else "warn" if equal or worst > MOST_LOST else "pass", said, worst, MOST_LOST, fix)


def _cut(subject: Subject, ids: tuple[int, ...], limit: float) -> tuple[int, ...]:
    if len(ids) <= limit:
        return ids
    return ids[-int(limit) :] if subject.values.get("truncation_mode") == "keep_end" else ids[: int(limit)]


def _share_cut(found: list[list[Branch]], name: str, limit: float) -> float | None:
    lengths = [len(branch.ids) for branches in found for branch in branches if branch.name == name]
    return sum(length >= limit for length in lengths) / len(lengths) if lengths else None


def check_balance(subject: Subject) -> Finding:
    """See that good and bad answers weigh alike (trl#1467, ms-swift#2167): KTO's authors advise a ratio from 1 to 4/3."""
    from trainers.kto import LARGEST_RATIO

    labels = list(subject.trainer.train_dataset["label"])
    good = labels.count(True) * subject.trainer.args.desirable_weight
    bad = labels.count(False) * subject.trainer.args.undesirable_weight
    ratio = good / bad if bad else float("inf")
    said = f"good answers weigh {ratio:.2f} times what bad ones do ({labels.count(True)} good, {labels.count(False)} bad)"
    inside = 0.99 <= ratio <= LARGEST_RATIO * 1.01
    fix = "Leave desirable_weight and undesirable_weight at auto."
    return Finding("pass" if inside else "warn", said, ratio, LARGEST_RATIO, fix)


def check_columns(subject: Subject) -> Finding:
    """See that the columns of the split reach the rewards (transformers#43598, trl#2233)."""
    wanted = set(read_split(subject.run.split(splits_of(subject.stage).train))[0])
    kept = set(subject.trainer.train_dataset.column_names)
    dropped = sorted(wanted - kept) or (sorted(wanted - {"prompt"}) if subject.trainer.args.remove_unused_columns else [])
    fix = "Leave remove_unused_columns=false, and keep the columns through every map of the data."
    if dropped:
        return Finding("fail", f"{', '.join(dropped)} would not reach the rewards", float(len(dropped)), 0.0, fix)
    return Finding("pass", f"rewards see {', '.join(sorted(kept))}", 0.0, 0.0)


def check_served_template(subject: Subject) -> Finding:
    """Compare the training's chat template with the model folder's (unsloth#3899, ollama#2334), and digest what it writes."""
    from transformers import AutoTokenizer

    from evals.model_source import model_place

    mine = subject.trainer.processing_class
    digest = digest_of(mine)
    served = AutoTokenizer.from_pretrained(model_place(subject.plan.model.name))
    fix = "Serve with the tokenizer and chat_template.jinja saved beside the trained weights."
    if not served.chat_template:
        return Finding("warn", f"the model folder has no chat template; training writes digest {digest}", fix=fix)
    theirs = digest_of(served)
    if theirs != digest:
        return Finding("fail", f"training renders a probe to digest {digest}, the model folder to {theirs}", fix=fix)
    return Finding("pass", f"a probe renders to digest {digest} here and with the model folder")


def digest_of(tokenizer: Any) -> str:
    """Return twelve digits of the sha256 over a rendered probe with and without its answer."""
    turns = [dict(turn) for turn in PROBE]
    texts = (
        tokenizer.apply_chat_template(turns, tokenize=False),
        tokenizer.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True),
    )
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def doctored(subject: Subject) -> tuple[Check, ...]:
    """Return TMPL001 to TMPL007 on the rows that the stage reads, with its tokenizer and collator."""
    if not GIVEN_ANSWERS.is_met(subject):
        return without_looking(GIVEN_ANSWERS.lacking)
    examples = _examples(subject)
    if not examples:
        return without_looking("the split holds no answers")
    trainer = subject.trainer
    limit = getattr(trainer.args, "max_length", None)
    sft = subject.stage.method == "sft"
    packed = sft and bool(trainer.args.packing or trainer.args.padding_free)
    return doctor(
        examples,
        trainer.processing_class,
        limit,
        generation_ends=generation_ends(subject.plan.model),
        assistant_only=subject.values.get("assistant_only_loss") is True,
        collator=trainer.data_collator if sft and not packed else None,
    )


def _examples(subject: Subject) -> list[Example]:
    rows = read_split(subject.run.split(splits_of(subject.stage).train))[:LOOKED_AT]
    found = []
    for number, row in enumerate(rows, start=1):
        kind = next((kind for name, kind in KINDS.items() if name in row), None)
        if kind is not None:
            fields: Fields = {name: cast("Text", row[name]) for name in ("prompt", *BRANCHES) if name in row}
            form: Form = "text" if isinstance(row["prompt"], str) else "messages"
            found.append(Example(splits_of(subject.stage).train, number, kind, form, fields, {}))
    return found


def stop_watching(trainer: Any) -> None:
    """Leave out the evaluations of a trainer."""
    from transformers.trainer_utils import IntervalStrategy

    trainer.eval_dataset = None
    trainer.args.eval_strategy = IntervalStrategy.NO
    trainer.args.eval_on_start = False


RULES: Final[tuple[Rule, ...]] = (
    Rule("PRE201", "Rows fit into max_length", check_lost, (GIVEN_ANSWERS,)),
    Rule("PRE202", "Answers end with a learned end token", check_ends, (GIVEN_ANSWERS,)),
    Rule("PRE203", "Every collated row has a label", check_labels, (LABELLED,), blocking=True),
    Rule("PRE204", "Answers survive the cut", check_truncation, (GIVEN_ANSWERS,), blocking=True),
    Rule("PRE205", "Good and bad answers weigh alike", check_balance, (IS_KTO,)),
    Rule("PRE206", "Every column reaches the rewards", check_columns, (SAMPLES,), blocking=True),
    Rule("PRE207", "Training and serving render alike", check_served_template, (HAS_TURNS,)),
)
