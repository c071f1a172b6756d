"""Write requirements/*.txt: every package the two distributions need, pinned as installed in this environment.

    python packaging/lock.py

`site.txt` and `runner.txt` are what the two need (a host may have only one); `dev.txt` adds the tools for tests and
checks. torch is left out: it is installed first and by itself, so that no resolver picks another build of it.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
INSTALLED_FIRST = frozenset({"torch"})
OUR_OWN = frozenset({"residual-gpu-runner"})
BUILD_BACKEND = ["hatchling==1.33.0", "editables==0.5"]  # for the editable install without build isolation


def declared(path: Path, extra: str) -> tuple[list[str], list[str]]:
    """Requirements that the pyproject at `path` names for every use and for `extra`; ours are not on an index."""
    project = tomllib.loads(path.read_text())["project"]
    wanted = [text for text in project["dependencies"] if Requirement(text).name not in OUR_OWN]
    return wanted, project["optional-dependencies"][extra]


def closure(requirements: list[str]) -> dict[str, str]:
    """Name → version of `requirements` and of all they need, as installed here."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        package = distribution(requirement.name)
        found[canonicalize_name(requirement.name)] = package.version
        for extra in requirement.extras or {""}:
            if (requirement.name, extra) not in seen:
                seen.add((requirement.name, extra))
                waiting += _needs(package.requires or [], extra)
    return found


def _needs(requires: list[str], extra: str) -> list[Requirement]:
    """Those of `requires` that apply to this Python and to `extra` ("" for none)."""
    needs = (Requirement(text) for text in requires)
    return [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]


def write(name: str, pins: dict[str, str]) -> None:
    lines = [f"{package}=={version}" for package, version in sorted(pins.items()) if package not in INSTALLED_FIRST]
    header = "# Written by packaging/lock.py. torch comes first and alone: see the Makefile.\n"
    (ROOT / "requirements" / name).write_text(header + "\n".join(lines) + "\n")


def main() -> None:
    """Write the three files."""
    site_run, site_dev = declared(ROOT / "pyproject.toml", "dev")
    protocol, judge = declared(ROOT / "packaging/gpu_runner/pyproject.toml", "judge")
    (ROOT / "requirements").mkdir(exist_ok=True)
    site, runner = closure([*site_run, *BUILD_BACKEND]), closure([*protocol, *judge, *BUILD_BACKEND])
    write("site.txt", site)
    write("runner.txt", runner)
    write("dev.txt", {name: pin for name, pin in closure(site_dev).items() if name not in {**site, **runner}})


if __name__ == "__main__":
    main()
