"""Cutting examples into splits by prompt, so that nothing is measured on a prompt it was trained on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from evals.data.deriving import asked, compared, imitated, rated
from evals.data.examples import Dropped, Example, plain
from evals.data.grouping import Grouping
from evals.data.keys import order_key, prompt_key
from reports.errors import DataError, MissingError
from reports.records.evaluation import Message, SuiteItem

Place = Literal["train", "held_out", "judge_train", "judge_eval"]
Need = Literal["sft", "pairs", "unpaired", "prompts", "judge"]
RowKind = Literal["demonstrations", "pairs", "ratings", "prompts"]

SMALLEST_SPLIT: Final = 20
JUDGE_SHARE: Final = 0.2
JUDGE_EVAL_SHARE: Final = 0.2
"""Of the judge's own rows."""
HELD_OUT_SHARE: Final = 0.1
LARGEST_HELD_OUT_SHARE: Final = 0.25

PURPOSES: Final = {
    "sft_train": "learned from by SFT",
    "sft_eval": "loss of SFT on held-out rows",
    "pairs_train": "learned from by DPO, ORPO or a reward stage",
    "pairs_eval": "loss and accuracy on held-out pairs",
    "unpaired_train": "learned from by KTO",
    "unpaired_eval": "loss of KTO on held-out ratings",
    "prompts_train": "prompts that GRPO or RLOO answers and is rewarded on",
    "prompts_eval": "reward on held-out prompts",
    "judge_train": "learned from by the judge",
    "judge_eval": "the judge's accuracy",
    "target": "held-out prompts for win rate and drift",
}
ROW_KINDS: Final[tuple[RowKind, ...]] = ("pairs", "demonstrations", "ratings", "prompts")
"""In the order in which prompts are counted and shown: one with a pair is a prompt of the pairs."""
JUDGE: Final[tuple[Place, ...]] = ("judge_train", "judge_eval")
KINDS_FOR: Final[dict[Need, tuple[RowKind, ...]]] = {
    "sft": ("demonstrations", "pairs", "ratings"),
    "pairs": ("pairs",),
    "unpaired": ("ratings", "pairs"),
    "prompts": ("prompts", "demonstrations", "pairs", "ratings"),
    "judge": ("pairs",),
}
"""Which rows a split is made of: the first kind that there is."""
DERIVE: Final[dict[Need, Callable[[Iterable[Example]], list[Example]]]] = {
    "sft": imitated,
    "pairs": compared,
    "unpaired": rated,
    "prompts": asked,
    "judge": compared,
}


class Needs(NamedTuple):
    """What the plan's stages read."""

    sft: bool
    pairs: bool
    judge: bool
    target_prompts: int
    seed: int
    unpaired: bool = False
    prompts: bool = False

    @property
    def reads(self) -> list[Need]:
        """The kinds of splits to make, in their order."""
        return [need for need in KINDS_FOR if getattr(self, need)]


class Rows(NamedTuple):
    """Usable rows by what they hold."""

    demonstrations: Sequence[Example] = ()
    pairs: Sequence[Example] = ()
    ratings: Sequence[Example] = ()
    prompts: Sequence[Example] = ()

    def of(self, name: RowKind) -> Sequence[Example]:
        """Return the rows of one kind."""
        found: Sequence[Example] = getattr(self, name)
        return found

    @property
    def all(self) -> list[Example]:
        """All rows, kind by kind."""
        return [row for kind in ROW_KINDS for row in self.of(kind)]


class Splits(NamedTuple):
    """The rows of each split a stage needs, and the prompts to measure on."""

    rows: dict[str, list[Example]]
    target: list[SuiteItem]
    reserved: list[Dropped]
    """Rows whose prompts the judge has."""


def kind_for(need: Need, rows: Rows) -> RowKind:
    """Return the rows that a split is made of: the first kind that there is."""
    kinds = KINDS_FOR[need]
    return next((kind for kind in kinds if rows.of(kind)), kinds[0])


def cut(rows: Rows, needs: Needs, grouping: Grouping) -> Splits:
    """Assign every group of prompts to one place by the seed, and every row to the splits of its place.

    Of the prompts with pairs the judge gets 20 %, a fifth of them to be tested on. 10 % of all
    prompts are held out, more (up to 25 %) where win rate needs them.
    """
    places = assign(rows, needs, grouping)
    at: dict[RowKind, dict[Place, list[Example]]] = {kind: _by_place(rows.of(kind), places) for kind in ROW_KINDS}
    splits: dict[str, list[Example]] = {}
    for need in needs.reads:
        found = at[kind_for(need, rows)]
        splits[f"{need}_train"] = DERIVE[need](found["judge_train" if need == "judge" else "train"])
        splits[f"{need}_eval"] = DERIVE[need](found["judge_eval" if need == "judge" else "held_out"])
    with_judge = [row for kind in ROW_KINDS if kind != "pairs" for place in JUDGE for row in at[kind][place]]
    reserved = [Dropped(row, "its prompt, or one nearly equal, is reserved for the judge") for row in with_judge]
    held_out = [row for kind in ROW_KINDS for row in at[kind]["held_out"]]
    return Splits(splits, _target(held_out, needs), reserved)


