"""The seed of every draw of a submission: unpredictable, unless whoever has it judged gives one.

Nobody who judges a learner does. The tests do, so that the same files get the same verdict each time.
"""

from __future__ import annotations

import hashlib
import secrets


def seed_for(given: int | None, *purpose: object) -> int:
    """63 bits: fresh ones, or those that belong to this purpose under the given seed and tell nothing of others."""
    if given is None:
        return secrets.randbits(63)
    text = "/".join(str(part) for part in (given, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1
