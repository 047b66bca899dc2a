"""What annotators wrote into INFO: SnpEff's ANN (ANN format 1.0) and VEP's CSQ.

Both are lists of `|`-separated fields whose names stand in the header line that declares them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

Effects = list[tuple[dict, ...]]
"""Per ALT allele, in the record's order, its distinct effects (keys of ports.Effect)."""

EffectReader = Callable[[Mapping[str, str] | str, str, Sequence[str]], Effects]
"""Called with a record's INFO (text or mapping), REF and ALTs."""

_DECLARED = re.compile(r'##INFO=<ID=(ANN|CSQ|vep),.*?Description="([^"]*)"')
_FIELDS = {  # our key: the names that SnpEff and VEP give the field, the first one there counts
    "allele": ("allele",),
    "consequences": ("annotation", "consequence"),
    "gene": ("gene_name", "symbol", "hgnc", "gene"),
    "transcript": ("feature_id", "feature"),
    "hgvs_c": ("hgvs.c", "hgvsc"),
    "hgvs_p": ("hgvs.p", "hgvsp"),
    "number": ("allele_num",),
    "amino_acids": ("amino_acids",),
    "protein_position": ("protein_position",),
}
_NO_GENE = frozenset({"intergenic_region", "intergenic_variant"})

_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G",
    "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S",
    "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Sec": "U", "Pyl": "O", "Asx": "B", "Glx": "Z",
    "Xaa": "X", "Xle": "J", "Ter": "*",
}  # fmt: skip
_AMINO_ACID = re.compile("|".join(_LETTERS))
_SILENT = re.compile(r"([A-Z*])(\d+)\1")


def effect_reader(header: str | Iterable[str]) -> EffectReader | None:
    """Return what reads the effects of records under this header, None if it declares none."""
    lines = header.splitlines() if isinstance(header, str) else header
    declared = [found for found in map(_DECLARED.match, lines) if found]
    readers = [reader for found in declared if (reader := _reader(found[1], found[2]))]
    if not readers:
        return None

    def read(info: Mapping[str, str] | str, ref: str, alts: Sequence[str]) -> Effects:
        fields = parse_info(info) if isinstance(info, str) else info
        found = [reader(fields, ref, alts) for reader in readers]
        return [
            tuple(effect for effects in found for effect in effects[n]) for n in range(len(alts))
        ]

    return read


def parse_info(text: str) -> dict[str, str]:
    """Return the keys and values of an INFO column; flags have an empty value.

    >>> parse_info("AC=3;DB")
    {'AC': '3', 'DB': ''}
    """
    pairs = (entry.partition("=") for entry in text.split(";") if entry and entry != ".")
    return {key: value for key, _, value in pairs}


def protein_change(hgvs_p: str) -> str:
    """Return a protein HGVS expression in one-letter form, without its sequence name.

    >>> protein_change("ENSP00000288602.6:p.Val600Glu"), protein_change("p.(Arg97ProfsTer23)")
    ('V600E', 'R97Pfs*23')
    >>> protein_change("NP_1.1:p.Leu5%3D"), protein_change("p.Lys23_Val25del")
    ('L5=', 'K23_V25del')
    """
    change = hgvs_p.rpartition(":")[2].replace("%3D", "=").replace("%3d", "=")
    change = change.removeprefix("p.").strip("()")
    change = _AMINO_ACID.sub(lambda found: _LETTERS[found[0]], change)
    silent = _SILENT.fullmatch(change)
    return f"{silent[1]}{silent[2]}=" if silent else change


def _reader(key: str, description: str) -> Callable[..., Effects] | None:
    """Return what reads one INFO field, None if its header line does not name the columns."""
    _, _, names = description.rpartition("Format:") if "Format:" in description else ("", "", "")
    source = "VEP" if names else "SnpEff"
    names = names or description.rpartition(":")[2]
    columns = [name.strip(" '\"").lower() for name in names.split("|")]
    places = {
        field: columns.index(name)
        for field, options in _FIELDS.items()
        for name in reversed(options)
        if name in columns
    }
    if not {"allele", "consequences"} <= places.keys():
        return None

    def read(info: Mapping[str, str], ref: str, alts: Sequence[str]) -> Effects:
        text = info.get(key, "")
        return _effects(text, places, source, ref, alts) if text else [()] * len(alts)

    return read


def _effects(
    text: str, places: Mapping[str, int], source: str, ref: str, alts: Sequence[str]
) -> Effects:
    spellings = _spellings(source, ref, alts)
    found: list[dict[tuple, dict]] = [{} for _ in alts]
    for entry in text.split(","):
        values = entry.split("|")
        row = {key: values[at].strip() for key, at in places.items() if at < len(values)}
        place = _allele_of(row, spellings, len(alts))
        if place is None:
            continue
        effect = _effect(row, source)
        known = (
            effect["gene"],
            *effect["consequences"],
            effect["aminoacid_change"],
            effect["transcript"],
        )
        found[place].setdefault(known, effect)
    return [tuple(effects.values()) for effects in found]


def _effect(row: Mapping[str, str], source: str) -> dict:
    consequences = [word for word in row["consequences"].split("&") if word]
    hgvs_p = row.get("hgvs_p", "").replace("%3D", "=")
    return {
        "gene": "" if _NO_GENE.issuperset(consequences) else row.get("gene", ""),
        "consequences": consequences,
        "aminoacid_change": protein_change(hgvs_p) if hgvs_p else _plain_change(row),
        "transcript": row.get("transcript", ""),
        "hgvs_c": row.get("hgvs_c", "").rpartition(":")[2],
        "hgvs_p": hgvs_p.rpartition(":")[2],
        "source": source,
    }


def _plain_change(row: Mapping[str, str]) -> str:
    """Return `V600E` from VEP's amino acids `V/E` and protein position, where HGVS is not there."""
    position = row.get("protein_position", "").partition("/")[0]
    before, _, after = row.get("amino_acids", "").partition("/")
    if not position.isdecimal() or len(before) != 1 or len(after) > 1:
        return ""
    return f"{before}{position}{after or '='}"


def _allele_of(row: Mapping[str, str], spellings: Mapping[str, int], count: int) -> int | None:
    """Return which ALT (from 0) an entry is about, None if it is none of the record's."""
    number = row.get("number", "")
    if number.isdecimal():
        return int(number) - 1 if 0 < int(number) <= count else None
    place = spellings.get(row["allele"])
    return 0 if place is None and count == 1 else place


def _spellings(source: str, ref: str, alts: Sequence[str]) -> dict[str, int]:
    """Return how an annotator writes the ALTs → their places; the first to claim a spelling has it.

    SnpEff writes the ALT. VEP drops the base that all alleles of a record with an indel begin with,
    writes `-` for what is then empty, and with `--minimal` trims each ALT on its own.
    """
    bases = [alt for alt in alts if alt.isalpha()]
    is_indel = any(len(alt) != len(ref) for alt in bases)
    is_anchored = is_indel and all(alt[:1] == ref[:1] for alt in bases)
    cuts = (_unanchored, _whole) if source == "VEP" and is_anchored else (_whole,)
    found: dict[str, int] = {}
    for cut in (*cuts, _minimal):
        for place, alt in enumerate(alts):
            found.setdefault(cut(ref, alt), place)
    return found


def _whole(_: str, alt: str) -> str:
    return alt


def _unanchored(_: str, alt: str) -> str:
    return alt[1:] or "-"


def _minimal(ref: str, alt: str) -> str:
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt = ref[1:], alt[1:]
    return alt or "-"
