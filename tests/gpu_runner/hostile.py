"""Every hostile submission, by class: see the modules."""

from __future__ import annotations

from tests.gpu_runner.attack import HONEST, Attack
from tests.gpu_runner.hostile_answers import ANSWERS
from tests.gpu_runner.hostile_escapes import ESCAPES
from tests.gpu_runner.hostile_forging import FORGING
from tests.gpu_runner.hostile_limits import LIMITS

__all__ = ["ALL", "HONEST", "Attack"]

ALL = FORGING + ANSWERS + LIMITS + ESCAPES
