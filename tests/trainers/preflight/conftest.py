"""Tiny trainers, built once: a test that changes one puts it back."""

from typing import Any

import pytest

from reports.records.plan import Method
from tests.trainers.preflight.looking import STRATEGIES, build, tiny_of
from tests.trainers.tiny_run import TinyRun


class Built:
    """A tiny run and the trainer of its stage."""

    def __init__(self, method: Method, tiny: TinyRun) -> None:
        self.method, self.tiny = method, tiny
        self.trainer: Any = build(tiny, method)


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Return healthy trainers by method."""
    return {method: Built(method, tiny_of(tmp_path_factory.mktemp(method), method, rows=16)) for method in STRATEGIES}
