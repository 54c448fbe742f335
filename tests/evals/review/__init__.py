"""Tests of the blind review."""
