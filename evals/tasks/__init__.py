"""Tasks for lm-evaluation-harness that ship with tunegate; read with `TaskManager(include_path=...)`."""
