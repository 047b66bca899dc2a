"""Places and exact alleles that a question names: checked against the sequence, spelled one way."""

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.model.query import BracketQuery, Selection, SequenceQuery
from beacon_node.model.variation import Allele, trim

_WILDCARD = "N"


def check_place(assembly: Assembly, name: str, start: int, end: int, *, field: str) -> None:
    """Raise InvalidRequest unless `[start, end)` (interbase) lies on the sequence."""
    length = SEQUENCES[assembly][name].length
    if end > length or start > length:
        raise InvalidRequest(
            f"{field} lies beyond the end of {name} in {assembly}, which has {length:,} bases"
        )


def trim_bases(start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return (start, ref, alt) without what ref and alt share, as `model.variation.trim` does.

    Wildcards that stand opposite each other in strings of one length mean any base each, so such
    a pair stays as it is; in strings of two lengths they are VCF's anchor before an indel.
    """
    if len(ref) == len(alt) and _WILDCARD in ref and _WILDCARD in alt:
        return start, ref, alt
    allele = trim(Allele("", start, start + len(ref), ref, alt))
    return allele.start, allele.ref, allele.alt


def sequence_query(
    assembly: Assembly,
    name: str,
    start: int,
    ref: str | None,
    alt: str,
    *,
    field: str = "alternateBases",
) -> SequenceQuery:
    """Return the query for an exact allele, trimmed when both its sides are known.

    Raises InvalidRequest, naming `field`, if it changes nothing or lies beyond the sequence.

    >>> sequence_query(Assembly.GRCH38, "17", 9, "A", "AAC")  # doctest: +ELLIPSIS
    SequenceQuery(assembly=..., reference_name='17', start=10, ref='', alt='AC')
    """
    if ref is None:
        check_place(assembly, name, start, start + 1, field="start")
        return SequenceQuery(assembly, name, start, None, alt)
    check_place(assembly, name, start, start + len(ref), field="start")
    if len(ref) != 1 or len(alt) != 1 or ref == alt:
        start, ref, alt = trim_bases(start, ref, alt)
        if not ref and not alt:
            raise InvalidRequest(f"{field}: reference and alternate bases are the same")
    return SequenceQuery(assembly, name, start, ref, alt)


def exact_bracket(
    assembly: Assembly, name: str, start: int, end: int, selection: Selection
) -> BracketQuery:
    """Return the query for variations that start and end exactly so (interbase)."""
    return BracketQuery(assembly, name, start, start + 1, end, end + 1, selection)
