"""Preflight: what can go wrong with a stage, looked for on the real rows, trainer and weights before they cost anything."""
