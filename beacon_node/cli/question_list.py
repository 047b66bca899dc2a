"""Many questions: the lines of a text file, or the alleles of a VCF."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from beacon_node.errors import InvalidInput
from beacon_node.model.genome import REFERENCE_NAMES, SEQUENCES, Assembly
from beacon_node.model.variation import Allele

MOST_QUESTIONS = 100_000  # at two per second, most of a day
_PACKED = (b"\x1f\x8b", b"BCF")
_VCF = b"##fileformat=VCF"
_LONGEST_LINE = 20_000  # bytes


class Line(NamedTuple):
    """A question and where it stands: the line of a list, or the how-manieth allele of a VCF."""

    number: int
    text: str


class QuestionList(NamedTuple):
    """`left_out` are the reasons why records of a VCF ask nothing, with how many they are."""

    lines: tuple[Line, ...]
    left_out: dict[str, int]
    is_vcf: bool = False


def read_questions(path: str, assembly: Assembly | None) -> QuestionList:
    """Return the questions of a file, or of stdin for `-`.

    Of a VCF (or BCF, or either packed): each ALT of each record that passed its filters and, where
    there are samples, that somebody carries; each once. Of anything else: each line that is not
    empty and does not begin with `#`. Raises InvalidInput, naming file and line.
    """
    if path != "-":
        try:
            with Path(path).open("rb") as file:
                return _read(file, path, path, assembly)
        except OSError as error:
            raise InvalidInput(f"cannot be read ({error.strerror})", file=path) from error
    with tempfile.NamedTemporaryFile() as kept:  # a VCF is read more than once
        while piece := sys.stdin.buffer.read(1 << 20):
            kept.write(piece)
        kept.flush()
        kept.seek(0)
        return _read(kept, kept.name, "stdin", assembly)


def _read(file: BinaryIO, path: str, name: str, assembly: Assembly | None) -> QuestionList:
    beginning = file.read(len(_VCF))
    file.seek(0)
    if beginning.startswith((_VCF, *_PACKED)):
        return _of_vcf(path, name, assembly)
    return QuestionList(_limited(_of_text(file, name), name), {})


def _limited(lines: Iterator[Line], name: str) -> tuple[Line, ...]:
    found = tuple(islice(lines, MOST_QUESTIONS + 1))
    if len(found) > MOST_QUESTIONS:
        raise InvalidInput(f"there are more than {MOST_QUESTIONS:,} questions in it", file=name)
    if not found:
        raise InvalidInput("there is no question in it", file=name)
    return found


def _of_text(file: BinaryIO, name: str) -> Iterator[Line]:
    for number, raw in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), start=1):
        if len(raw) == _LONGEST_LINE:
            raise InvalidInput("the line is too long for a question", file=name, line=number)
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise InvalidInput("the line is no text in UTF-8", file=name, line=number) from error
        if text and not text.startswith("#"):
            if not text.replace("\t", " ").isprintable():
                raise InvalidInput("there are control characters in it", file=name, line=number)
            yield Line(number, " ".join(text.split()))


# ---- VCF -----------------------------------------------------------------------------------------


def _of_vcf(path: str, name: str, assembly: Assembly | None) -> QuestionList:
    from beacon_node.ingest.vcf import open_vcf
    from beacon_node.model.calls import FilterPolicy, ReadReport

    try:
        opened = open_vcf(path, assembly=assembly, filters=FilterPolicy())
        vcf = replace(opened, needs_counts=False)
        if vcf.assembly is None:
            raise InvalidInput("the header names no assembly; say --assembly", file=path)
        report = ReadReport()
        lines = _limited(_of_alleles(_alleles(vcf, report), vcf.assembly, report), path)
    except InvalidInput as error:
        file = name if error.file == path else error.file
        raise InvalidInput(error.problem, file=file, line=error.line, field=error.field) from error
    return QuestionList(lines, report.skipped, is_vcf=True)


def _alleles(vcf, report) -> Iterator[Allele]:
    for segment in vcf.segments:
        for calls in vcf.read(segment, report, lambda _: None):
            if vcf.samples and not (calls.het or calls.hom or calls.single):
                report.skip("alleles that no sample carries")
                continue
            reference = REFERENCE_NAMES[calls.reference - 1]
            yield Allele(reference, calls.start, calls.end, calls.ref, calls.alt)


def _of_alleles(alleles: Iterator[Allele], assembly: Assembly, report) -> Iterator[Line]:
    seen: set[Allele] = set()
    for allele in alleles:
        if allele.is_symbolic:
            report.skip("structural and symbolic alleles")
        elif allele in seen:
            report.skip("alleles that stand there twice")
        else:
            seen.add(allele)
            yield Line(len(seen), allele_text(assembly, allele))


def allele_text(assembly: Assembly, allele: Allele) -> str:
    """Return an allele as one would type it, such that exactly it is understood.

    HGVS without the deleted bases would be understood as a place where anything may be deleted.

    >>> allele_text(Assembly.GRCH38, Allele("17", 43045710, 43045711, "C", "T"))
    'GRCh38 17-43045711-C-T'
    >>> allele_text(Assembly.GRCH38, Allele("17", 43045711, 43045713, "AC", ""))
    'GRCh38 NC_000017.11:g.43045712_43045713delAC'
    """
    name, first = allele.reference_name, allele.start + 1
    if allele.ref and allele.alt:
        return f"{assembly} {name}-{first}-{allele.ref}-{allele.alt}"
    place = f"{assembly} {SEQUENCES[assembly][name].refseq}:{'m' if name == 'MT' else 'g'}."
    if not allele.ref:
        return f"{place}{allele.start}_{first}ins{allele.alt}"
    last = "" if first == allele.end else f"_{allele.end}"
    return f"{place}{first}{last}del{allele.ref}"
