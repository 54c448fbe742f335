"""Several processes on one run: how they are planned, started, kept in step, and ended together."""
