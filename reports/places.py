"""Where runs and cached models live."""

import os
from pathlib import Path


def runs_root() -> Path:
    """Return the folder of runs: `$TUNEGATE_RUNS`, else `runs` in the working directory."""
    return Path(os.environ.get("TUNEGATE_RUNS", "runs"))


def cache_root() -> Path:
    """Return the cache folder: `$TUNEGATE_CACHE`, else `tunegate` in the user's cache folder."""
    own = os.environ.get("TUNEGATE_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunegate"


def config_root() -> Path:
    """Return the folder of what a person configured: $TUNEGATE_CONFIG, else below the user's configuration."""
    own = os.environ.get("TUNEGATE_CONFIG")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tunegate"
