"""What hinders a start is said with what to do about it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from residual.cli.preflight import NotReady, check_data_dir, check_port, sole_owner


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(NotReady, match=f"Port {port} is taken.*make run PORT="):
            check_port("127.0.0.1", port)


def test_a_free_port_is_fine() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    check_port("127.0.0.1", port)


def test_the_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    check_data_dir(tmp_path / "deep" / "down")
    assert (tmp_path / "deep" / "down").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_under_a_file_is_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotReady, match=r"DATA_DIR .* can't be made"):
        check_data_dir(tmp_path / "file" / "data")


def test_two_residuals_cannot_share_a_data_folder(tmp_path: Path) -> None:
    with sole_owner(tmp_path), pytest.raises(NotReady, match="already runs"), sole_owner(tmp_path):
        pass


def test_the_folder_is_free_again_after_the_first_one_ended(tmp_path: Path) -> None:
    with sole_owner(tmp_path):
        pass
    with sole_owner(tmp_path):
        assert os.access(tmp_path / "run.lock", os.R_OK)
