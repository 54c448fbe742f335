"""A tiny chat model that the probe's tests share, built once."""

from pathlib import Path

import pytest

from evals.models import load_base, load_tokenizer
from evals.probing.sampling import Speaker, prepare_speaker
from tests.evals.tiny import build_tiny_model


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny chat model, context 256."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny-chat")


@pytest.fixture(scope="session")
def speaker(model_folder: Path) -> Speaker:
    """The tiny model, ready to answer with at most 8 tokens."""
    loaded = load_tokenizer(str(model_folder), messages=True)
    return prepare_speaker(load_base(str(model_folder)).eval(), loaded.tokenizer, 8, 4096, seed=0)
