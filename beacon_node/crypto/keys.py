"""Secret keys as files that only their owner can read."""

import hmac
import os
from pathlib import Path

from beacon_node.errors import ConfigurationError, Conflict
from beacon_node.ports import Randomness

PSEUDONYM_KEY = "pseudonym.key"
_KEY_BYTES = 32


def create_key(folder: Path, name: str, secret: bytes) -> None:
    """Write a new secret (mode 0600) and make it durable; an existing one is never replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"the key {name} exists already and is not replaced") from error
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def replace_key(folder: Path, name: str, content: bytes) -> None:
    """Put a file of keys (mode 0600) in the place of another, or of none, durably: old or new."""
    temporary = folder / f"{name}.tmp-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    create_key(folder, temporary.name, content)
    temporary.replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_key(folder: Path, name: str) -> bytes:
    """Return a secret; refuses one that others on this machine can read."""
    secret = _private(folder / name)
    if len(secret) != _KEY_BYTES:
        problem = f"the key {folder / name} is damaged: it should have {_KEY_BYTES} bytes"
        raise ConfigurationError(problem)
    return secret


def check_private(path: Path) -> None:
    """Raise ConfigurationError for a secret that others on this machine can read, or nobody."""
    _private(path)


def check_value(secret: bytes) -> str:
    """Return what tells a key from every other one, and nothing else of it."""
    return hmac.digest(secret, b"beacon-node check of the key", "sha256").hex()


def read_password(folder: Path, name: str) -> str:
    """Return a secret that somebody else chose, as text without the line's end; refuses one that
    others on this machine can read."""
    try:
        found = _private(folder / name).decode("utf-8").strip()
    except UnicodeDecodeError:
        found = ""
    if not found or not found.isprintable():
        raise ConfigurationError(f"the key {folder / name} should hold one line of text")
    return found


def _private(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        secret = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the key {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigurationError(f"the key {path} can be read by others: chmod 600 {path}")
    return secret


def ensure_key(folder: Path, name: str, randomness: Randomness) -> bytes:
    """Return a secret, made now if there is none."""
    if not (folder / name).exists():
        try:
            create_key(folder, name, randomness.bytes(_KEY_BYTES))
        except Conflict:  # another process just made it
            pass
        except OSError as error:
            problem = f"the key {folder / name} cannot be made: {error.strerror}"
            raise ConfigurationError(problem) from error
    return read_key(folder, name)
