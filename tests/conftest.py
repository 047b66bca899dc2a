"""What holds for all tests."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their length: compressed ones hold the time, and every process must call a
    test the same."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None
