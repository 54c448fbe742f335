"""Metrics read words and letters here: loading the sentence encoder takes longer than any test may."""

import pytest


@pytest.fixture(autouse=True)
def no_sentence_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("metrics.refusal", "metrics.over_refusal", "metrics.toxicity", "judges.degenerate", "metrics.two_sample"):
        monkeypatch.setattr(f"evals.{place}.default_encoder", lambda: None)
