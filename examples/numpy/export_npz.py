"""Writes the weights of the L1 run as a NumPy archive.

    python export_npz.py

Compressed, as `np.savez_compressed` does it: the exact zeros are what makes the archive smaller.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

folder = Path(__file__).parent
weights = load_file(folder.parent / "pytorch" / "checkpoints" / "digits-l1.safetensors")
np.savez_compressed(folder / "digits-l1.npz", **weights)
