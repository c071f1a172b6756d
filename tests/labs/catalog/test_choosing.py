"""Every lab has its turn, and a changed one does not wait for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.labs.catalog.choosing import PARTS, changed_in, choose, this_run, turn_of

LABS = [f"lab-{letter}" for letter in "abcdefgh"]


def test_turns_that_follow_each_other_choose_every_lab_once() -> None:
    parts = [choose(LABS, turn, frozenset()).labs for turn in range(17, 17 + PARTS)]

    assert sorted(lab for part in parts for lab in part) == LABS


def test_labs_next_to_each_other_have_different_turns() -> None:
    """So the three that take longest, which stand first, are never proved in one run."""
    assert all(len(choose(LABS, turn, frozenset()).labs & set(LABS[:PARTS])) == 1 for turn in range(PARTS))


@pytest.mark.parametrize("turn", range(PARTS))
def test_a_changed_lab_is_always_chosen_and_named(turn: int) -> None:
    choice = choose(LABS, turn, frozenset({"lab-c", "removed"}))

    assert "lab-c" in choice.labs
    assert "removed" not in choice.labs
    assert "changed: lab-c, removed" in choice.reason


def test_the_environment_decides_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABS", "all")
    assert this_run(LABS).labs == set(LABS)
    monkeypatch.setenv("LABS", "lab-a, lab-b")
    assert this_run(LABS).labs == {"lab-a", "lab-b"}


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def write(root: Path, *labs: str) -> None:
    for lab in labs:
        (root / "labs/catalog" / lab).mkdir(parents=True, exist_ok=True)
        (root / "labs/catalog" / lab / "lab.yaml").write_text("id: x\n")


def test_a_lab_counts_as_changed_since_the_commit_before_or_uncommitted(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for lab in ("first", "second"):
        write(tmp_path, lab)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", lab)
    write(tmp_path, "third")

    assert changed_in(tmp_path) == {"second", "third"}
    assert turn_of(tmp_path) == 2


def test_without_git_nothing_is_known_to_have_changed(tmp_path: Path) -> None:
    assert changed_in(tmp_path) == set()
    assert turn_of(tmp_path) == 0
