"""Baseline and candidate behind endpoints: asked, written into a ledger, measured by their texts."""
