"""Raw genotype files of 23andMe (v2-v5, one or two genotype columns) and AncestryDNA.

Such a file gives the bases observed on the plus strand at array positions, 1-based, not REF and
ALT: what is a variation is known only where the reference base is. A row whose reference base is
unknown, an insertion or deletion (`D`, `I`: the bases are not given), a no-call and a contradiction
are reported and count neither as carried nor as assayed, for "no" would be said of them. The whole
file (at most about a million rows) is held in compact arrays and given out sorted.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.ingest.detect import Format, detect_format
from beacon_node.ingest.plain_files import numbered_lines
from beacon_node.model.calls import AlleleCalls, Interval, ReadReport, merge_intervals
from beacon_node.model.carriers import encode
from beacon_node.model.genome import (
    PSEUDOAUTOSOMAL,
    REFERENCE_NAMES,
    REFERENCE_NUMBER,
    SEQUENCES,
    Assembly,
)
from beacon_node.model.variation import Bases

ReferenceAlleles = Callable[[Assembly, int, int], str | None]
"""Reference base at (assembly, reference number, interbase position), None if not known."""

# AncestryDNA numbers X, Y, the pseudoautosomal part of X, and MT.
_CHROMOSOMES = {
    **REFERENCE_NUMBER,
    **{f"chr{name}": number for name, number in REFERENCE_NUMBER.items()},
    **dict.fromkeys(("23", "25", "XY", "PAR"), REFERENCE_NUMBER["X"]),
    **{alias: REFERENCE_NUMBER[name] for alias, name in (("24", "Y"), ("26", "MT"), ("M", "MT"))},
}
_X, _Y, _MT = (REFERENCE_NUMBER[name] for name in ("X", "Y", "MT"))

# A genotype as one byte: first base (1-4) | second base << 3; second 0: one letter.
_BASES = " ACGT"
_NO_CALL, _INDEL = 0, 255
_ONE = encode(np.zeros(1, np.int64), 1)  # the file's one person


def _genotype_codes() -> dict[str, int]:
    codes: dict[str, int] = {}
    for letters in (*"ACGTDI-0", *map("".join, product("ACGTDI-0", repeat=2))):
        if set(letters) & set("-0"):
            codes[letters] = _NO_CALL
        elif set(letters) & set("DI"):
            codes[letters] = _INDEL
        else:
            first, *second = sorted(map(_BASES.index, letters))
            codes[letters] = first | (second[0] if second else 0) << 3
    return codes


_CODES = _genotype_codes()


@dataclass(frozen=True, slots=True)
class RawGenotypes:
    """A raw genotype file of one person; a `model.calls.GenotypeFile`."""

    path: str
    samples: tuple[str, ...]
    assembly: Assembly
    bases: Bases | None = None
    reference_alleles: ReferenceAlleles | None = None
    is_sites_only: bool = False
    segments: tuple = ("whole file",)

    def read(self, segment, report: ReadReport, progress) -> Iterator[AlleleCalls]:
        """Yield the person's alleles by place; see `model.calls.GenotypeFile.read`."""
        rows = _read_rows(self.path, self.assembly, report)
        progress(Path(self.path).stat().st_size)
        rows = _one_call_each(_as_copies(_without_moved_ids(rows, report), self, report), report)
        assayed: list[Interval] = []
        for reference, position, code, rs in zip(*(c.tolist() for c in rows), strict=True):
            base = self._reference_base(reference, position)
            if base is None:
                report.skip("reference base unknown: configure a FASTA or load site lists")
                continue
            assayed.append(Interval(reference, position, position + 1))
            for allele in _alleles(reference, position, base, code, rs):
                report.alleles += 1
                yield allele
        if not assayed:  # an empty answer to "what was assayed?" would mean "not known", not "none"
            problem = "no row could be loaded, most of them for: " + _commonest(report.skipped)
            raise InvalidInput(problem, file=self.path)
        report.assayed = merge_intervals([*report.assayed, *assayed])

    def _reference_base(self, reference: int, position: int) -> str | None:
        base = None
        if self.bases:
            base = self.bases(REFERENCE_NAMES[reference - 1], position, position + 1)
        if not base and self.reference_alleles:
            base = self.reference_alleles(self.assembly, reference, position)
        base = (base or "")[:1].upper()
        return base if base and base in "ACGT" else None


