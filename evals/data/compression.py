"""Compressed files: gzip, bzip2, xz and zstandard, told by their first bytes."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from reports.errors import DataError

SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst")


def without_suffix(name: str) -> str:
    """Return a file name without the suffix of its compression."""
    return name[: -len(suffix)] if (suffix := next((end for end in SUFFIXES if name.endswith(end)), "")) else name


def unpack(raw: bytes, label: str) -> bytes:
    """Return the bytes as they were before compression; DataError where the file is damaged."""
    for magic, kind, decompress in KNOWN:
        if raw.startswith(magic):
            try:
                return decompress(raw)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise DataError(f"{label}: the {kind} file is damaged ({error}). Fetch or compress it again.") from error
    return raw


def _unpack_zstandard(raw: bytes) -> bytes:
    import pyarrow

    data: bytes = pyarrow.CompressedInputStream(pyarrow.BufferReader(raw), "zstd").read()
    return data


def _open_zstandard(path: Path) -> Any:
    import pyarrow

    return pyarrow.CompressedInputStream(pyarrow.OSFile(str(path)), "zstd")


KNOWN: Final[tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...]] = (
    (b"\x1f\x8b", "gzip", gzip.decompress),
    (b"BZh", "bzip2", bz2.decompress),
    (b"\xfd7zXZ\x00", "xz", lzma.decompress),
    (b"\x28\xb5\x2f\xfd", "zstandard", _unpack_zstandard),
)
OPENERS: Final[dict[str, Callable[[Path], Any]]] = {
    "": lambda path: path.open("rb"),
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
    "zstandard": _open_zstandard,
}
"""Open a file to be read piece by piece as it was before compression, by the name of the kind; none is the file as it is."""
