"""What every test runs under: no hub, one thread for tiny tensors, examples that may take their time."""

import os

from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("tunegate", deadline=None)
settings.load_profile("tunegate")
