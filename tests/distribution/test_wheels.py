"""The two wheels work outside the checkout, and neither needs what belongs to the other.

No network is used: the wheels are unpacked beside the packages installed here, and what a clean host would not have
(torch for the site, Django for the runner) is made impossible to import.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheels")]

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import sys
sys.path[:0] = [{installed!r}, {packages!r}]
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Missing())
"""
HEAVY = ("torch", "transformers", "diffusers", "peft", "sklearn", "safetensors")
SITE_ONLY = ("django", "rest_framework", "allauth", "psycopg", "sqlite3", "residual", "curriculum", "labs")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels, built from this checkout and unpacked: name → folder."""
    folder = tmp_path_factory.mktemp("wheels")
    return {
        "site": unpacked(ROOT, folder / "site"),
        "runner": unpacked(ROOT / "packaging/gpu_runner", folder / "runner"),
    }


def unpacked(project: Path, folder: Path) -> Path:
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder / "wheel"),
        str(project),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(folder / "installed"), str(wheel)], check=True, capture_output=True)
    return folder / "installed"


def run_outside(installed: list[Path], missing: tuple[str, ...], code: str, folder: Path) -> str:
    """Run `code` in a Python that sees `installed` and the environment's packages, but not the checkout."""
    paths = [str(path) for path in installed]
    prelude = PRELUDE.format(installed=paths[0], packages=sysconfig.get_path("purelib"), missing=missing)
    prelude += f"sys.path[:0] = {paths[1:]!r}\n"
    command = [sys.executable, "-I", "-S", "-c", prelude + code]
    result = subprocess.run(command, cwd=folder, env={"DATA_DIR": str(folder / "data")}, capture_output=True, text=True)  # noqa: PLW1510 - the output is shown when it fails
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_site_migrates_syncs_and_serves_without_torch(wheels: dict[str, Path], tmp_path: Path) -> None:
    code = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "residual.settings"
import django; django.setup()
from django.core.management import call_command
for command in ("migrate", "createcachetable", "sync_content", "collectstatic"):
    call_command(command, verbosity=0, **({"interactive": False} if command in ("migrate", "collectstatic") else {}))
from django.test import Client
german = Client(SERVER_NAME="localhost", headers={"Accept-Language": "de"}).get("/").content.decode()
print("Fahrplan" in german)
print(Client(SERVER_NAME="localhost").get("/").status_code)
import residual; print(residual.__file__)
"""
    said = run_outside([wheels["site"], wheels["runner"]], HEAVY, code, tmp_path).splitlines()
    assert said[-3:-1] == ["True", "200"]
    assert said[-1].startswith(str(wheels["site"]))


def test_the_runner_judges_without_django_and_without_a_database_driver(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    code = """
import os
os.environ |= {"RUNNER_BROKER_URL": "memory://", "SITE_URL": "http://127.0.0.1:1", "RUNNER_TOKEN": "none"}
import importlib, pkgutil, gpu_runner
for module in pkgutil.walk_packages(gpu_runner.__path__, "gpu_runner."):
    importlib.import_module(module.name)
    print(module.name)
print(gpu_runner.__file__)
"""
    *modules, place = run_outside([wheels["runner"]], SITE_ONLY, code, tmp_path).splitlines()
    assert place.startswith(str(wheels["runner"]))
    assert {"gpu_runner.worker", "gpu_runner.lab", "gpu_runner.sandbox.zygote", "gpu_runner.checking.serve"} < {
        *modules
    }


def test_the_protocol_needs_pydantic_alone(wheels: dict[str, Path], tmp_path: Path) -> None:
    code = "import gpu_runner.protocol; print(sorted({'numpy', 'celery', 'httpx', 'yaml'} & set(sys.modules)))"
    assert run_outside([wheels["runner"]], (*HEAVY, *SITE_ONLY), code, tmp_path).strip() == "[]"


def test_every_pinned_file_holds_only_its_own_side() -> None:
    pins = {name: (ROOT / "requirements" / f"{name}.txt").read_text().lower() for name in ("site", "runner")}
    assert not [name for name in HEAVY if f"\n{name}==" in pins["site"]]
    assert not [name for name in ("django", "psycopg", "djangorestframework") if f"\n{name}==" in pins["runner"]]
