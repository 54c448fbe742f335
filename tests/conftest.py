"""What every test runs under: no hub, and examples that may take their time on a busy machine."""

import os

from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
settings.register_profile("tunegate", deadline=None)
settings.load_profile("tunegate")
