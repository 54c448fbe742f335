"""The state of checking data: the fields as typed, what to check, and where the findings go."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from reports.errors import UsageError
from reports.records.intake import Fact
from selector.check_process import CheckOrder
from selector.tui.scorecard import read_sources

TakeFact = Callable[[str, Fact], object]
"""Called with a file and the fact that a complete audit of it shows."""


@dataclass
class DataForm:
    """The fields of the data screen, as typed."""

    data_text: str = ""
    against_text: str = ""
    model_text: str = ""
    layout: str = ""
    """What rows that fit several kinds are read as, once a person said so."""

    def order(self) -> CheckOrder:
        """Return what is to be checked; UsageError where nothing is named, or a quotation mark is not closed."""
        data, model, _ = read_sources(self.data_text, self.model_text)
        if not data:
            raise UsageError("Name at least one file of data first.")
        return CheckOrder(data, read_sources(self.against_text, "").data, model, self.layout)


class Visit(NamedTuple):
    """Why data are looked at, and where what is found there goes."""

    accepted: dict[str, str] | None = None
    """Reasons by code of the failing checks that the coming run accepts; None: no run is coming."""
    changed: Callable[[], object] = lambda: None
    """Called when `accepted` changed."""
    take_fact: TakeFact | None = None


def form_of(data: tuple[str, ...], model: str, layout: str = "") -> DataForm:
    """Return the form filled with what is known already."""
    return DataForm(shlex.join(data), model_text=model, layout=layout)


def clean_text(rows: int, removed: "dict[str, int]") -> str:
    """Say how many rows a cleaned set leaves out, and why."""
    went = sum(removed.values())
    if not went:
        return f"All {rows:,} rows stay: there is no fault that can be mended by leaving rows out."
    lines = [f"{went:,} of {rows:,} rows go, {rows - went:,} stay:"]
    return "\n".join([*lines, *(f"  {count:>7,}  {because}" for because, count in removed.items())])


def suggested_folder(order: CheckOrder) -> str:
    """Return a name for the folder of the cleaned set."""
    from pathlib import Path

    first = Path(order.sources[0])
    return str(first.with_name(f"{first.name.partition('.')[0] or 'data'}-cleaned"))
