"""`python -m residual.cli`: the `residual` command where the script is not on the path."""

from residual.cli.main import cli

cli(prog_name="residual")
