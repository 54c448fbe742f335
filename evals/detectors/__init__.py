"""Detectors that read answers: refusal and toxicity, trained on examples written for this."""
