"""Finds the public data and schemas that some tests use; they are not part of the product."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """Return a file or folder of ../shared; skips the test where it is absent, fails in CI."""
    found = ROOT.parent / "shared" / path
    if not found.exists():
        reason = f"public test data {path} is not beside this checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found
