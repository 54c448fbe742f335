"""What ships of the detectors: embeddings of their labelled answers and how they were read, so that no run computes them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from evals.encoder import WHEEL_DIGEST, Encoder
from reports.digest import text_digest

if TYPE_CHECKING:
    import numpy

READINGS: Final = Path(__file__).parent / "readings.json"
REFUSAL: Final = Path(__file__).parent / "refusal_embeddings.npz"
TOXICITY: Final = Path(__file__).parent / "toxicity_embeddings.npz"
STEPS: Final = 127
"""Of a number in a row, either side of zero: rows are kept as whole numbers of 8 bits and a scale."""


def read_shipped(encoder: Encoder, path: Path) -> "dict[int, numpy.ndarray]":
    """Return embeddings by the key of their text; none for another encoder than the one they were made with."""
    import numpy

    if encoder.digest != WHEEL_DIGEST or not path.is_file():
        return {}
    with numpy.load(path, allow_pickle=False) as kept:
        rows = kept["rows"].astype("float32") * (kept["scales"].astype("float32")[:, None] / STEPS)
        return dict(zip(kept["keys"].tolist(), rows, strict=True))


def write_shipped(texts: Sequence[str], rows: "numpy.ndarray", path: Path) -> None:
    """Write the embeddings of these texts."""
    import numpy

    scales = numpy.abs(rows).max(axis=1).astype("float16")
    whole = numpy.round(rows / scales[:, None].astype("float32") * STEPS).clip(-STEPS, STEPS).astype("int8")
    keys = numpy.array([text_key(text) for text in texts], dtype="uint64")
    numpy.savez_compressed(path, keys=keys, scales=scales, rows=whole)


def text_key(text: str) -> int:
    """Return what a text's embedding is found by."""
    return int(text_digest(text)[:16], 16)


def ready(texts: Sequence[str], encoder: Encoder) -> None:
    """Have these texts ready in the encoder: from the shipped files, and only what is not in them from the model."""
    known = read_shipped(encoder, REFUSAL) | read_shipped(encoder, TOXICITY)
    encoder.know({text: known[text_key(text)] for text in texts if text_key(text) in known})
    encoder.prepare([text for text in texts if text_key(text) not in known])


@cache
def read_readings(path: Path = READINGS) -> dict[str, str]:
    """Return what cross-validation made of the labelled answers, a digit an answer, by the digest of all that it depends on."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.is_file() else {}


def write_readings(found: dict[str, list[bool]], path: Path = READINGS) -> None:
    """Write such readings."""
    digits = {key: "".join(str(int(one)) for one in read) for key, read in found.items()}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(digits), indent=1) + b"\n")
