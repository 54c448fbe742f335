"""The measurements: data, generation, metrics, statistics and gates."""

__distribution__ = "tunegate"
