"""Tiny models that the data tests share, built once."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.model_source import inspect_model
from evals.models import load_tokenizer
from reports.records.plan import ModelRef
from tests.evals.tiny import build_tiny_model

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    """A tiny model with a chat template, context 256."""
    return inspect_model(str(build_tiny_model(tmp_path_factory.mktemp("chat"))))


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    """A tiny model without a chat template."""
    return inspect_model(str(build_tiny_model(tmp_path_factory.mktemp("base"), chat_template=False)))


@pytest.fixture(scope="session")
def tokenizer(chat_model: ModelRef) -> "PreTrainedTokenizerBase":
    """The tokenizer of the chat model: bytes and a few merges, a role token before each turn."""
    return load_tokenizer(Path(chat_model.name).as_posix(), messages=True).tokenizer
