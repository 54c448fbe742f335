"""The sentence encoder: absent, foreign or damaged, and embeddings that are kept."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

from evals.detectors.refusal import detector_error, detector_name, refuses
from evals.encoder import Encoder, default_encoder, load_encoder
from reports.errors import MissingError
from reports.places import cache_root


class Letters:
    """Counts letters instead of reading meaning."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], **_: object) -> "numpy.ndarray":
        self.asked.extend(texts)
        rows = numpy.array([[text.lower().count(letter) + 0.1 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
        scaled: numpy.ndarray = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
        return scaled


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEGATE_CACHE", str(tmp_path / "cache"))


def test_a_text_is_encoded_once_and_rows_keep_their_order() -> None:
    model = Letters()
    encoder = Encoder("letters", model)

    first = encoder.embed(["ab", "cd", "ab"])
    again = encoder.embed(["cd"])

    assert model.asked == ["ab", "cd"]
    assert (first[0] == first[2]).all()
    assert (again[0] == first[1]).all()


def test_texts_that_differ_in_white_space_alone_are_encoded_once() -> None:
    model = Letters()
    encoder = Encoder("letters", model)

    rows = encoder.embed(["ab  cd\n", "ab cd"])

    assert model.asked == ["ab cd"]
    assert (rows[0] == rows[1]).all()


def test_embeddings_are_kept_for_the_next_process_unless_the_file_is_damaged() -> None:
    Encoder("letters", Letters(), "d1").prepare(["ab", "cd"])
    second, other = Letters(), Letters()
    Encoder("letters", second, "d1").prepare(["ab", "cd"])
    Encoder("letters", other, "d2").prepare(["ab", "cd"])

    kept = list((cache_root() / "embeddings").glob("*.npy"))
    assert len(kept) == 2
    assert (second.asked, other.asked) == ([], ["ab", "cd"])

    for path in kept:
        path.write_bytes(b"torn")
    third = Letters()
    Encoder("letters", third, "d1").prepare(["ab", "cd"])
    assert third.asked == ["ab", "cd"]


def test_a_wheel_with_other_weights_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    default_encoder.cache_clear()

    assert default_encoder() is None
    default_encoder.cache_clear()


def test_a_folder_without_an_encoder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="--encoder"):
        load_encoder(str(tmp_path / "nothing"))


def test_the_detectors_read_embeddings_where_there_is_an_encoder() -> None:
    model = Letters()
    encoder = Encoder("letters", model)

    assert refuses(["I'm sorry, but I can't help with that.", "Fresh leaves, slow mornings."], encoder) == [True, False]
    assert "Fresh leaves, slow mornings." in model.asked
    assert "letters" in detector_name(encoder)
    assert detector_error("refuses", encoder).value is not None
