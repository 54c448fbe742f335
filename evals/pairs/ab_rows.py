"""Reading A/B results: one answer a row, or two answers a row."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from evals.data.examples import excerpt
from evals.data.load import load
from evals.data.rejection import UnusableRowError
from evals.pairs.cells import PromptKey, count_of, prompt_of, text_of, words_of
from evals.pairs.two_rates import Rate
from reports.errors import DataError
from reports.records.pairs import RefusedRow

ONE_A_ROW: Final = ("prompt", "variant", "impressions", "clicks")
TWO_A_ROW: Final = ("prompt", "a", "b", "clicks_a", "impressions_a", "clicks_b", "impressions_b")


class Results(NamedTuple):
    """The rates of every answer by prompt; every row is in there or refused."""

    prompts: dict[PromptKey, dict[str, Rate]]
    sources: dict[PromptKey, str]
    """File in which a prompt was first seen."""
    labels: tuple[str, ...]
    rows: int
    refused: list[RefusedRow]


class _Shown(NamedTuple):
    """One answer to one prompt, as one row counted it."""

    prompt: PromptKey
    answer: str
    rate: Rate


def read_results(files: Sequence[str]) -> Results:
    """Read A/B results; rows of the same prompt and answer are added up.

    A row holds `prompt`, `variant`, `impressions` and `clicks`, or `prompt`, `a`, `b` and for both
    `clicks_a`, `impressions_a`, `clicks_b`, `impressions_b`.

    Raises:
        DataError: a file cannot be read, or none of its rows has these columns.
        MissingError: a file does not exist.
    """
    prompts: dict[PromptKey, dict[str, Rate]] = {}
    sources: dict[PromptKey, str] = {}
    refused: list[RefusedRow] = []
    places: dict[PromptKey, list[tuple[str, int]]] = {}
    labels, rows = [], 0
    for file in files:
        table = load(file)
        labels.append(table.label)
        rows += len(table.rows) + len(table.rejected)
        refused += [RefusedRow(source=table.label, row=r.number, reason=r.reason, excerpt=r.excerpt) for r in table.rejected]
        _check_columns([row.values for row in table.rows], table.label)
        for row in table.rows:
            try:
                shown = _read(row.values)
            except UnusableRowError as error:
                seen = excerpt(row.values.get("prompt", ""))
                refused.append(RefusedRow(source=table.label, row=row.number, reason=str(error), excerpt=seen))
                continue
            for prompt, answer, rate in shown:
                sources.setdefault(prompt, table.label)
                places.setdefault(prompt, []).append((table.label, row.number))
                answers = prompts.setdefault(prompt, {})
                before = answers.get(answer, Rate(0, 0))
                answers[answer] = Rate(before.clicks + rate.clicks, before.impressions + rate.impressions)
    reason = "nothing to compare with: this prompt has only one answer"
    for prompt in [prompt for prompt, answers in prompts.items() if len(answers) < 2]:
        del prompts[prompt]
        seen = excerpt(words_of(prompt))
        refused += [RefusedRow(source=label, row=number, reason=reason, excerpt=seen) for label, number in places[prompt]]
    return Results(prompts, sources, tuple(labels), rows, refused)


def _check_columns(rows: Sequence[Mapping[str, object]], label: str) -> None:
    if not any(set(columns) <= row.keys() for row in rows for columns in (ONE_A_ROW, TWO_A_ROW)):
        raise DataError(
            f"{label}: no row has the columns of an A/B result; the first has {', '.join(map(str, rows[0]))}. "
            f"Name them {', '.join(ONE_A_ROW)}, or {', '.join(TWO_A_ROW)}."
        )


def _read(values: Mapping[str, object]) -> list[_Shown]:
    prompt = prompt_of(values)
    if "variant" in values:
        return [_Shown(prompt, text_of(values, "variant"), _rate(values, "clicks", "impressions"))]
    sides = [(text_of(values, side), _rate(values, f"clicks_{side}", f"impressions_{side}")) for side in ("a", "b")]
    if sides[0][0] == sides[1][0]:
        raise UnusableRowError("'a' and 'b' are the same text")
    return [_Shown(prompt, answer, rate) for answer, rate in sides]


def _rate(values: Mapping[str, object], clicks: str, impressions: str) -> Rate:
    rate = Rate(count_of(values, clicks), count_of(values, impressions))
    if rate.impressions == 0:
        raise UnusableRowError(f"'{impressions}' is 0: this answer was never shown")
    if rate.clicks > rate.impressions:
        raise UnusableRowError(f"'{clicks}' is {rate.clicks}, more than the {rate.impressions} of '{impressions}'")
    return rate
