"""What the options of a plan are called in the trainers, and which of them are decided where a stage trains."""

from typing import Final

AUTO: Final = "auto"
"""A value of the plan that is decided where the stage trains."""
RENAMED_OPTIONS: Final = {"gradient_checkpointing": "activation_checkpointing"}