def _commonest(skipped: dict[str, int]) -> str:
    return max(skipped, key=lambda reason: skipped[reason])


def open_dtc(
    path: str | Path,
    *,
    individual: str,
    assembly: Assembly | None,
    bases: Bases | None = None,
    reference_alleles: ReferenceAlleles | None = None,
) -> RawGenotypes:
    """Return a raw genotype file whose comments were read, its one sample named `individual`.

    Raises InvalidInput for another format, a build other than 37 and 38, one that contradicts
    `assembly`, and if neither the file nor `assembly` says on which build the positions are.
    """
    if detect_format(path) not in (Format.DTC_23ANDME, Format.DTC_ANCESTRY):
        raise InvalidInput("this is not a 23andMe or AncestryDNA file", file=str(path))
    stated = _stated_build(path)
    if stated and assembly and stated != assembly:
        problem = f"the file says that it is on {stated}, which contradicts {assembly}"
        raise InvalidInput(problem, file=str(path))
    if not (stated or assembly):
        problem = "the file does not say on which build it is: give it with --assembly"
        raise InvalidInput(problem, file=str(path))
    return RawGenotypes(str(path), (individual,), stated or assembly, bases, reference_alleles)


_BUILD = re.compile(r"\b(?:build|grch|ncbi|hg|b)[ -]?(\d\d)\b", re.I)
_BUILDS = {"37": Assembly.GRCH37, "19": Assembly.GRCH37, "38": Assembly.GRCH38}


def _stated_build(path: str | Path) -> Assembly | None:
    """Return the build that the comments before the first row name."""
    found: set[Assembly] = set()
    for number, line in numbered_lines(path):
        if line.strip() and not line.startswith("#"):
            break
        for build in _BUILD.findall(line):
            if build not in _BUILDS:
                name = "NCBI36 (build 36, hg18)" if build in ("36", "18") else f"build {build}"
                problem = f"the file is on {name}; only GRCh37 and GRCh38 can be loaded"
                raise InvalidInput(problem, file=str(path), line=number)
            found.add(_BUILDS[build])
    if len(found) > 1:
        raise InvalidInput("the comments name both build 37 and build 38", file=str(path))
    return found.pop() if found else None


# ---- rows --------------------------------------------------------------------------------------

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Reference number, interbase position, genotype code, number of the rsID (0: none)."""


def _read_rows(path: str, assembly: Assembly, report: ReadReport) -> Rows:
    """Return the rows with called bases in the file's order; the others are only reported."""
    references, positions, codes, rs_numbers = array("B"), array("i"), array("B"), array("q")
    for line, fields in _fields(path):
        report.records += 1
        reference = _CHROMOSOMES.get(fields[1])
        if reference is None or fields[2] in ("--", "-", "0"):
            report.skip("no place on a chromosome given")
            continue
        position = _position(fields[2], REFERENCE_NAMES[reference - 1], assembly, path, line)
        code = _CODES.get(fields[3].upper())
        if code is None or code in (_NO_CALL, _INDEL):
            report.skip(_why_not_called(code))
            continue
        references.append(reference)
        positions.append(position)
        codes.append(code)
        rs_numbers.append(_rs_number(fields[0]))
    if not report.records:
        raise InvalidInput("the file has no genotype rows", file=path)
    report.references |= set(references)
    return tuple(np.array(column) for column in (references, positions, codes, rs_numbers))


def _why_not_called(code: int | None) -> str:
    if code == _INDEL:
        return "insertion or deletion (D/I): its bases are not given"
    return "no call" if code == _NO_CALL else "genotype of unknown letters"


