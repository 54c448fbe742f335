"""The front: asks, measures, recommends and drives a run."""

__distribution__ = "tunegate"
