"""Data sets of the hub, through the datasets library."""

import hashlib
from typing import NamedTuple

import msgspec

from evals.data.examples import RejectedRow, SourceRow, excerpt
from evals.data.parsing import number_rows
from reports.errors import MissingError


class HubRows(NamedTuple):
    """The rows of a hub data set; the digest covers the rows, since files and caches differ between machines."""

    digest: str
    rows: list[SourceRow]
    rejected: list[RejectedRow]


def load_hub(source: str) -> HubRows:
    """Load `name[:config][@split]`, split `train` unless named; MissingError where it cannot be reached."""
    from datasets import load_dataset

    name, _, split = source.partition("@")
    name, _, config = name.partition(":")
    try:
        data = load_dataset(name, config or None, split=split or "train")
    except (OSError, ValueError, RuntimeError) as error:
        raise MissingError(
            f"{source}: no local file has this name, and the hub data set could not be loaded ({excerpt(error)}). "
            "Check name, configuration and split (name:config@split) and the network, or give a local file."
        ) from error
    rows = data.to_list()
    digest = hashlib.sha256()
    for row in rows:
        digest.update(msgspec.json.encode(row, enc_hook=str, order="deterministic") + b"\n")
    return HubRows(digest.hexdigest(), *number_rows(rows))
