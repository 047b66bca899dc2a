"""What a spreadsheet does with text."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one begins with an apostrophe.

    >>> harmless("=1+1"), harmless("17-43045711-C-T")
    ("'=1+1", '17-43045711-C-T')
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
