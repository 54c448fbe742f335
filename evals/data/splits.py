"""Cutting examples into splits by prompt, so that nothing is measured on a prompt it was trained on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from evals.data.examples import Dropped, Example, plain
from evals.data.keys import order_key, prompt_key, row_key
from reports.errors import DataError, MissingError
from reports.records.evaluation import Message, SuiteItem

Place = Literal["train", "held_out", "judge_train", "judge_eval"]

SMALLEST_SPLIT: Final = 20
JUDGE_SHARE: Final = 0.2
JUDGE_EVAL_SHARE: Final = 0.2
"""Of the judge's own rows."""
HELD_OUT_SHARE: Final = 0.1
LARGEST_HELD_OUT_SHARE: Final = 0.25

PURPOSES: Final = {
    "sft_train": "learned from by SFT",
    "sft_eval": "loss of SFT on held-out rows",
    "pairs_train": "learned from by DPO",
    "pairs_eval": "loss and accuracy of DPO on held-out pairs",
    "judge_train": "learned from by the judge",
    "judge_eval": "the judge's accuracy",
    "target": "held-out prompts for win rate and drift",
}


class Needs(NamedTuple):
    """What the plan's stages read."""

    sft: bool
    pairs: bool
    judge: bool
    target_prompts: int
    seed: int


class Splits(NamedTuple):
    """The rows of each split a stage needs, and the prompts to measure on."""

    rows: dict[str, list[Example]]
    target: list[SuiteItem]
    reserved: list[Dropped]
    """Demonstrations whose prompts the judge has."""


def cut(demonstrations: Sequence[Example], pairs: Sequence[Example], needs: Needs) -> Splits:
    """Assign every prompt to one place by the seed, and every row to the splits of its place.

    Of the prompts with pairs the judge gets 20 %, a fifth of them to be tested on. 10 % of all
    prompts are held out, more (up to 25 %) where win rate needs them.
    """
    places = assign(demonstrations, pairs, needs)
    demonstrations_at, pairs_at = _by_place(demonstrations, places), _by_place(pairs, places)
    rows: dict[str, list[Example]] = {}
    if needs.sft:
        rows["sft_train"] = demonstrations_at["train"] if demonstrations else _chosen(pairs_at["train"])
        rows["sft_eval"] = demonstrations_at["held_out"] if demonstrations else _chosen(pairs_at["held_out"])
    if needs.pairs:
        rows |= {"pairs_train": pairs_at["train"], "pairs_eval": pairs_at["held_out"]}
    if needs.judge:
        rows |= {"judge_train": pairs_at["judge_train"], "judge_eval": pairs_at["judge_eval"]}
    with_judge = demonstrations_at["judge_train"] + demonstrations_at["judge_eval"]
    reserved = [Dropped(row, "its prompt is reserved for the judge") for row in with_judge]
    held_out = pairs_at["held_out"] + demonstrations_at["held_out"]
    return Splits(rows, _target(held_out, needs), reserved)


def assign(demonstrations: Sequence[Example], pairs: Sequence[Example], needs: Needs) -> dict[bytes, Place]:
    """Return the place of every prompt, by its key; the order of the rows does not matter."""
    with_pairs = Counter(prompt_key(row.fields["prompt"]) for row in pairs)
    alone = Counter(key for row in demonstrations if (key := prompt_key(row.fields["prompt"])) not in with_pairs)
    places: dict[bytes, Place] = {}
    for counts in (with_pairs, alone):
        pool = _Pool(counts, needs.seed)
        prompts = len(counts)
        if needs.judge and counts is with_pairs:
            judge = ceil(JUDGE_SHARE * prompts)
            evaluated = pool.take(ceil(JUDGE_EVAL_SHARE * judge))
            places |= dict.fromkeys(evaluated, "judge_eval")
            places |= dict.fromkeys(pool.take(judge - len(evaluated)), "judge_train")
        wanted = ceil(needs.target_prompts * prompts / max(1, len(with_pairs) + len(alone)))
        held_out = min(max(ceil(HELD_OUT_SHARE * prompts), wanted), int(LARGEST_HELD_OUT_SHARE * prompts))
        places |= dict.fromkeys(pool.take(held_out), "held_out")
        places |= dict.fromkeys(pool.take_all(), "train")
    return places


