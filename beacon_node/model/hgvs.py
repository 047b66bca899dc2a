"""HGVS names that need a table to be understood: changes of transcripts and proteins.

Names of one change are brought to one spelling, so that `c.5266dupC` finds `c.5266dup`: the bases
that a deletion or duplication removes or repeats may be written, and are not needed.
"""

import re
from dataclasses import dataclass

from beacon_node.model.protein import canonical_change

_NAME = re.compile(
    r"(?P<accession>[A-Z]{2}_\d+|ENS[TPG]\d+|LRG_\d+(?:[tp]\d+)?)(?:\.(?P<version>\d+))?"
    r"(?:\([^)]*\))?:(?P<change>[cgmnpr]\..+)",
    re.IGNORECASE,
)
_PROTEIN_REMARK = re.compile(r"\s*\(p\.[^)]*\)?\)\s*$")
_GENE_CHANGE = re.compile(r"(?P<gene>[A-Z][A-Z0-9-]*):(?P<change>p\..+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HgvsName:
    """A parsed name. `version` is the accession's, 0 if none was written; `change` is canonical."""

    accession: str
    version: int
    change: str

    @property
    def key(self) -> str:
        """The name without version, for look-up."""
        return f"{self.accession}:{self.change}"

    @property
    def is_genomic(self) -> bool:
        """Whether the version tells the assembly, so that no other version will do."""
        return self.change[0] in "gm"


def parse_hgvs(text: str) -> HgvsName | None:
    """Return a parsed HGVS name, None if `text` is none.

    >>> parse_hgvs("NM_007294.4(BRCA1):c.5266dupC (p.Gln1756fs)")
    HgvsName(accession='NM_007294', version=4, change='c.5266dup')
    """
    found = _NAME.fullmatch(_PROTEIN_REMARK.sub("", text.strip()))
    if not found:
        return None
    change = _canonical(found["change"])
    accession = found["accession"].upper()
    if accession.startswith("LRG"):
        accession = "LRG" + accession[3:].lower()
    return HgvsName(accession, int(found["version"] or 0), change) if change else None


def parse_gene_change(text: str) -> tuple[str, str] | None:
    """Return (gene, canonical protein change) of a name such as `BRAF:p.Val600Glu`, else None.

    >>> parse_gene_change("BRAF:p.Val600Glu")
    ('BRAF', 'V600E')
    """
    found = _GENE_CHANGE.fullmatch(text.strip())
    change = canonical_change(found["change"]) if found else None
    return (found["gene"].upper(), change) if found and change else None


def _canonical(change: str) -> str | None:
    kind, rest = change[0].lower(), re.sub(r"\s", "", change[2:])
    if kind == "p":
        protein = canonical_change(rest)
        return f"p.{protein}" if protein else None
    rest = re.sub(r"(?i)del[acgtun]*ins", "delins", rest)
    rest = re.sub(r"(?i)(del|dup)(?:[acgtun]+|\d+)$", lambda word: word[1].lower(), rest)
    return f"{kind}." + re.sub(r"[acgtun]+(?=>|$)|(?<=>)[acgtun]+|(?<=ins)[acgtun]+", _upper, rest)


def _upper(bases: re.Match) -> str:
    return bases[0] if bases[0] in ("del", "dup", "inv") else bases[0].upper()
