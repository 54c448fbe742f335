"""Metrics read words and letters here: loading the sentence encoder takes longer than any test may."""

import pytest


@pytest.fixture(autouse=True)
def no_sentence_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for metric in ("refusal", "over_refusal"):
        monkeypatch.setattr(f"evals.metrics.{metric}.default_encoder", lambda: None)
