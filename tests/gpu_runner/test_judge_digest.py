"""A lab's judging files have one digest, whoever computes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runner.protocol import judge_digest, judging_files

FILES = {
    "lab.yaml": b"id: x",
    "checks.py": b"check",
    "solution.py": b"solve",
    "data/a.json": b"{}",
    "reference.py": b"",
}


@given(st.permutations(sorted(FILES)))
def test_the_order_of_files_does_not_matter(order: list[str]) -> None:
    assert judge_digest({path: FILES[path] for path in order}) == judge_digest(FILES)


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_judging_byte_matters(path: str) -> None:
    assert judge_digest({**FILES, path: FILES[path] + b" "}) != judge_digest(FILES)


def test_bytes_moved_from_one_file_to_another_matter() -> None:
    assert judge_digest({"checks.py": b"ab", "probe.py": b"c"}) != judge_digest({"checks.py": b"a", "probe.py": b"bc"})


@pytest.mark.parametrize("path", ["README.md", "proof.json", "starter.py", "wrong/a.py", ".#checks.py"])
def test_words_and_examples_do_not_matter(path: str) -> None:
    assert judge_digest({**FILES, path: b"anything"}) == judge_digest(FILES)


OUTSIDE = ["../checks.py", "/checks.py", "data/../../x", "data//x", "./checks.py", "a\\b", "", "a\0"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a plain relative path"):
        judge_digest({**FILES, path: b""})


def test_judging_files_are_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for path, body in {**FILES, "README.md": b"words"}.items():
        (tmp_path / path).write_bytes(body)

    assert judging_files(tmp_path) == FILES


@pytest.mark.parametrize("link", ["checks.py", "data/secret", "reference.py"])
def test_a_symbolic_link_is_refused(tmp_path: Path, link: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / link).symlink_to("/etc/passwd")

    with pytest.raises(ValueError, match="symbolic link"):
        judging_files(tmp_path)


def test_a_linked_folder_of_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").touch()
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ValueError, match="symbolic link"):
        judging_files(tmp_path)


@pytest.mark.parametrize("name", ["random.py", "torch.py", "gpu_runner.py"])
def test_a_module_that_would_stand_in_for_another_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    with pytest.raises(ValueError, match=f"{name} would be imported in the place of"):
        judging_files(tmp_path)


@pytest.mark.parametrize("name", ["my-notes.py", "2nd.py", "class.py"])
def test_a_module_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    with pytest.raises(ValueError, match="cannot be imported by that name"):
        judging_files(tmp_path)
