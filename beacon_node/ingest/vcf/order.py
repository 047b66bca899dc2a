"""Whether the segments of a file continue one another."""

from collections.abc import Sequence

from beacon_node.errors import InvalidInput
from beacon_node.model.calls import ReadReport


def check_order(path: str, reports: Sequence[ReadReport]) -> None:
    """Raise InvalidInput unless records are in order across segments, reports in file order.

    Each reader checks inside its own segment; what is left is that positions do not step back from
    one segment to the next and that no reference comes again after another one.
    """
    seen: set[int] = set()
    last: tuple[int, int] | None = None
    for report in reports:
        if report.first is None:
            continue
        reference, _ = report.first
        continued = {reference} if last and last[0] == reference else set()
        if seen & (report.references - continued) or (continued and report.first < last):
            raise InvalidInput(
                "records are not sorted by contig and position (`bcftools sort` does it)", file=path
            )
        seen |= report.references
        last = report.last
