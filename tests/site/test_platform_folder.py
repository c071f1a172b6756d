"""The folder is called platform, like a module of the standard library: it must never become a package."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_platform_is_a_plain_folder() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists(), "platform/__init__.py shadows the standard library"


def test_the_standard_library_still_owns_the_name() -> None:
    assert Path(platform.__file__).parent != ROOT / "platform"
    assert platform.system() == "Linux" or platform.python_version()


def test_importing_from_the_root_of_the_checkout_finds_the_standard_library() -> None:
    code = "import platform; print(platform.python_implementation())"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == platform.python_implementation()


def test_no_program_of_the_runner_shadows_celery() -> None:
    code = "import gpu_runner.protocol, celery; print(celery.__file__)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "gpu_runner" not in result.stdout
