"""The protocol is strict, and light enough for the site to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from gpu_runner.protocol import Job, Limits, broker_settings

ROOT = Path(__file__).parents[2]
JOB = {
    "id": "1",
    "attempt": 1,
    "lab": "double",
    "judge_digest": "0" * 64,
    "filename": "twice.py",
    "source": "",
    "lease_s": 3,
}


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        Job.model_validate({**JOB, "surprise": 1})


@pytest.mark.parametrize("filename", ["../a.py", "a b.py", "a.txt", ".py", "1.py"])
def test_a_file_name_must_be_importable(filename: str) -> None:
    with pytest.raises(ValidationError, match="filename"):
        Job.model_validate({**JOB, "filename": filename})


@pytest.mark.parametrize("field", list(Limits.model_fields))
def test_no_limit_may_be_zero(field: str) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate({field: 0})


@pytest.mark.parametrize("module", ["gpu_runner.protocol", "gpu_runner.supervisor.judge", "gpu_runner.client"])
def test_the_trusted_side_imports_no_torch_and_no_django(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'django', 'psycopg')))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_both_directions_of_a_file_broker_are_one_folder() -> None:
    options = broker_settings("filesystem:///a/b")["broker_transport_options"]

    assert options["data_folder_in"] == options["data_folder_out"] == "/a/b/messages"
    assert options["polling_interval"] == 0.02


@pytest.mark.parametrize("url", ["filesystem://relative", "amqp://x", "sqlite:///x", ""])
def test_another_broker_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="broker URL"):
        broker_settings(url)
