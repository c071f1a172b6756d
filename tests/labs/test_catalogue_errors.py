"""Everything that is wrong with the catalogue is told at once, with file and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labs.catalog_files import split_readme
from labs.sync import check
from tests.labs.catalogue import entry, write_lab


def told(root: Path) -> list[str]:
    return [str(error) for error in check(root)]


def test_a_sound_catalogue_has_no_errors(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    (tmp_path / "_shared").mkdir()
    assert told(tmp_path) == []


def test_the_catalogue_that_ships_is_sound() -> None:
    assert check() == []


def test_every_error_of_every_lab_is_told(tmp_path: Path) -> None:
    write_lab(tmp_path, "one", minutes=-1)
    write_lab(tmp_path, "two", files={"starter.py": "def f(:\n"}, id="lab-one")
    write_lab(tmp_path, "three")
    (tmp_path / "three/checks.py").unlink()
    (tmp_path / "three/README.md").unlink()
    assert told(tmp_path) == [
        "one/lab.yaml: minutes: Input should be greater than or equal to 1",
        "three/README.md: is missing",
        "three/checks.py: is missing",
        "two/starter.py: Line 1 of starter.py does not compile: invalid syntax.",
    ]


CHECK = entry("x")["checks"][0]
BROKEN_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"minuets": 3}, "sdpa/lab.yaml: minuets: Extra inputs are not permitted"),
    "file name": ({"filename": "my-file.py"}, "sdpa/lab.yaml: filename: String should match pattern"),
    "unknown lane": ({"lane": "fast"}, "sdpa/lab.yaml: lane: Input should be 'check', 'train' or 'gpu'"),
    "limit": ({"limits": {"wall_s": 0}}, "sdpa/lab.yaml: limits.wall_s: Input should be greater than 0"),
    "evidence": (
        {"checks": [{**CHECK, "evidence": "guessed"}]},
        "sdpa/lab.yaml: checks[0].evidence: Input should be 'computed'",
    ),
    "check twice": ({"checks": [CHECK, CHECK]}, "sdpa/lab.yaml: checks: Value error, used twice: values"),
    "only forgeable evidence": (
        {"checks": [{**CHECK, "evidence": "observed"}]},
        "the lab could pass on forgeable evidence alone",
    ),
    "other folder": ({"slug": "attention"}, "sdpa/lab.yaml: slug: is attention, but the folder is sdpa"),
    "entry point": ({"entry_points": ["attend"]}, "sdpa/solution.py: solution.py does not define attend"),
}


@pytest.mark.parametrize(("fields", "words"), BROKEN_FIELDS.values(), ids=BROKEN_FIELDS.keys())
def test_a_wrong_field_is_named(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    write_lab(tmp_path, "sdpa", **fields)
    assert any(words in error for error in told(tmp_path)), told(tmp_path)


def test_an_id_used_by_two_labs_names_both(tmp_path: Path) -> None:
    write_lab(tmp_path, "one", id="lab")
    write_lab(tmp_path, "two", id="lab")
    assert told(tmp_path) == ["two/lab.yaml: id: lab is also the id of one"]


def test_broken_tex_is_told_with_its_file(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa", files={"README.md": "$\\frac{1$"})
    (error,) = told(tmp_path)
    assert error.startswith("sdpa/README.md: $\\frac{1$: ")


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa", files={"lab.yaml": "id: [\n"})
    (error,) = told(tmp_path)
    assert error.startswith("sdpa/lab.yaml: ")
    assert "line" in error


def test_a_key_given_twice_is_an_error(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa", files={"lab.yaml": "id: a\nid: b\n"})
    assert "'id' is given twice" in told(tmp_path)[0]


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    folder = write_lab(tmp_path, "sdpa")
    (folder / "README.md").write_bytes(b"caf\xe9")
    assert told(tmp_path)[0].startswith("sdpa/README.md: is not UTF-8")


def test_a_judging_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = write_lab(tmp_path, "sdpa")
    (folder / "checks.py").unlink()
    (folder / "checks.py").symlink_to(folder / "probe.py")
    assert "checks.py is a symbolic link" in told(tmp_path)[0]


def test_hints_are_cut_out_of_the_brief() -> None:
    brief, hints = split_readme("# A\n\n## Hints\n\n### Hint 1\n\none\n\n### Hint 2\n\ntwo\n\n## More\n\nrest\n")
    assert brief == "# A\n\n## More\n\nrest"
    assert hints == ("one", "two")


def test_a_readme_without_hints_is_all_brief() -> None:
    assert split_readme("# A\n\ntext\n") == ("# A\n\ntext", ())


def test_a_lab_may_do_without_a_probe(tmp_path: Path) -> None:
    (write_lab(tmp_path, "sdpa") / "probe.py").unlink()
    assert told(tmp_path) == []