def check_sizes(splits: Splits, history: str) -> None:
    """Raise DataError where a split that a stage needs is too small; `history` says where rows went."""
    for name, rows in splits.rows.items():
        if len(rows) < SMALLEST_SPLIT:
            sizes = ", ".join(f"{other} {len(found):,}" for other, found in splits.rows.items())
            raise DataError(
                f"Only {len(rows)} rows are left for {name} ({PURPOSES[name]}), and at least {SMALLEST_SPLIT} are needed. "
                f"{history}. Splits by prompt: {sizes}. Add rows with other prompts, or, where rows were too long, raise "
                "max_length with --set or take a model with a longer context; data/rejected.jsonl in the run lists every "
                "row that went, and why."
            )


def read_split(path: Path) -> list[dict[str, object]]:
    """Read a prepared split; MissingError where it was not made."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingError(
            f"{path.name}: this split was not prepared. Run `tunegate run RUN` again to prepare the data."
        ) from error
    decode = msgspec.json.Decoder(dict[str, object]).decode
    return [decode(line) for line in data.splitlines()]


class _Pool:
    """Prompts in the seed's order, handed out from the front."""

    def __init__(self, counts: Counter[bytes], seed: int) -> None:
        self._counts = counts
        self._smallest = SMALLEST_SPLIT if counts.total() >= 2 * SMALLEST_SPLIT else 0
        self._keys = iter(sorted(counts, key=lambda key: order_key(seed, key)))

    def take(self, prompts: int) -> list[bytes]:
        """Take so many prompts, and more until they have the rows of a smallest split."""
        taken: list[bytes] = []
        rows = 0
        while len(taken) < prompts or rows < self._smallest:
            key = next(self._keys, None)
            if key is None:
                break
            taken.append(key)
            rows += self._counts[key]
        return taken

    def take_all(self) -> list[bytes]:
        """Take what is left."""
        return list(self._keys)


def _by_place(examples: Sequence[Example], places: dict[bytes, Place]) -> dict[Place, list[Example]]:
    found: dict[Place, list[Example]] = {"train": [], "held_out": [], "judge_train": [], "judge_eval": []}
    for example in examples:
        found[places[prompt_key(example.fields["prompt"])]].append(example)
    return found


def _chosen(pairs: Iterable[Example]) -> list[Example]:
    """Return the chosen answers as demonstrations, each once."""
    found: dict[bytes, Example] = {}
    for pair in pairs:
        fields = {"prompt": pair.fields["prompt"], "completion": pair.fields["chosen"]}
        demonstration = pair._replace(kind="prompt-completion", fields=fields)
        found.setdefault(row_key(demonstration), demonstration)
    return list(found.values())


def _target(held_out: Sequence[Example], needs: Needs) -> list[SuiteItem]:
    by_prompt: dict[bytes, Example] = {}
    for example in held_out:
        by_prompt.setdefault(prompt_key(example.fields["prompt"]), example)
    chosen = sorted(by_prompt, key=lambda key: order_key(needs.seed, key))[: needs.target_prompts]
    return [_suite_item(key, by_prompt[key]) for key in chosen]


def _suite_item(key: bytes, example: Example) -> SuiteItem:
    prompt = example.fields["prompt"]
    answer = example.fields["chosen" if example.kind == "preference" else "completion"]
    return SuiteItem(
        id=key.hex(),
        suite="target",
        prompt=prompt if isinstance(prompt, str) else tuple(Message(**turn) for turn in prompt),
        family=example.carried.get("family", ""),
        reference=plain(answer),
        category=example.carried.get("format", ""),
    )
