"""Tests of pair building."""
