"""What the options of a plan are called in the trainers, and which of them are decided where a stage trains."""

from typing import Final

AUTO: Final = "auto"
"""A value of the plan that is decided where the stage trains."""
OWN_OPTIONS: Final = frozenset({"kl_target"})
"""Options of a stage that tunegate acts on, and that no trainer knows."""
RENAMED_OPTIONS: Final = {"gradient_checkpointing": "activation_checkpointing"}
