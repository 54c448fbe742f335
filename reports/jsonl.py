"""Append-only JSON lines: one write a line, byte-offset reading, torn lines never fatal."""

import errno
import os
import re
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from reports.errors import StorageError

T = TypeVar("T")

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Tail(NamedTuple, Generic[T]):
    """What a read found: whole records, where to read on, and how many lines were damaged."""

    records: list[T]
    offset: int
    damaged: int


class Jsonl(Generic[T]):
    """A file of one record type.

    A torn last line, as a kill leaves it, is left for the next read; the next append closes it with a line break, after which it
    counts as damaged. No part of a record decodes as one, for records are objects: a last line that lacks only its line break is
    whole, and `read` and `whole` return it, while `tail` leaves it until the break is there.
    """

    def __init__(self, path: Path, kind: type[T]) -> None:
        self.path = path
        self._decoder = msgspec.json.Decoder(kind)

    def append(self, *records: T) -> None:
        """Write the records with one write call; StorageError when the disk refuses."""
        lines = b"".join(encode(record) + b"\n" for record in records)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as file:
                data = (b"\n" if self._is_torn() else b"") + lines
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise StorageError(
                f"{self.path.name}: a line could not be written ({error.strerror}). "
                "Free disk space and continue with `tunegate run RUN`; what was written before is intact."
            ) from error

    def read(self) -> list[T]:
        """Return all whole records; an absent file is empty."""
        return self.whole().records

    def whole(self) -> Tail[T]:
        """Return all whole records of a file that is not followed; a torn last line is left and no damage."""
        return self._tail(0, with_open_line=True)

    def tail(self, offset: int) -> Tail[T]:
        """Return the records behind byte `offset`, and the offset to read on from."""
        return self._tail(offset, with_open_line=False)

    def _tail(self, offset: int, with_open_line: bool) -> Tail[T]:
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return Tail([], 0, 0)
        end = data.rfind(b"\n") + 1
        read = [self._decode(line) for line in data[:end].splitlines() if line.strip()]
        records = [record for record in read if record is not None]
        last = self._decode(data[end:]) if with_open_line else None
        if last is not None:
            return Tail([*records, last], offset + len(data), len(read) - len(records))
        return Tail(records, offset + end, len(read) - len(records))

    def _decode(self, line: bytes) -> T | None:
        try:
            return self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def _is_torn(self) -> bool:
        try:
            with self.path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
        except (FileNotFoundError, OSError):
            return False


def encode(record: object) -> bytes:
    """Return the record as JSON; a lone surrogate, which UTF-8 cannot hold, becomes U+FFFD."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(msgspec.to_builtins(record)))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, (list, tuple)) else value
