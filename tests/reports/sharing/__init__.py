"""Tests of the forms in which a run is shared."""