def assign(rows: Rows, needs: Needs, grouping: Grouping) -> dict[bytes, Place]:
    """Return the place of every prompt, by its key; the order of the rows does not matter.

    Groups go to one place whole. One that is larger than what a place still lacks is passed over, so that sizes
    keep to the rule; what nobody took is trained on.
    """
    pools = [_Pool(groups, needs.seed) for groups in _groups_by_kind(rows, grouping)]
    total = sum(pool.prompts for pool in pools)
    places: dict[bytes, Place] = {}
    for kind, pool in zip(ROW_KINDS, pools, strict=True):
        prompts = pool.prompts
        if needs.judge and kind == "pairs":
            judge = ceil(JUDGE_SHARE * prompts)
            evaluated = pool.take(ceil(JUDGE_EVAL_SHARE * judge))
            places |= dict.fromkeys(evaluated, "judge_eval")
            places |= dict.fromkeys(pool.take(judge - len(evaluated)), "judge_train")
        wanted = ceil(needs.target_prompts * prompts / max(1, total))
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


class _Group:
    """Prompts that stay together, and how many rows of the kind they are counted for they have."""

    def __init__(self) -> None:
        self.prompts: set[bytes] = set()
        self.rows = 0


class _Pool:
    """Groups in the seed's order, handed out from the front."""

    def __init__(self, groups: Mapping[bytes, _Group], seed: int) -> None:
        self._groups = [groups[key] for key in sorted(groups, key=lambda key: order_key(seed, key))]
        self.prompts = sum(len(group.prompts) for group in self._groups)
        self._smallest = SMALLEST_SPLIT if sum(group.rows for group in self._groups) >= 2 * SMALLEST_SPLIT else 0

    def take(self, prompts: int) -> list[bytes]:
        """Take groups that together have so many prompts, and more until they have the rows of a smallest split."""
        taken: list[_Group] = []
        left: list[_Group] = []
        wanted = prompts
        for group in self._groups:
            fits = len(group.prompts) <= wanted
            (taken if fits else left).append(group)
            wanted -= len(group.prompts) if fits else 0
        for group in sorted(left, key=lambda group: len(group.prompts)):
            has_rows = sum(one.rows for one in taken) >= self._smallest
            if has_rows and len(group.prompts) - wanted >= wanted:
                break
            taken.append(group)
            left.remove(group)
            wanted -= len(group.prompts)
        self._groups = left
        return [key for group in taken for key in sorted(group.prompts)]

    def take_all(self) -> list[bytes]:
        """Take what is left."""
        return [key for group in self._groups for key in sorted(group.prompts)]


def _groups_by_kind(rows: Rows, grouping: Grouping) -> list[dict[bytes, _Group]]:
    """Return the groups of each kind of rows; a group counts for the first kind that has a row of it."""
    found: list[dict[bytes, _Group]] = []
    home: dict[bytes, dict[bytes, _Group]] = {}
    for kind in ROW_KINDS:
        groups: dict[bytes, _Group] = {}
        found.append(groups)
        for row in rows.of(kind):
            key = prompt_key(row.fields["prompt"])
            name = grouping.group_of[key]
            group = home.setdefault(name, groups).setdefault(name, _Group())
            group.prompts.add(key)
            group.rows += home[name] is groups
    return found


def _by_place(examples: Sequence[Example], places: dict[bytes, Place]) -> dict[Place, list[Example]]:
    found: dict[Place, list[Example]] = {"train": [], "held_out": [], "judge_train": [], "judge_eval": []}
    for example in examples:
        found[places[prompt_key(example.fields["prompt"])]].append(example)
    return found


def _target(held_out: Sequence[Example], needs: Needs) -> list[SuiteItem]:
    by_prompt: dict[bytes, Example] = {}
    for example in held_out:
        by_prompt.setdefault(prompt_key(example.fields["prompt"]), example)
    chosen = sorted(by_prompt, key=lambda key: order_key(needs.seed, key))[: needs.target_prompts]
    return [_suite_item(key, by_prompt[key]) for key in chosen]


def _suite_item(key: bytes, example: Example) -> SuiteItem:
    prompt = example.fields["prompt"]
    return SuiteItem(
        id=key.hex(),
        suite="target",
        prompt=prompt if isinstance(prompt, str) else tuple(Message(**turn) for turn in prompt),
        family=example.carried.get("family", ""),
        reference=next((plain(row.fields["completion"]) for row in imitated([example]) if "completion" in row.fields), ""),
        category=example.carried.get("format", ""),
    )
