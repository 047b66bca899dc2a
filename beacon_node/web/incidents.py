"""Keeps the traces of unforeseen errors, which may hold anything, out of logs and answers."""

import os
import traceback
from pathlib import Path

import platformdirs

MOST_KEPT = 1_000  # files: whoever can cause an error again and again must not fill the disk


def keep_trace(incident: str, error: BaseException) -> Path | None:
    """Return the new file with the trace, which only this user can read; None if it cannot be kept.

    It lies in the user's folder for logs (`XDG_STATE_HOME` moves it).
    """
    try:
        folder = Path(platformdirs.user_log_dir("beacon-node", appauthor=False))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(1 for _ in folder.glob("incident-*.txt")) >= MOST_KEPT:
            return None
        file = folder / f"incident-{incident}.txt"
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as trace:
            trace.writelines(traceback.format_exception(error))
    except (OSError, RuntimeError):  # RuntimeError: a user without a home folder
        return None
    return file


def in_brief(error: BaseException) -> str:
    """Return the type of an error and where it arose, without its words: `KeyError at a.py:7`."""
    place = error.__traceback__
    if place is None:
        return type(error).__name__
    while place.tb_next:
        place = place.tb_next
    code = place.tb_frame.f_code
    return f"{type(error).__name__} at {code.co_filename}:{place.tb_lineno}"
