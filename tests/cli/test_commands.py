"""The `residual` command hands over to Django and to the runner, and keeps what they answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from labs import runner_tokens
from residual.cli.main import cli


@pytest.mark.django_db
def test_runner_token_prints_a_token_that_opens() -> None:
    result = CliRunner().invoke(cli, ["runner-token", "gpu-1"])
    assert runner_tokens.speaker(result.stdout.strip()) == runner_tokens.Speaker("gpu-1")
    assert "RUNNER_NAME=gpu-1" in result.stderr


def test_lab_new_makes_a_lab(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = CliRunner().invoke(cli, ["lab", "new", "my-lab", "--into", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / "my-lab/checks.py").is_file()
    assert CliRunner().invoke(cli, ["lab", "new", "my-lab", "--into", str(tmp_path)]).exit_code == 2
    assert "File exists" in capfd.readouterr().err
