"""Checks of the data, each with a stable code; one subject a file."""
