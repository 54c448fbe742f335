"""Preference pairs from evidence: A/B results, votes, judged answers of a model, critique, and answers damaged on purpose."""
