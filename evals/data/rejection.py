"""Rows that cannot be used: the reason is data, not a failure of the program."""

from typing import NamedTuple


class Rejected(NamedTuple):
    """Why a row cannot be used."""

    reason: str


class UnusableRowError(Exception):
    """Raised while one row is read; the reader of the row turns it into `Rejected`."""
