"""A tiny model whose tokenizer the doctor's tests share."""

from pathlib import Path

import pytest

from tests.evals.data.template.tokenizers import write_tokenizers


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny chat model."""
    return write_tokenizers(tmp_path_factory.mktemp("doctor"))
