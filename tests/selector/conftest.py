"""A tiny model and its data that the tests of the probe share, built once."""

import pytest

from tests.evals.data.rows import demonstration, pair
from tests.evals.probing.files import write_rows
from tests.evals.tiny import build_tiny_model


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model without a chat template."""
    return str(build_tiny_model(tmp_path_factory.mktemp("tiny"), chat_template=False))


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Ten demonstrations and twelve pairs."""
    rows = [demonstration(n) for n in range(10)], [pair(n) for n in range(12)]
    return write_rows(tmp_path_factory.mktemp("data"), *rows)
