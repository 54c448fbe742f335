"""Judges of all kinds."""
