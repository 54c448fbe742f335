"""Preference pairs from evidence: A/B results, raters' votes, and answers damaged on purpose."""
