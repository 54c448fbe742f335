"""Judgements made anywhere, read, averaged over both orders and joined with lengths by prompt."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, TypeVar

import msgspec

from evals.stats.interval import Interval
from evals.stats.length_control import LengthControlled, length_controlled_win_rate
from evals.stats.proportions import exact_interval
from evals.stats.sequential import sequential_mean
from evals.stats.winrate import win_rate
from reports.errors import DataError, MissingError, UsageError
from reports.records.evaluation import Completion, Judgement
from reports.records.statistics import WinRate
from reports.rows import read_rows

EVEN: Final = 0.5
LEVEL: Final = 0.05
ORDERS: Final = ("baseline_first", "candidate_first")
FEWEST: Final = 30
"""Below this a length effect is hardly learned."""

Row = TypeVar("Row")


class JudgedRow(Judgement, frozen=True, kw_only=True, omit_defaults=True):
    """A line of judgements; what a run writes, and for judgements made elsewhere lengths and family beside it."""

    preference: Annotated[float, msgspec.Meta(ge=0, le=1)] | None
    judge: str = ""
    order: Literal["baseline_first", "candidate_first", "pointwise"] = "pointwise"
    family: str = ""
    baseline_length: float | None = None
    """Length of the answer, in any unit that both sides share."""
    candidate_length: float | None = None


class Prompt(NamedTuple):
    """One prompt, judged."""

    preference: float | None
    """0 to 1 for the candidate, averaged over orders; None: an order is missing."""
    agrees: bool | None
    """Whether both orders gave the same verdict; None: not both were judged."""
    family: str
    extra_length: float | None
    """The candidate's length minus the baseline's."""
    prompt_id: str = ""


def read_judgements(path: Path, judge: str | None = None) -> list[JudgedRow]:
    """Return the judgements of one judge; a row that repeats prompt and order, as a retry does, replaces the one before.

    Raises:
        MissingError: the file does not exist.
        DataError: a line is no judgement.
        UsageError: the file holds several judges, or not the one asked for.
    """
    rows = read_all(path)
    judges = sorted({row.judge for row in rows})
    if judge is None and len(judges) > 1:
        raise UsageError(f"{path}: judgements of {', '.join(judges)}. Choose one with --judge NAME; a mean of judges hides both.")
    if judge is not None and judge not in judges:
        raise UsageError(f"{path}: no judgements of `{judge}`. Judges: {', '.join(judges) or 'none'}.")
    return list({(row.prompt_id, row.order): row for row in rows if judge in (None, row.judge)}.values())


def read_all(path: Path) -> list[JudgedRow]:
    """Return the judgements of all judges, repeats included; MissingError without a file, DataError for a line that is none."""
    return _read(path, JudgedRow, "a judgement")


def as_rows(judgements: Sequence[Judgement]) -> list[JudgedRow]:
    """Return judgements in the form that judgements made elsewhere have."""
    return [JudgedRow(**msgspec.structs.asdict(found)) for found in judgements]


def read_lengths(path: Path) -> dict[str, Mapping[str, float]]:
    """Return characters by prompt and side from a ledger of completions, `completions.jsonl` of a run."""
    found: dict[str, dict[str, float]] = {}
    for row in _read(path, Completion, "a completion of a run"):
        if row.completion is not None and row.suite == "target":
            found.setdefault(row.prompt_id, {})[row.side] = float(len(row.completion))
    return {prompt: sides for prompt, sides in found.items() if len(sides) == 2}


def by_prompt(
    rows: Sequence[JudgedRow], lengths: Mapping[str, Mapping[str, float]] | None = None, soft: bool = False
) -> list[Prompt]:
    """Return every prompt once; where a judge was asked in both orders, a prompt without both is missing.

    One order alone would carry the judge's liking for a position. Without `soft` each judgement counts as a win, loss or tie.
    """
    both = {row.order for row in rows} >= set(ORDERS)
    grouped: dict[str, list[JudgedRow]] = {}
    for row in rows:
        grouped.setdefault(row.prompt_id, []).append(row)
    return [_prompt(group, both, (lengths or {}).get(prompt), soft) for prompt, group in grouped.items()]


def summarise(
    judge: str, prompts: Sequence[Prompt], length_controlled: bool = False, sequential: bool = False, level: float = LEVEL
) -> WinRate:
    """Return the win rate with limits, and on demand the length-controlled one.

    Raises:
        NotEnoughError: no prompt has a complete judgement.
        DataError: length control is asked for and lengths are missing.
    """
    judged = [prompt for prompt in prompts if prompt.preference is not None]
    preferences, families = [prompt.preference or 0.0 for prompt in judged], [prompt.family for prompt in judged]
    rate = _sequential(preferences, families, level) if sequential else win_rate(preferences, families, level)
    agreeing = [prompt.agrees for prompt in judged if prompt.agrees is not None]
    controlled = _controlled(judged, level) if length_controlled else None
    return WinRate(
        judge=judge,
        win_rate=rate.estimate(),
        method=rate.method,
        wins=sum(value > EVEN for value in preferences),
        ties=sum(value == EVEN for value in preferences),
        losses=sum(value < EVEN for value in preferences),
        missing=len(prompts) - len(judged),
        orders_agree=exact_interval(sum(agreeing), len(agreeing), level).estimate() if agreeing else None,
        length_controlled=controlled.rate.estimate() if controlled else None,
        length_effect=controlled.length_effect if controlled else None,
        longer=controlled.longer if controlled else None,
        notes=tuple(_notes(len(prompts) - len(judged), len(prompts), controlled)),
    )


def _prompt(group: Sequence[JudgedRow], both: bool, lengths: Mapping[str, float] | None, soft: bool) -> Prompt:
    verdicts = {row.order: row.preference if soft or row.preference is None else _verdict(row.preference) for row in group}
    known = [value for value in verdicts.values() if value is not None]
    complete = len(known) == len(group) and (not both or set(ORDERS) <= verdicts.keys())
    agrees = len({_verdict(value) for value in known}) == 1 if both and complete else None
    row = group[0]
    extra = None
    if row.baseline_length is not None and row.candidate_length is not None:
        extra = row.candidate_length - row.baseline_length
    elif lengths is not None:
        extra = lengths["candidate"] - lengths["baseline"]
    return Prompt(sum(known) / len(known) if complete else None, agrees, row.family, extra, row.prompt_id)


def _verdict(preference: float) -> float:
    return EVEN if preference == EVEN else float(preference > EVEN)


def _sequential(preferences: Sequence[float], families: Sequence[str], level: float) -> Interval:
    """Give each family one value, at the place where its first prompt stands."""
    grouped: dict[str | int, list[float]] = {}
    for place, (value, family) in enumerate(zip(preferences, families, strict=True)):
        grouped.setdefault(family or place, []).append(value)
    found = sequential_mean([sum(values) / len(values) for values in grouped.values()], level)
    return found._replace(n=len(preferences))


def _controlled(judged: Sequence[Prompt], level: float) -> LengthControlled:
    without = sum(prompt.extra_length is None for prompt in judged)
    if without:
        raise DataError(
            f"{without} of {len(judged)} judged prompts have no lengths. Give `baseline_length` and `candidate_length` with each "
            "judgement, or --completions completions.jsonl of the run, which is joined by `prompt_id`."
        )
    return length_controlled_win_rate(
        [prompt.preference or 0.0 for prompt in judged],
        [prompt.extra_length or 0.0 for prompt in judged],
        [prompt.family for prompt in judged],
        level,
    )


def _notes(missing: int, total: int, controlled: LengthControlled | None) -> list[str]:
    notes = [f"{missing} of {total} prompts lack a judgement; they are missing, not ties."] if missing else []
    if controlled is not None and controlled.is_extrapolated:
        notes.append(
            f"The candidate's answer is the longer one on {controlled.longer:.0%} of prompts, so the win rate at equal lengths "
            "lies beyond what was seen and rests on the model's form."
        )
    if controlled is not None and controlled.rate.n < FEWEST:
        notes.append(f"{controlled.rate.n} prompts hardly show what length does; {FEWEST} or more are better.")
    return notes


def _read(path: Path, kind: type[Row], what: str) -> list[Row]:
    if not path.is_file():
        raise MissingError(f"{path}: no such file. Name a file of JSON lines.")
    return [row for _, row in read_rows(path, kind, what, "Correct or drop the line.")]
