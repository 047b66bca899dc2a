"""Dates as sites write them, turned into days and local times."""

import re
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import When, read_when

ISO = "YYYY-MM-DD"
_PARTS = {"DD": r"(?P<d>\d{1,2})", "MM": r"(?P<m>\d{1,2})", "YYYY": r"(?P<y>\d{4})"}
_TIME = r"(?P<time>[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?"


@dataclass(frozen=True, slots=True)
class DateForm:
    """How a file writes dates: `DD/MM/YYYY` and the like. A time may follow, `10:31` or `10:31:05`.

    Never guessed: 01/02/2030 is a day in January or in February.
    """

    text: str = ISO

    def __post_init__(self) -> None:
        parts = re.findall(r"DD|MM|YYYY", self.text)
        if sorted(parts) != ["DD", "MM", "YYYY"] or not re.fullmatch(
            r"[DMY]+([-/. ])?.*", self.text
        ):
            raise InvalidRequest("a form like YYYY-MM-DD, DD/MM/YYYY or MM/DD/YYYY is expected")

    def read(self, text: str, field: str) -> When:
        """Return the day or moment `text` names. Raises InvalidRequest naming `field`."""
        if self.text == ISO:
            return read_when(text, field)
        found = re.fullmatch(self._pattern(), text, re.ASCII)
        iso = f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}" if found else ""
        try:
            return read_when(iso + (found["time"] or "" if found else ""), field)
        except InvalidRequest as bad:
            problem = f"{field}: a date of the form {self.text} is expected"
            raise InvalidRequest(problem) from bad

    def _pattern(self) -> str:
        pieces = re.split(r"(DD|MM|YYYY)", self.text)
        joined = any(pieces[index] for index in (2, 4))
        parts = (
            _PARTS if joined else {name: part.replace("1,2", "2") for name, part in _PARTS.items()}
        )
        return "".join(parts.get(piece, re.escape(piece)) for piece in pieces) + _TIME
