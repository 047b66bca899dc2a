"""Tables of tab-separated values whose columns are found by name."""

from collections.abc import Iterator, Mapping, Sequence

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.text import TextFile, first_lines
from beacon_node.ports import Progress

Columns = Mapping[str, Sequence[str]]
"""What we call a column → the names it may have in a file, lower case."""


class Table:
    """A table with a head line; `required` columns must be there, others may.

    Raises InvalidInput naming the columns that are missing.
    """

    def __init__(self, path: str, columns: Columns, required: Sequence[str]) -> None:
        self.path = path
        head = self._head(path)
        names = [name.strip().strip('"').lstrip("#").lower() for name in head]
        self.index = {
            column: next((names.index(name) for name in known if name in names), -1)
            for column, known in columns.items()
        }
        self.names = names
        missing = [column for column in required if self.index[column] < 0]
        if missing:
            wanted = "; ".join(f"{name} ({', '.join(columns[name])})" for name in missing)
            raise InvalidInput(f"the head line lacks: {wanted}", file=path, line=1)

    @staticmethod
    def _head(path: str) -> list[str]:
        lines = [line for line in first_lines(path) if line.strip() and not line.startswith("##")]
        if not lines:
            raise InvalidInput("the file is empty", file=path)
        return lines[0].split("\t")

    def rows(self, progress: Progress) -> Iterator[tuple[TextFile, dict[str, str]]]:
        """Yield (file, for its line number; column → text) per row; absent columns are empty."""
        text = TextFile(self.path, progress)
        found = {column: at for column, at in self.index.items() if at >= 0}
        absent = {column: "" for column, at in self.index.items() if at < 0}
        is_head = True
        for line in text:
            if not line.strip() or line.startswith("##"):
                continue
            if is_head:
                is_head = False
                continue
            values = line.split("\t")
            if len(values) < len(self.names):
                raise text.wrong(f"{len(values)} columns where the head has {len(self.names)}")
            row = {column: values[at].strip().strip('"') for column, at in found.items()}
            yield text, row | absent
