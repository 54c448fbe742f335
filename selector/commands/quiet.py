"""Keeping what libraries draw and advise from the terminal of a command that loads a model itself."""

import os
import warnings


def be_quiet() -> None:
    """Switch off bars and advice of libraries, before they are imported: what they warn of is checked, and said by us."""
    from trainers.launch import ENVIRONMENT

    for name, value in {**ENVIRONMENT, "TRANSFORMERS_VERBOSITY": "error", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", message="fan_in_fan_out", module="peft")
