"""Tests of reading, checking and splitting data."""
