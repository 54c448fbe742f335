"""One thread for tiny tensors: with more, they wait for each other longer than they compute."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
