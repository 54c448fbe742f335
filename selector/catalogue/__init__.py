"""The questions of the scorecard, one module an axis."""
