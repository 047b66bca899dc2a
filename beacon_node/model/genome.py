"""Reference sequences of the two assemblies we know, and every name they go by.

Names, accessions and lengths: NCBI assemblies GRCh37.p13 and GRCh38.p14 (as tabulated by biocommons
bioutils); refget digests: GA4GH refget SQ, sha512t24u of the upper-case sequence. Pseudoautosomal
regions: NCBI assembly_regions.txt, converted to interbase.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from beacon_node.errors import InvalidRequest


class Assembly(StrEnum):
    """A human reference assembly that a dataset can be on."""

    __hash__ = str.__hash__  # the enum's own is slow

    GRCH37 = "GRCh37"
    GRCH38 = "GRCh38"


REFERENCE_NAMES = (*(str(n) for n in range(1, 23)), "X", "Y", "MT")
REFERENCE_NUMBER = {name: number for number, name in enumerate(REFERENCE_NAMES, 1)}


@dataclass(frozen=True, slots=True)
class Sequence:
    """One reference sequence of one assembly; `length` in bases."""

    assembly: Assembly
    name: str
    ucsc_name: str
    refseq: str
    genbank: str
    length: int
    refget: str


# name, UCSC name, RefSeq, GenBank, length, refget digest
_TABLE = {
    Assembly.GRCH37: """
        1 chr1 NC_000001.10 CM000663.1 249250621 SQ.S_KjnFVz-FE7M0W6yoaUDgYxLPc1jyWU
        2 chr2 NC_000002.11 CM000664.1 243199373 SQ.9KdcA9ZpY1Cpvxvg8bMSLYDUpsX6GDLO
        3 chr3 NC_000003.11 CM000665.1 198022430 SQ.VNBualIltAyi2AI_uXcKU7M9XUOuA7MS
        4 chr4 NC_000004.11 CM000666.1 191154276 SQ.iy7Zfceb5_VGtTQzJ-v5JpPbpeifHD_V
        5 chr5 NC_000005.9 CM000667.1 180915260 SQ.vbjOdMfHJvTjK_nqvFvpaSKhZillW0SX
        6 chr6 NC_000006.11 CM000668.1 171115067 SQ.KqaUhJMW3CDjhoVtBetdEKT1n6hM-7Ek
        7 chr7 NC_000007.13 CM000669.1 159138663 SQ.IW78mgV5Cqf6M24hy52hPjyyo5tCCd86
        8 chr8 NC_000008.10 CM000670.1 146364022 SQ.tTm7wmhz0G4lpt8wPspcNkAD_qiminj6
        9 chr9 NC_000009.11 CM000671.1 141213431 SQ.HBckYGQ4wYG9APHLpjoQ9UUe9v7NxExt
        10 chr10 NC_000010.10 CM000672.1 135534747 SQ.-BOZ8Esn8J88qDwNiSEwUr5425UXdiGX
        11 chr11 NC_000011.9 CM000673.1 135006516 SQ.XXi2_O1ly-CCOi3HP5TypAw7LtC6niFG
        12 chr12 NC_000012.11 CM000674.1 133851895 SQ.105bBysLoDFQHhajooTAUyUkNiZ8LJEH
        13 chr13 NC_000013.10 CM000675.1 115169878 SQ.Ewb9qlgTqN6e_XQiRVYpoUfZJHXeiUfH
        14 chr14 NC_000014.8 CM000676.1 107349540 SQ.5Ji6FGEKfejK1U6BMScqrdKJK8GqmIGf
        15 chr15 NC_000015.9 CM000677.1 102531392 SQ.zIMZb3Ft7RdWa5XYq0PxIlezLY2ccCgt
        16 chr16 NC_000016.9 CM000678.1 90354753 SQ.W6wLoIFOn4G7cjopxPxYNk2lcEqhLQFb
        17 chr17 NC_000017.10 CM000679.1 81195210 SQ.AjWXsI7AkTK35XW9pgd3UbjpC3MAevlz
        18 chr18 NC_000018.9 CM000680.1 78077248 SQ.BTj4BDaaHYoPhD3oY2GdwC_l0uqZ92UD
        19 chr19 NC_000019.9 CM000681.1 59128983 SQ.ItRDD47aMoioDCNW_occY5fWKZBKlxCX
        20 chr20 NC_000020.10 CM000682.1 63025520 SQ.iy_UbUrvECxFRX5LPTH_KPojdlT7BKsf
        21 chr21 NC_000021.8 CM000683.1 48129895 SQ.LpTaNW-hwuY_yARP0rtarCnpCQLkgVCg
        22 chr22 NC_000022.10 CM000684.1 51304566 SQ.XOgHwwR3Upfp5sZYk6ZKzvV25a4RBVu8
        X chrX NC_000023.10 CM000685.1 155270560 SQ.v7noePfnNpK8ghYXEqZ9NukMXW7YeNsm
        Y chrY NC_000024.9 CM000686.1 59373566 SQ.BT7QyW5iXaX_1PSX-msSGYsqRdMKqkj-
        MT chrM NC_012920.1 J01415.2 16569 SQ.k3grVkjY-hoWcCUojHw6VU6GE3MZ8Sct
    """,
    Assembly.GRCH38: """
        1 chr1 NC_000001.11 CM000663.2 248956422 SQ.Ya6Rs7DHhDeg7YaOSg1EoNi3U_nQ9SvO
        2 chr2 NC_000002.12 CM000664.2 242193529 SQ.pnAqCRBrTsUoBghSD1yp_jXWSmlbdh4g
        3 chr3 NC_000003.12 CM000665.2 198295559 SQ.Zu7h9AggXxhTaGVsy7h_EZSChSZGcmgX
        4 chr4 NC_000004.12 CM000666.2 190214555 SQ.HxuclGHh0XCDuF8x6yQrpHUBL7ZntAHc
        5 chr5 NC_000005.10 CM000667.2 181538259 SQ.aUiQCzCPZ2d0csHbMSbh2NzInhonSXwI
        6 chr6 NC_000006.12 CM000668.2 170805979 SQ.0iKlIQk2oZLoeOG9P1riRU6hvL5Ux8TV
        7 chr7 NC_000007.14 CM000669.2 159345973 SQ.F-LrLMe1SRpfUZHkQmvkVKFEGaoDeHul
        8 chr8 NC_000008.11 CM000670.2 145138636 SQ.209Z7zJ-mFypBEWLk4rNC6S_OxY5p7bs
        9 chr9 NC_000009.12 CM000671.2 138394717 SQ.KEO-4XBcm1cxeo_DIQ8_ofqGUkp4iZhI
        10 chr10 NC_000010.11 CM000672.2 133797422 SQ.ss8r_wB0-b9r44TQTMmVTI92884QvBiB
        11 chr11 NC_000011.10 CM000673.2 135086622 SQ.2NkFm8HK88MqeNkCgj78KidCAXgnsfV1
        12 chr12 NC_000012.12 CM000674.2 133275309 SQ.6wlJpONE3oNb4D69ULmEXhqyDZ4vwNfl
        13 chr13 NC_000013.11 CM000675.2 114364328 SQ._0wi-qoDrvram155UmcSC-zA5ZK4fpLT
        14 chr14 NC_000014.9 CM000676.2 107043718 SQ.eK4D2MosgK_ivBkgi6FVPg5UXs1bYESm
        15 chr15 NC_000015.10 CM000677.2 101991189 SQ.AsXvWL1-2i5U_buw6_niVIxD6zTbAuS6
        16 chr16 NC_000016.10 CM000678.2 90338345 SQ.yC_0RBj3fgBlvgyAuycbzdubtLxq-rE0
        17 chr17 NC_000017.11 CM000679.2 83257441 SQ.dLZ15tNO1Ur0IcGjwc3Sdi_0A6Yf4zm7
        18 chr18 NC_000018.10 CM000680.2 80373285 SQ.vWwFhJ5lQDMhh-czg06YtlWqu0lvFAZV
        19 chr19 NC_000019.10 CM000681.2 58617616 SQ.IIB53T8CNeJJdUqzn9V_JnRtQadwWCbl
        20 chr20 NC_000020.11 CM000682.2 64444167 SQ.-A1QmD_MatoqxvgVxBLZTONHz9-c7nQo
        21 chr21 NC_000021.9 CM000683.2 46709983 SQ.5ZUqxCmDDgN4xTRbaSjN8LwgZironmB8
        22 chr22 NC_000022.11 CM000684.2 50818468 SQ.7B7SHsmchAR0dFcDCuSFjJAo7tX87krQ
        X chrX NC_000023.11 CM000685.2 156040895 SQ.w0WZEvgJF0zf_P4yyTzjjv9oW1z61HHP
        Y chrY NC_000024.10 CM000686.2 57227415 SQ.8_liLu1aycC0tPQPFmUaGXJLDs5SbPZ5
        MT chrM NC_012920.1 J01415.2 16569 SQ.k3grVkjY-hoWcCUojHw6VU6GE3MZ8Sct
    """,
}


def _read(assembly: Assembly) -> dict[str, Sequence]:
    rows = (line.split() for line in _TABLE[assembly].strip().splitlines())
    return {
        name: Sequence(assembly, name, ucsc, refseq, genbank, int(length), refget)
        for name, ucsc, refseq, genbank, length, refget in rows
    }


SEQUENCES: Mapping[Assembly, Mapping[str, Sequence]] = {a: _read(a) for a in Assembly}

# Interbase [start, end) of the regions that X and Y share; outside them males have one copy.
PSEUDOAUTOSOMAL: Mapping[Assembly, Mapping[str, tuple[tuple[int, int], ...]]] = {
    Assembly.GRCH37: {
        "X": ((60_000, 2_699_520), (154_931_043, 155_260_560)),
        "Y": ((10_000, 2_649_520), (59_034_049, 59_363_566)),
    },
    Assembly.GRCH38: {
        "X": ((10_000, 2_781_479), (155_701_382, 156_030_895)),
        "Y": ((10_000, 2_781_479), (56_887_902, 57_217_415)),
    },
}

_ASSEMBLY_ALIASES = {
    Assembly.GRCH37: (
        r"(grch37|hg19|b37|hs37d5|build ?37|37"
        r"|gcf_000001405\.(1[3-9]|2[0-5])|gca_000001405\.(1|[2-9]|1[0-4]))"
    ),
    Assembly.GRCH38: (
        r"(grch38|hg38|b38|build ?38|38"
        r"|gcf_000001405\.(2[6-9]|3\d|4\d)|gca_000001405\.(1[5-9]|2\d))"
    ),
}


def parse_assembly(text: str) -> Assembly:
    """Return the assembly that `text` names, patch level ignored.

    Raises InvalidRequest, naming it, for any other build.

    >>> parse_assembly("hg19"), parse_assembly("GRCh38.p13")
    (<Assembly.GRCH37: 'GRCh37'>, <Assembly.GRCH38: 'GRCh38'>)
    """
    plain = re.sub(r"\.p\d+$", "", text.strip().lower())
    for assembly, pattern in _ASSEMBLY_ALIASES.items():
        if re.fullmatch(pattern, plain):
            return assembly
    raise InvalidRequest(f"assembly {text!r} is not served here; this node knows GRCh37 and GRCh38")


@cache
def _aliases() -> dict[str, tuple[str, Assembly | None]]:
    """Return lower-case alias → (name, assembly it implies or None)."""
    found: dict[str, tuple[str, Assembly | None]] = {}
    for assembly, sequences in SEQUENCES.items():
        for name, sequence in sequences.items():
            # The mitochondrion has one accession and digest for both assemblies.
            implied = None if name == "MT" else assembly
            plain = (name, sequence.ucsc_name, f"chr{name}")
            found |= {alias.lower(): (name, None) for alias in plain}
            for accession in (sequence.refseq, sequence.genbank, sequence.refget):
                found[accession.lower()] = (name, implied)
    return found | {"m": ("MT", None), "23": ("X", None), "24": ("Y", None), "26": ("MT", None)}


def find_reference(text: str) -> tuple[str, Assembly | None] | None:
    """Return (reference name, implied assembly or None) for any alias, or None if unknown.

    >>> find_reference("chr17"), find_reference("refseq:NC_000017.11")
    (('17', None), ('17', <Assembly.GRCH38: 'GRCh38'>))
    """
    plain = re.sub(r"^(refseq|ga4gh|refget|insdc|genbank|ucsc):", "", text.strip().lower())
    return _aliases().get(plain)


def resolve_reference(text: str, assembly: Assembly | None) -> tuple[str, Assembly | None]:
    """Return (reference name, assembly), checking that an accession agrees with `assembly`.

    Raises InvalidRequest for an unknown name or an accession of another assembly.
    """
    found = find_reference(text)
    if found is None:
        raise InvalidRequest(f"referenceName {text!r} is no sequence of GRCh37 or GRCh38")
    name, implied = found
    if assembly and implied and assembly != implied:
        raise InvalidRequest(f"referenceName {text!r} belongs to {implied}, not to {assembly}")
    return name, assembly or implied


def detect_assembly(contig_lengths: Mapping[str, int]) -> Assembly | None:
    """Return the assembly whose lengths the declared contigs have, None if they say nothing.

    Raises InvalidRequest if a known contig's length belongs to neither assembly (NCBI36, T2T …) or
    contigs contradict each other.
    """
    candidates = set(Assembly)
    told = False
    for contig, length in contig_lengths.items():
        found = find_reference(contig)
        if found is None or found[0] == "MT" or not length:
            continue
        told = True
        candidates &= {a for a in Assembly if SEQUENCES[a][found[0]].length == length}
        if not candidates:
            raise InvalidRequest(_foreign_build(found[0], length))
    return candidates.pop() if told and len(candidates) == 1 else None


# Lengths by which two common foreign builds are recognised and refused by name.
_FOREIGN = {
    "NCBI36 (hg18)": {"1": 247249719, "20": 62435964, "22": 49691432, "X": 154913754},
    "T2T-CHM13v2.0": {"1": 248387328, "20": 66210255, "22": 51324926, "X": 154259566},
}


def _foreign_build(name: str, length: int) -> str:
    for build, lengths in _FOREIGN.items():
        if lengths.get(name) == length:
            return f"the contigs are those of {build}; only GRCh37 and GRCh38 can be loaded"
    return f"contig {name} of length {length:,} is neither GRCh37's nor GRCh38's"


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a reference sequence in interbase coordinates, 0 <= start <= end.

    `start` is inclusive, `end` exclusive; start == end is the gap that an insertion fills.

    >>> Region.from_vcf("17", pos=43_045_703, ref="AT")  # VCF counts bases from 1
    Region(reference_name='17', start=43045702, end=43045704)
    """

    reference_name: str
    start: int
    end: int

    @classmethod
    def from_vcf(cls, reference_name: str, *, pos: int, ref: str) -> "Region":
        return cls(reference_name, pos - 1, pos - 1 + len(ref))
