"""Synthetic pairs: a good answer against the same answer made worse on purpose."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evals.data.examples import Example, Text, plain
from evals.data.formats import detect
from evals.data.keys import prompt_key
from evals.data.load import load
from evals.data.reading import read_table
from evals.pairs.degradations import DEGRADATIONS, KINDS, OTHER_PROMPT
from reports.errors import UsageError
from reports.records.pairs import DegradedPair, RefusedRow

GOOD_ANSWER = {"preference": "chosen", "prompt-completion": "completion", "unpaired-preference": "completion"}


class Good(NamedTuple):
    """Rows with a good answer; every row is in there or refused."""

    examples: list[Example]
    labels: tuple[str, ...]
    rows: int
    refused: list[RefusedRow]


class DegradedPairs(NamedTuple):
    """Real pairs, synthetic ones, and demonstrations that no degradation fits; a real pair stays one in any case."""

    real: list[DegradedPair]
    synthetic: list[DegradedPair]
    refused: list[RefusedRow]

    def kinds(self) -> dict[str, int]:
        """Return the synthetic pairs by kind."""
        return dict(Counter(pair.degradation for pair in self.synthetic))


def read_good(files: Sequence[str]) -> Good:
    """Read pairs and demonstrations of any layout that training reads; answers rated as bad are refused.

    Raises:
        DataError, MissingError: a file cannot be read as training data.
    """
    tables = [load(file) for file in files]
    layouts = [detect(table.rows, table.label) for table in tables]
    with_messages = any(layout.form == "messages" for layout in layouts)
    found = Good([], tuple(table.label for table in tables), sum(len(t.rows) + len(t.rejected) for t in tables), [])
    for table, layout in zip(tables, layouts, strict=True):
        read = read_table(table, layout, with_messages)
        for row in read.rejected:
            found.refused.append(RefusedRow(source=table.label, row=row.number, reason=row.reason, excerpt=row.excerpt))
        for example in read.examples:
            if reason := _unfit(example):
                found.refused.append(RefusedRow(source=table.label, row=example.number, reason=reason))
            else:
                found.examples.append(example)
    return found


def _unfit(example: Example) -> str:
    """Say why a row has no good answer; empty: it has one."""
    if example.kind not in GOOD_ANSWER:
        return "it has no answer that could be the chosen one"
    return "its answer is rated as bad, so it cannot be the chosen one" if example.carried.get("rating") == "bad" else ""


def degrade(good: Good, cap: float = 0.2, kinds: Sequence[str] = KINDS, seed: int = 0) -> DegradedPairs:
    """Return the real pairs, and with them as many synthetic ones as `cap` allows: their share of all is at most `cap`.

    The kinds are used in turn, so that none of them is the only thing to learn; which rows are taken depends on `seed` only.

    Raises:
        UsageError: there are no real pairs to hold the cap against.
    """
    real = [_real(example) for example in good.examples if example.kind == "preference"]
    most = len(good.examples) if cap >= 1 else int(cap * len(real) / (1 - cap) + 1e-9)
    if not real and cap < 1:
        raise UsageError(
            f"no real pairs: everything built would be synthetic, and --cap allows {cap:.0%}. "
            "Give a file of real pairs, too, or accept it with --cap 1."
        )
    rng = random.Random(seed)
    order = rng.sample(good.examples, len(good.examples))
    used = Counter(dict.fromkeys(kinds, 0))
    found = DegradedPairs(real, [], [])
    for example in order:
        if len(found.synthetic) >= most:
            break
        made = _degrade(example, order, used, rng)
        if made is not None:
            used[made.degradation] += 1
            found.synthetic.append(made)
        elif example.kind != "preference":
            reason = f"none of {', '.join(kinds)} fits this answer"
            found.refused.append(RefusedRow(source=example.source, row=example.number, reason=reason))
    return found


def _degrade(example: Example, all_rows: Sequence[Example], used: Mapping[str, int], rng: random.Random) -> DegradedPair | None:
    """Use the kind used least so far among those that fit."""
    answer = example.fields[GOOD_ANSWER[example.kind]]
    for kind in sorted(used, key=lambda kind: used[kind]):
        worse = _other_answer(example, all_rows, rng) if kind == OTHER_PROMPT else _rewritten(answer, kind, rng)
        if worse is not None and plain(worse).strip() != plain(answer).strip():
            return _pair(example, answer, worse, kind)
    return None


def _rewritten(answer: Text, kind: str, rng: random.Random) -> Text | None:
    text = plain(answer)
    worse = DEGRADATIONS[kind](text, rng)
    if worse is None:
        return None
    if isinstance(answer, str):
        return text[: len(text) - len(text.lstrip())] + worse.lstrip()
    return [*answer[:-1], {**answer[-1], "content": worse}]


def _other_answer(example: Example, all_rows: Sequence[Example], rng: random.Random) -> Text | None:
    """Return the answer to another prompt; None where some tries find none."""
    own = prompt_key(example.fields["prompt"])
    for other in (rng.choice(all_rows) for _ in range(20)):
        if prompt_key(other.fields["prompt"]) != own:
            return other.fields[GOOD_ANSWER[other.kind]]
    return None


def _real(example: Example) -> DegradedPair:
    return _pair(example, example.fields["chosen"], example.fields["rejected"], "")


def _pair(example: Example, chosen: Text, rejected: Text, kind: str) -> DegradedPair:
    return DegradedPair(
        prompt=example.fields["prompt"],
        chosen=chosen,
        rejected=rejected,
        source=f"{example.source}, row {example.number}",
        synthetic=bool(kind),
        degradation=kind,
    )
