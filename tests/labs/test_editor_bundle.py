"""The vendored editor is what its recipe says: pinned, licensed, and no larger than promised."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "labs/static/labs"
VENDOR = STATIC / "vendor"
RECIPE = settings.BASE_DIR / "packaging/codemirror"
SUMS = {name: told for told, name in (line.split() for line in (VENDOR / "SHA256SUMS").read_text().splitlines())}
LOCKED = json.loads((RECIPE / "package-lock.json").read_text())["packages"]


@pytest.mark.parametrize("name", ["codemirror.js", "LICENSES.txt"])
def test_a_vendored_file_has_the_pinned_sum(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == SUMS[name]


def test_every_version_is_pinned_and_locked_to_a_hash() -> None:
    package = json.loads((RECIPE / "package.json").read_text())
    pins = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert {name: LOCKED[f"node_modules/{name}"]["version"] for name in pins} == pins
    assert all(entry["integrity"].startswith("sha512-") for path, entry in LOCKED.items() if path)


def test_every_bundled_package_has_its_licence_beside_it() -> None:
    named = dict(re.findall(r"^(\S+) (\d+\.\d+\.\d+) \(MIT\)$", (VENDOR / "LICENSES.txt").read_text(), re.MULTILINE))
    assert {"@codemirror/view", "@lezer/python", "style-mod"} <= named.keys()
    assert {name: LOCKED[f"node_modules/{name}"]["version"] for name in named} == named
    assert (VENDOR / "LICENSES.txt").read_text().count("Permission is hereby granted") == len(named)


def test_the_editor_uses_all_that_is_bundled_and_nothing_else() -> None:
    exported = set(re.findall(r"\w+", " ".join(re.findall(r"\{(.*?)\}", (RECIPE / "entry.js").read_text(), re.DOTALL))))
    used = set(re.findall(r"\bcm\.(\w+)", (STATIC / "editor.js").read_text()))
    assert used == exported


def test_the_bundle_stays_below_130_kilobytes_gzipped() -> None:
    assert len(gzip.compress((VENDOR / "codemirror.js").read_bytes(), 9)) < 130_000
