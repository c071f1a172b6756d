"""Residual's execution service: runs learners' code in a sandbox and judges it from outside."""
