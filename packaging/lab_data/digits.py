"""Freeze scikit-learn's digits for the labs: 1797 rows of 65 bytes, 64 pixels from 0 to 16 and the label.

    python packaging/lab_data/digits.py labs/catalog/train-a-ddpm/data/digits.bin

The pictures are the test part of *Optical Recognition of Handwritten Digits* (Alpaydin and Kaynak, 1998) of the UCI
repository, CC BY 4.0. Prints the SHA-256 of what it wrote.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it ships no types


def frozen() -> bytes:
    """All rows in the library's order."""
    pixels, labels = load_digits(return_X_y=True)
    return bytes(np.column_stack([pixels, labels]).astype(np.uint8).tobytes())


if __name__ == "__main__":
    content = frozen()
    Path(sys.argv[1]).write_bytes(content)
    print(hashlib.sha256(content).hexdigest())
