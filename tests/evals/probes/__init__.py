"""Tests of the probe sets that ship."""
