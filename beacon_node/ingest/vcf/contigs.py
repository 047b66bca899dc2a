"""What the contigs of a file are called, and which of them a node has no place for."""

import re
from collections.abc import Mapping

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly, resolve_reference

# Sequences that come with the two assemblies and are none of the 25: names used by NCBI, UCSC,
# Ensembl and the 1000 Genomes analysis sets.
_EXTRA = (
    (r"(chr.*_decoy|hs37d5|hs38d1|jtfh\d+.*)", "decoy contig"),
    (r"(chrebv|ebv|nc_007605(\.\d+)?|phix.*|nc_001422(\.\d+)?|lambda)", "viral contig"),
    (r"hla[-*].*", "HLA contig"),
    (r"(.*_alt|.*_hap\d+|(chr_)?hsch.*)", "alternate locus contig"),
    (r"(.*_fix|(chr_)?hg\d+.*patch|k[nqvz]\d{6}.*|ml\d{6}.*|nw_\d+.*)", "patch contig"),
    (r"(.*_random|chrun_.*|un_.*|(gl|ki|jh|kb)\d{6}.*|nt_\d+.*)", "unplaced contig"),
)
_OLD_MITOCHONDRION = 16_571  # UCSC hg19's chrM is NC_001807, whose positions are not those of MT


class Contigs:
    """Contig names of one file → reference numbers; remembers what it has looked up."""

    def __init__(self, assembly: Assembly | None, lengths: Mapping[str, int]) -> None:
        self._assembly, self._lengths = assembly, lengths
        self._known: dict[str, int | str] = {}

    def find(self, name: str) -> int | str:
        """Return the reference number of a contig or the reason why its records are left out.

        Raises InvalidInput for a contig that nobody knows or that is another assembly's.
        """
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._look_up(name)
        return found

    def _look_up(self, name: str) -> int | str:
        if reason := _reason_to_skip(name):
            return reason
        try:
            reference_name, _ = resolve_reference(name, self._assembly)
        except InvalidRequest as error:
            raise InvalidInput(f"contig {name!r}: {error}", field="CHROM") from error
        if reference_name == "MT" and self._lengths.get(name) == _OLD_MITOCHONDRION:
            return "mitochondrion of hg19 (NC_001807), not of GRCh37"
        return REFERENCE_NUMBER[reference_name]


def _reason_to_skip(name: str) -> str:
    plain = name.lower()
    return next((reason for pattern, reason in _EXTRA if re.fullmatch(pattern, plain)), "")
