"""What every test runs under: no hub, one thread for tiny tensors, examples that may take their time."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import settings

from reports import summary
from reports.contents import Contents
from reports.records.summary import Summary

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("tunegate", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None)
settings.load_profile("tunegate")


@cache
def validator() -> Any:
    """Return what holds a summary against the published schema."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    return Draft202012Validator(msgspec.json.decode(summary.SCHEMA_FILE.read_bytes()))


@pytest.fixture(scope="session", autouse=True)
def every_summary_fulfils_its_schema() -> Iterator[None]:
    """Hold each summary that any test makes against the published schema, whatever kind of run it is of."""
    real = summary.summarised

    def held(contents: Contents) -> Summary:
        found = real(contents)
        validator().validate(msgspec.to_builtins(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "summarised", held)
        yield
