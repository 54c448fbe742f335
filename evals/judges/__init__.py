"""Judges: who prefers which answer."""
