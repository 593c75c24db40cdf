"""What holds for every test: workers fork from one thread, as they do behind the door."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads
