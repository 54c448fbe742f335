"""Capability: tasks of lm-evaluation-harness, answered by the pair of models that is loaded already."""
