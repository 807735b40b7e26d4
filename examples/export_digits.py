"""Writes part of scikit-learn's digits as digits.csv, for training without Python.

One image per line: its label, then 64 pixels from 0 to 16. The rows are shuffled once, here.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

ROWS = 1200

images, labels = load_digits(return_X_y=True)
rows = np.column_stack([labels, images.astype(int)])
rows = np.random.default_rng(0).permutation(rows)[:ROWS]
header = "label," + ",".join(f"pixel{i}" for i in range(64))
np.savetxt(Path(__file__).with_name("digits.csv"), rows, "%d", ",", header=header, comments="")
