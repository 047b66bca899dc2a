"""Writes a report's picture so that only the operator can read it."""

from pathlib import Path

from beacon_node.actions.privacy_report.chart import chart
from beacon_node.actions.privacy_report.contents import Report
from beacon_node.errors import InvalidInput
from beacon_node.storage.files import make_private, seal, temporary_name


def write_chart(path: Path, report: Report) -> None:
    """Write the picture, mode 0600, instead of what stood there: all of it or nothing.

    Raises InvalidInput if the file cannot be written.
    """
    temporary = temporary_name(path)
    try:
        temporary.unlink(missing_ok=True)
        make_private(temporary)
        temporary.write_text(chart(report), "utf-8")
        seal(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InvalidInput(f"cannot be written: {error.strerror}", file=str(path)) from error
