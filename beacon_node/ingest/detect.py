"""Which format a file has, told by what is in it and never by its name alone."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import ijson

from beacon_node.errors import InvalidInput
from beacon_node.ingest.bff import entry_type_of
from beacon_node.ingest.plain_files import explained, opened

_HEAD = 1 << 16  # bytes looked at in text files; the comments of raw genotype files are 1-2 kB


class Format(StrEnum):
    """The formats that can be loaded. VCF includes BCF and gVCF."""

    VCF = "VCF"
    DTC_23ANDME = "23andMe raw data"
    DTC_ANCESTRY = "AncestryDNA raw data"
    PHENOPACKETS = "phenopackets"
    BFF = "Beacon-friendly format"


KNOWN = (
    "known are VCF and BCF, 23andMe and AncestryDNA raw data, GA4GH phenopackets, and BFF"
    " individuals, biosamples, runs, analyses, cohorts and datasets"
)

# First bytes of files that people try, and what to say of them.
_MAGIC = (
    (b"PK\x03\x04", "this is a zip archive: unpack it and load what is inside"),
    (b"BAM\x01", "this is a BAM file, which holds reads: call its variants and load the VCF"),
    (b"CRAM", "this is a CRAM file, which holds reads: call its variants and load the VCF"),
    (b"BZh", "this is compressed by bzip2: decompress it or use bgzip"),
    (b"\xfd7zXZ", "this is compressed by xz: decompress it or use bgzip"),
    (b"\x28\xb5\x2f\xfd", "this is compressed by zstd: decompress it or use bgzip"),
    (b"l\x1b", "this is a PLINK bed file: convert it to VCF"),
)

# Other vendors of raw genotype files, by words of their comments or column heads (lower case).
_OTHER_VENDORS = {
    "FamilyTreeDNA": r"familytreedna|family finder|famfinder",
    "MyHeritage": r"myheritage",
    "Living DNA": r"living ?dna",
    "23Mofang": r"23mofang",
    "DNA.Land": r"dna\.land",
    "Genes for Good": r"genes for good",
    "Mapmygenome": r"mapmygenome|allele1\.\.\.top",
    "SelfDecode": r"selfdecode",
    "CircleDNA": r"# circle",
    "CODIGO46": r"codigo46",
    "Sano Genetics": r"content\s+sano\b|derived from the corresponding vcf file",
    "Illumina GenomeStudio": r"\[header\]",
}
_JSON_START = re.compile(rb"\s*[{\[]\s*[^\w\s]")  # not the [Header] of an Illumina report
_FAMILY_TREE_COLUMNS = re.compile(r'"?rsid"?,"?chromosome"?,"?position"?,"?result"?', re.I)
_RAW_COLUMNS = re.compile(
    r"[#\s]*(rsid|snpid)[\s,]+chrom(osome)?[\s,]+pos(ition)?[\s,]+(genotype|allele)", re.I
)
_ANCESTRY_ROW = re.compile(r"\S+\s+\d{1,2}\s+\d+\s+[ACGTDI0]\s+[ACGTDI0]\s*", re.I)


def detect_format(path: str | Path) -> Format:
    """Return the format of a file (plain or gzip) or of a folder of phenopackets.

    Raises InvalidInput if it is none of the known ones, by name where it is recognised.
    """
    if Path(path).is_dir():
        return _folder(Path(path))
    with opened(path) as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        raise InvalidInput(f"the file is empty; {KNOWN}", file=str(path))
    if head.startswith((b"BCF\x02", b"##fileformat=VCF", b"#CHROM\tPOS")):
        return Format.VCF
    for magic, problem in _MAGIC:
        if head.startswith(magic):
            raise InvalidInput(problem, file=str(path))
    if _JSON_START.match(head):
        return _json(path)
    return _text(_decoded(head, path), path)


def _folder(folder: Path) -> Format:
    for file in json_files(folder):
        if _json(file) is Format.PHENOPACKETS:
            return Format.PHENOPACKETS
        raise InvalidInput("load the files of a BFF folder one by one", file=str(folder))
    raise InvalidInput("this folder has no .json, .json.gz or .jsonl files", file=str(folder))


def json_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder and those below it, by path."""
    endings = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
    with explained(folder):
        found = [p for p in folder.rglob("*") if p.name.lower().endswith(endings) and p.is_file()]
    return sorted(found)


def _decoded(head: bytes, path: str | Path) -> str:
    text = head.decode("utf-8", "replace")
    if "\x00" in text or text.count("\ufffd") > len(text) // 20:
        raise InvalidInput(f"this is binary data of no known format; {KNOWN}", file=str(path))
    return text


# ---- text --------------------------------------------------------------------------------------


def _text(text: str, path: str | Path) -> Format:
    lines = text.splitlines()
    comments = "\n".join(line for line in lines if line.startswith(("#", ";"))).lower()
    if "23andme" in comments:
        return Format.DTC_23ANDME
    if re.search(r"ancestry ?dna", comments):
        return Format.DTC_ANCESTRY
    first_rows = "\n".join([comments, *lines[:5]]).lower()
    for vendor, words in _OTHER_VENDORS.items():
        if re.search(words, first_rows):
            raise _other_vendor(f"{vendor} raw data", path)
    if any(_FAMILY_TREE_COLUMNS.match(line) for line in lines[:5]):
        raise _other_vendor("FamilyTreeDNA raw data", path)
    if any(_RAW_COLUMNS.match(line) for line in lines[:50]) or _ANCESTRY_ROW.fullmatch(lines[0]):
        raise _other_vendor("raw genotypes of a vendor whom the file does not name", path)
    raise InvalidInput(f"the format is not known; {KNOWN}", file=str(path))


def _other_vendor(what: str, path: str | Path) -> InvalidInput:
    problem = f"this looks like {what}; of raw genotype files only 23andMe's and AncestryDNA's load"
    return InvalidInput(problem, file=str(path))


# ---- JSON --------------------------------------------------------------------------------------

_PHENOPACKET_KEYS = frozenset(
    "subject metaData phenotypicFeatures interpretations medicalActions measurements".split()  # noqa: SIM905
)
_PHENOPACKET_GROUPS = frozenset({"proband", "members"})  # Family, Cohort


def _json(path: str | Path) -> Format:
    keys = set(_first_keys(path))
    if keys & {"variation", "variantInternalId", "caseLevelData"}:
        problem = "genomicVariations are not loaded from BFF: load the VCF that they came from"
        raise InvalidInput(problem, file=str(path))
    is_packet = "subject" in keys and len(keys & _PHENOPACKET_KEYS) >= 2
    is_group = bool(keys & _PHENOPACKET_GROUPS) and "metaData" in keys
    if is_packet or is_group or {"subject", "id"} >= keys >= {"subject"}:
        return Format.PHENOPACKETS
    if entry_type_of(keys, Path(path).name):
        return Format.BFF
    raise InvalidInput(f"this JSON is of no known kind; {KNOWN}", file=str(path))


def _first_keys(path: str | Path) -> Iterator[str]:
    """Yield the keys of the first object, outermost or in the outermost array."""
    depth, level = 0, 0
    with opened(path) as stream:
        try:
            for event, value in ijson.basic_parse(stream, use_float=True):
                if event in ("start_map", "start_array"):
                    depth += 1
                    level = level or (depth if event == "start_map" else 0)
                elif event in ("end_map", "end_array"):
                    if depth == level:
                        return
                    depth -= 1
                elif event == "map_key" and depth == level:
                    yield value
        except ijson.JSONError:
            return  # what came before it may be enough to know the reader that will complain
