"""Measuring the untouched model on the data, before anything is decided."""
