"""Writing the prepared data of a run: splits, rejected rows and lineage."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from evals.data.examples import Example, excerpt, plain
from evals.data.grouping import Grouping
from evals.data.reading import Source
from evals.data.splits import PURPOSES, Splits
from evals.data.trail import Trail
from reports.digest import file_digest
from reports.records.data import Input, Lineage, Split
from reports.rundir import RunDir, write_text


class LostRow(NamedTuple):
    """One line of `rejected.jsonl`."""

    source: str
    row: int
    reason: str
    excerpt: str


def write_rejected(run: RunDir, sources: Sequence[Source], trail: Trail) -> None:
    """Write every row that is in no split: rows that could not be used, then rows that a filter took, each with its reason."""
    unusable = (LostRow(source.label, row.number, row.reason, row.excerpt) for source in sources for row in source.rejected)
    filtered = (
        LostRow(row.source, row.number, reason, excerpt(plain(row.fields["prompt"]) or plain(row.fields[list(row.fields)[-1]])))
        for row, reason in trail.dropped
    )
    write_text(run.rejected, _lines(lost._asdict() for lost in chain(unusable, filtered)))


def write_splits(run: RunDir, splits: Splits, sources: Sequence[Source], trail: Trail, grouping: Grouping, seed: int) -> None:
    """Write the splits, and last the lineage: where it is, the data are complete."""
    rows: dict[str, Sequence[object]] = {name: _as_trained(found) for name, found in splits.rows.items()}
    rows["target"] = splits.target
    for name, found in rows.items():
        write_text(run.split(name), _lines(found))
    written = tuple(
        Split(name=name, rows=len(found), purpose=PURPOSES[name], digest=file_digest(run.split(name)))
        for name, found in rows.items()
    )
    inputs = tuple(Input(label=source.label, digest=source.digest, rows=source.rows) for source in sources)
    run.write(
        Lineage(
            inputs=inputs,
            filters=tuple(trail.filters),
            splits=written,
            seed=seed,
            grouping=grouping.rule,
            groups=grouping.groups,
            lost=sum(step.rows_in - step.rows_out for step in trail.filters),
        )
    )


def _as_trained(found: Sequence[Example]) -> list[dict[str, object]]:
    """Return rows as a trainer reads them: ratings with their label, prompts with the same further columns each.

    Definitions of tools stand as JSON in a column of all rows where a row has some, for the template to render.
    """
    further = dict.fromkeys(name for row in found if row.kind == "prompt-only" for name in row.columns)
    rows = [_row(row, further) for row in found]
    if any("tools" in row.carried for row in found):
        return [{**values, "tools": row.carried.get("tools")} for values, row in zip(rows, found, strict=True)]
    return rows


def _row(row: Example, further: Iterable[str]) -> dict[str, object]:
    if row.kind == "unpaired-preference":
        return {**row.fields, "label": row.carried["rating"] == "good"}
    return {**row.fields, **{name: row.columns.get(name) for name in further}}


def _lines(rows: Iterable[object]) -> str:
    encode = msgspec.json.encode
    return b"".join(encode(row) + b"\n" for row in rows).decode()
