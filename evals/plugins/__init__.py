"""Metrics, judges and rewards that installed packages bring."""
