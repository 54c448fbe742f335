"""The runs: one TRL trainer a file, and the process that drives them."""

__distribution__ = "tunegate"
