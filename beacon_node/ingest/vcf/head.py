"""The head of a VCF: its samples, what its lines declare, and the assembly it is on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.genome import Assembly, detect_assembly, find_reference

_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_CONTIG = re.compile(r"##contig=<(.*)>\s*$")
_ATTRIBUTE = re.compile(r'(\w+)=("[^"]*"|[^,]*)')
_REFERENCE = re.compile(r"##(reference|assembly|genome|ref)=(.+)", re.IGNORECASE)

# How header lines spell the builds.
_BUILDS = (
    (Assembly.GRCH37, re.compile(r"grch37|hg19|hs37|ncbi37|(^|[^a-z0-9])b37|build_?37|assembly19")),
    (Assembly.GRCH38, re.compile(r"grch38|hg38|hs38|(^|[^a-z0-9])b38|build_?38|assembly38")),
    ("NCBI36 (hg18)", re.compile(r"ncbi36|hg18|(^|[^a-z0-9])b36|build_?36|assembly18")),
    ("NCBI35 (hg17)", re.compile(r"ncbi35|hg17|build_?35")),
    ("T2T-CHM13", re.compile(r"t2t|chm13")),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the first record. `lines` are the `##` lines, `samples` in file order."""

    lines: tuple[str, ...]
    samples: tuple[str, ...]

    @property
    def contig_lengths(self) -> Mapping[str, int]:
        """Declared contigs and their lengths, 0 where the header does not say."""
        lengths = {}
        for contig in _contigs(self.lines):
            length = contig.get("length", "")
            lengths[contig.get("ID", "")] = int(length) if length.isdecimal() else 0
        return lengths


def parse_head(lines: Sequence[str], *, file: str) -> Head:
    """Return the head whose last line is the column line.

    Raises InvalidInput for columns that are not VCF's and for samples without a name of their own.
    """
    columns = lines[-1].split("\t")
    if tuple(columns[:8]) != _COLUMNS:
        raise InvalidInput(
            f"the column line must begin with {' '.join(_COLUMNS)}, separated by tabs",
            file=file,
            line=len(lines),
        )
    if len(columns) > 8 and columns[8] != "FORMAT":
        raise InvalidInput("the ninth column must be FORMAT", file=file, line=len(lines))
    samples = tuple(columns[9:])
    repeated = [name for name, count in Counter(samples).items() if count > 1]
    if repeated or "" in samples:
        problem = f"sample {repeated[0]!r} stands twice" if repeated else "a sample has no name"
        raise InvalidInput(f"{problem} in the column line", file=file, line=len(lines))
    return Head(tuple(lines[:-1]), samples)


def find_assembly(head: Head, declared: Assembly | None, *, file: str) -> Assembly | None:
    """Return the assembly declared by the operator or else by the header, None if neither says.

    Contig lengths weigh most; names in `##contig`, `##reference` and `##assembly` lines and
    accessions used as contig names count too. Raises InvalidInput for another build, for a header
    that contradicts `declared` and, where nothing is declared, for one that contradicts itself.
    """
    try:
        by_length = detect_assembly(head.contig_lengths)
    except InvalidRequest as error:
        raise InvalidInput(str(error), file=file) from error
    told = {by_length} if by_length else _named_builds(head, file)
    if declared:
        if told and declared not in told:
            raise InvalidInput(
                f"the header says {_words(told)}, but {declared} was declared", file=file
            )
        return declared
    told |= _named_builds(head, file)
    if len(told) > 1:
        raise InvalidInput(f"the header contradicts itself: it says {_words(told)}", file=file)
    return told.pop() if told else None


def _words(assemblies: set[Assembly]) -> str:
    return " and ".join(sorted(assemblies))


def _named_builds(head: Head, file: str) -> set[Assembly]:
    """Return the assemblies that header lines name; raises InvalidInput for any other build."""
    named = set()
    for word in dict.fromkeys(_hints(head)):
        builds = {build for build, pattern in _BUILDS if pattern.search(word.lower())}
        foreign = builds - set(Assembly)
        if foreign and not builds & set(Assembly):
            raise InvalidInput(
                f"the header says {foreign.pop()}; only GRCh37 and GRCh38 can be loaded", file=file
            )
        if len(builds) == 1:
            named |= builds
    for contig in head.contig_lengths:
        found = find_reference(contig)
        if found and found[1]:
            named.add(found[1])
    return named


def _hints(head: Head) -> list[str]:
    contigs = [contig["assembly"] for contig in _contigs(head.lines) if "assembly" in contig]
    lines = [found[2] for found in map(_REFERENCE.match, head.lines) if found]
    return [*contigs, *lines]


def _contigs(lines: Sequence[str]) -> list[dict[str, str]]:
    found = filter(None, map(_CONTIG.match, lines))
    return [
        {key: value.strip('"') for key, value in _ATTRIBUTE.findall(contig[1])} for contig in found
    ]