def _fields(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, [id, chromosome, position, genotype]); two allele columns become one."""
    columns = 0
    for number, line in numbered_lines(path):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if not columns:
            columns = len(fields)
            if fields[0].lower() in ("rsid", "snpid"):
                continue
        if len(fields) != columns or columns not in (4, 5):
            expected = columns if columns in (4, 5) else "4 or 5"
            problem = f"{len(fields)} columns instead of {expected}"
            raise InvalidInput(problem, file=path, line=number)
        yield number, [*fields[:3], fields[3] + fields[4]] if columns == 5 else fields


def _position(text: str, name: str, assembly: Assembly, path: str, line: int) -> int:
    if not text.isdecimal():
        raise InvalidInput("the position is not a number", file=path, line=line, field="position")
    length = SEQUENCES[assembly][name].length
    if int(text) > length:
        problem = f"the position is beyond the end of {name} in {assembly}: is this another build?"
        raise InvalidInput(problem, file=path, line=line, field="position")
    return int(text) - 1


def _rs_number(id: str) -> int:
    return int(id[2:]) if id.startswith("rs") and id[2:].isdecimal() and len(id) < 20 else 0


# ---- one call per place ------------------------------------------------------------------------


def _only(rows: Rows, keep: np.ndarray) -> Rows:
    return tuple(column[keep] for column in rows)


def _without_moved_ids(rows: Rows, report: ReadReport) -> Rows:
    """Leave out rows whose rsID stands at two places: which of them is right is not known."""
    references, positions, _, rs = rows
    places = references.astype(np.int64) << 32 | positions
    named = np.unique(np.stack([rs, places], axis=1)[rs > 0], axis=0)[:, 0]
    ids, counts = np.unique(named, return_counts=True)
    moved = np.isin(rs, ids[counts > 1])
    if moved.any():
        report.skip("rsID at two places", int(moved.sum()))
    return _only(rows, ~moved)


def _as_copies(rows: Rows, file: RawGenotypes, report: ReadReport) -> Rows:
    """Return the rows with one-copy places in one letter, whether written as `A` or as `AA`.

    One copy: MT, Y outside the pseudoautosomal regions, and X outside them in a person who has
    calls on Y and (but for errors) no two different bases on X.
    """
    references, positions, codes, rs = rows
    first, second = codes & 7, codes >> 3
    differ = (second > 0) & (first != second)
    on_y = _outside_par(references, positions, _Y, file.assembly)
    on_x = _outside_par(references, positions, _X, file.assembly)
    one_copy = (references == _MT) | on_y
    if on_y.any() and on_x.any() and differ[on_x].mean() < _ERRORS:
        one_copy |= on_x
    keep = ~(one_copy & differ)
    _report(report, "two different bases where there is one copy", ~keep)
    lone = keep & (second == 0) & ~(one_copy | on_x)
    _report(report, "one base where there are two copies", lone)
    codes = np.where(one_copy, first, codes)
    return _only((references, positions, codes, rs), keep & ~lone)


_ERRORS = 0.02  # share of wrong calls on a male's X that an array may make


def _outside_par(
    references: np.ndarray, positions: np.ndarray, number: int, assembly: Assembly
) -> np.ndarray:
    outside = references == number
    for start, end in PSEUDOAUTOSOMAL[assembly][REFERENCE_NAMES[number - 1]]:
        outside &= (positions < start) | (positions >= end)
    return outside


def _report(report: ReadReport, reason: str, rows: np.ndarray) -> None:
    if rows.any():
        report.skip(reason, int(rows.sum()))


def _one_call_each(rows: Rows, report: ReadReport) -> Rows:
    """Return the rows by place; a place called twice alike once, one called differently not."""
    references, positions, codes, _ = rows
    rows = _only(rows, np.lexsort((codes, positions, references)))
    places = rows[0].astype(np.int64) << 32 | rows[1]
    _, first, group = np.unique(places, return_index=True, return_inverse=True)
    agrees = rows[2] == rows[2][first][group]
    discordant = np.isin(group, group[~agrees])
    _report(report, "two different calls at one place", discordant)
    is_first = np.zeros(len(places), bool)
    is_first[first] = True
    _report(report, "same call repeated", ~is_first & ~discordant)
    return _only(rows, is_first & ~discordant)


def _alleles(reference: int, position: int, base: str, code: int, rs: int) -> Iterator[AlleleCalls]:
    """Yield what a genotype carries other than the reference base, by alternate base."""
    first, second = _BASES[code & 7], _BASES[code >> 3].strip()
    ids = (f"rs{rs}",) if rs else ()
    for alt in sorted({first, second or first} - {base}):
        yield AlleleCalls(
            *(reference, position, position + 1, base, alt),
            het=_ONE if second and first != second else None,
            hom=_ONE if first == second else None,
            single=None if second else _ONE,
            haploid=None if second else _ONE,
            ids=ids,
        )
