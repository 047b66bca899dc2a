"""The made-up data that answer in test mode: three people, three variations, nobody real.

They stand behind the same ports as real data, so that a test-mode question takes the same path and
can never reach anything else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_node.model.answer import Case, Matches, Status, VariationRecord
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    BracketQuery,
    Filter,
    Granularity,
    Lookup,
    OntologyFilter,
    RangeQuery,
    Selection,
    SequenceQuery,
    Similarity,
    Within,
)
from beacon_node.model.variation import Allele, allele_length, copy_number_types
from beacon_node.ports import Dataset, Effect, Interpretation, Known, SearchPlan

_INDIVIDUAL, _BIOSAMPLE = EntryType.INDIVIDUAL, EntryType.BIOSAMPLE
_RUN, _ANALYSIS, _VARIANT = EntryType.RUN, EntryType.ANALYSIS, EntryType.GENOMIC_VARIANT
_COHORT_ID = "test-mode-cohort"
_COHORT = {
    "id": _COHORT_ID,
    "name": "Made-up cohort",
    "cohortType": "study-defined",
    "cohortSize": 3,
}
_DATE = "2020-01-01"


@dataclass(frozen=True, slots=True)
class _Person:
    """A made-up person with one biosample, run and analysis; `years` is the age of onset."""

    number: int
    sex: tuple[str, str]
    disease: tuple[str, str]
    years: int

    @property
    def terms(self) -> frozenset[str]:
        return frozenset({self.sex[0], self.disease[0]})


_PEOPLE = (
    _Person(1, ("NCIT:C16576", "female"), ("MONDO:0011450", "breast-ovarian cancer, 1"), 41),
    _Person(2, ("NCIT:C20197", "male"), ("MONDO:0011450", "breast-ovarian cancer, 1"), 67),
    _Person(3, ("NCIT:C20197", "male"), ("MONDO:0007750", "familial hypercholesterolemia"), 30),
)
_AGE = "ageOfOnset"
_ALLELES = (
    Allele("17", 43_057_062, 43_057_063, "G", "A"),
    Allele("17", 43_045_710, 43_045_711, "C", "T"),
    Allele("1", 55_039_979, 55_039_980, "G", "A"),
)
_CARRIERS: tuple[dict[int, str], ...] = (
    {1: "heterozygous", 2: "homozygous"},
    {2: "heterozygous"},
    {3: "heterozygous"},
)
_GENES = {
    "BRCA1": Region("17", 43_044_294, 43_125_364),
    "PCSK9": Region("1", 55_039_346, 55_064_852),
}
_NAMES = {"rs000000001": _ALLELES[0], "rs000000003": _ALLELES[2]}
_CHANGES = {("E1817*", "BRCA1"): _ALLELES[0], ("E48K", "PCSK9"): _ALLELES[2]}


class MadeUpKnowledge:
    """What names mean in test mode (`ports.Knowledge`)."""

    version = 0

    def gene_regions(self, gene: str) -> Mapping[Assembly, tuple[Region, ...]]:
        region = _GENES.get(gene.upper())
        return dict.fromkeys(Assembly, (region,)) if region else {}

    def alleles_of(self, name: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        allele = _NAMES.get(name)
        return dict.fromkeys(Assembly, (allele,)) if allele else {}

    def alleles_of_change(self, change: str, gene: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        found = tuple(
            allele
            for (known, its_gene), allele in _CHANGES.items()
            if known == change and gene.upper() in ("", its_gene)
        )
        return dict.fromkeys(Assembly, found) if found else {}

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        exact = wanted.similarity is Similarity.EXACT
        return frozenset({wanted.id}) if exact else frozenset()

    def label(self, term: str) -> str:
        return _labels().get(term, "")

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        return tuple(gene for gene, place in _GENES.items() if _overlap(place, region))

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        return {allele: _KNOWN for allele in alleles if allele == _ALLELES[0]}

    def bases(self, assembly: Assembly, name: str, start: int, end: int) -> str:
        return ""

    def resources(self) -> Sequence[Mapping]:
        return ()


_KNOWN = Known(
    rsids=("rs000000001",),
    effects=(Effect("BRCA1", ("stop_gained",), "E1817*"),),
    interpretations=(
        Interpretation(
            "made-up-1", "Pathogenic", "MONDO:0011450", "breast-ovarian cancer, 1", source="made up"
        ),
    ),
)


def _labels() -> dict[str, str]:
    return {id: label for person in _PEOPLE for id, label in (person.sex, person.disease)}


class MadeUpStore:
    """The made-up people, once on each assembly (`ports.VariantStore`)."""

    def datasets(self) -> Sequence[Dataset]:
        return tuple(_dataset(assembly) for assembly in reversed(Assembly))

    def search(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> Matches:
        if plan.lookups is not None and dataset.assembly not in plan.lookups:
            return Matches(dataset.id, Status.WRONG_ASSEMBLY)
        found = _entries(dataset, plan)
        first = plan.page.offset
        is_page_wanted = plan.granularity is Granularity.RECORD
        page = found[first : first + plan.page.limit] if is_page_wanted else ()
        return Matches(dataset.id, total=len(found), page=tuple(page))

    def filtering_terms(self, dataset: Dataset) -> Sequence[Mapping]:
        scopes = [t.path for t in (_INDIVIDUAL, _BIOSAMPLE, _RUN, _ANALYSIS, _VARIANT)]
        terms = [
            {"type": "ontology", "id": id, "label": label, "scopes": scopes}
            for id, label in sorted(_labels().items())
        ]
        return [*terms, {"type": "alphanumeric", "id": _AGE, "label": _AGE, "scopes": scopes}]


def _dataset(assembly: Assembly) -> Dataset:
    return Dataset(
        id="test-mode" if assembly is Assembly.GRCH38 else f"test-mode-{assembly}",
        name=f"Made-up data for test mode on {assembly}",
        assembly=assembly,
        is_open_data=True,
        licence="CC0-1.0",
        description="Nobody real: answers of test mode come from here alone.",
        release=1,
        is_synthetic=True,
        cohorts=(_COHORT,),
    )


# ---- searching ---------------------------------------------------------------------------------


def _entries(dataset: Dataset, plan: SearchPlan) -> list:
    """Return every entry of the queried type that matches, in a fixed order."""
    people = [p for p in _PEOPLE if _is_within(p, plan.within) and _passes(p, plan)]
    numbers = {person.number for person in people}
    lookups = plan.lookups[dataset.assembly] if plan.lookups is not None else None
    carried = [
        (allele, {n: z for n, z in carriers.items() if n in numbers})
        for allele, carriers in zip(_ALLELES, _CARRIERS, strict=True)
        if lookups is None or any(_meets(lookup, allele) for lookup in lookups)
    ]
    if plan.entry_type is _VARIANT:
        return [_variation(dataset.assembly, a, carriers) for a, carriers in carried if carriers]
    if lookups is not None:
        numbers &= {n for _, carriers in carried for n in carriers}
    documents = [_document(plan.entry_type, p) for p in people if p.number in numbers]
    return [d for d in documents if plan.entry_id in ("", d["id"])]


def _is_within(person: _Person, within: Within | None) -> bool:
    if within is None or within.entry_type is EntryType.DATASET:
        return True
    if within.entry_type is EntryType.COHORT:
        return within.id == _COHORT_ID
    return within.id == _id(within.entry_type, person)


def _passes(person: _Person, plan: SearchPlan) -> bool:
    return all(_has(person, wanted, plan) for wanted in plan.filters)


def _has(person: _Person, wanted: Filter, plan: SearchPlan) -> bool:
    if isinstance(wanted, OntologyFilter):
        return not person.terms.isdisjoint((plan.terms or {}).get(wanted, frozenset({wanted.id})))
    return wanted.field.lower() == _AGE.lower() and _compares(person.years, wanted)


def _compares(years: int, wanted: AlphanumericFilter) -> bool:
    written = re.fullmatch(r"P?(\d+(?:\.\d+)?)Y?", wanted.value.strip())
    if not written:
        pattern = re.escape(wanted.value).replace("%", ".*")
        return wanted.operator == "=" and bool(re.fullmatch(pattern, str(years)))
    value = float(written[1])
    return {
        "=": years == value,
        "!": years != value,
        "<": years < value,
        ">": years > value,
        "<=": years <= value,
        ">=": years >= value,
    }[wanted.operator]


def _meets(lookup: Lookup, allele: Allele) -> bool:
    match lookup:
        case AlleleSet(alleles, selection):
            return allele in alleles and _selects(selection, allele)
        case SequenceQuery():
            return (
                (allele.reference_name, allele.start) == (lookup.reference_name, lookup.start)
                and _fits(lookup.ref, allele.ref)
                and _fits(lookup.alt, allele.alt)
            )
        case RangeQuery(_, region, selection):
            return _overlap(allele.region, region) and _selects(selection, allele)
        case BracketQuery():
            return (
                allele.reference_name == lookup.reference_name
                and lookup.start_min <= allele.start < lookup.start_max
                and lookup.end_min <= allele.end < lookup.end_max
                and _selects(lookup.selection, allele)
            )
    return lookup.id.matches(allele)


def _selects(selection: Selection, allele: Allele) -> bool:
    length = allele_length(allele)
    return (
        (not selection.variant_types or bool(selection.variant_types & copy_number_types(allele)))
        and _fits(selection.reference_bases, allele.ref)
        and _fits(selection.alternate_bases, allele.alt)
        and (selection.min_length or 0) <= length
        and (selection.max_length is None or length <= selection.max_length)
        and not selection.mate_name
    )


def _fits(pattern: str | None, bases: str) -> bool:
    if pattern is None:
        return True
    pairs = zip(pattern, bases, strict=False)
    return len(pattern) == len(bases) and all(asked in ("N", base) for asked, base in pairs)


def _overlap(one: Region, other: Region) -> bool:
    return (
        one.reference_name == other.reference_name
        and one.start < other.end
        and other.start < one.end
    )


# ---- records -----------------------------------------------------------------------------------

_PREFIXES = {_INDIVIDUAL: "individual", _BIOSAMPLE: "biosample", _RUN: "run", _ANALYSIS: "analysis"}


def _id(entry_type: EntryType, person: _Person) -> str:
    return f"test-{_PREFIXES.get(entry_type, entry_type)}-{person.number}"


def _variation(assembly: Assembly, allele: Allele, carriers: Mapping[int, str]) -> VariationRecord:
    homozygous = sum(zygosity == "homozygous" for zygosity in carriers.values())
    return VariationRecord(
        assembly,
        allele,
        allele_count=len(carriers) + homozygous,
        allele_number=2 * len(_PEOPLE),
        homozygous=homozygous,
        cases=tuple(
            Case(
                f"test-biosample-{n}",
                f"test-individual-{n}",
                zygosity,
                f"test-run-{n}",
                f"test-analysis-{n}",
            )
            for n, zygosity in carriers.items()
        ),
    )


def _document(entry_type: EntryType, person: _Person) -> dict:
    identifiers = {
        "id": _id(entry_type, person),
        "individualId": _id(_INDIVIDUAL, person),
        "biosampleId": _id(_BIOSAMPLE, person),
        "runId": _id(_RUN, person),
    }
    own = {
        _INDIVIDUAL: _individual,
        _BIOSAMPLE: lambda _: {
            "biosampleStatus": {"id": "EFO:0009654", "label": "reference sample"},
            "sampleOriginType": {"id": "UBERON:0000178", "label": "blood"},
        },
        _RUN: lambda _: {"runDate": _DATE},
        _ANALYSIS: lambda _: {"analysisDate": _DATE, "pipelineName": "made up"},
    }
    if entry_type not in own:  # datasets and cohorts: whether there is anything is all that counts
        return {"id": ""}
    parents = {
        _INDIVIDUAL: ("id",),
        _BIOSAMPLE: ("id", "individualId"),
        _RUN: ("id", "individualId", "biosampleId"),
        _ANALYSIS: ("id", "individualId", "biosampleId", "runId"),
    }
    return {name: identifiers[name] for name in parents[entry_type]} | own[entry_type](person)


def _individual(person: _Person) -> dict:
    sex, disease = ({"id": id, "label": label} for id, label in (person.sex, person.disease))
    return {
        "sex": sex,
        "diseases": [
            {"diseaseCode": disease, "ageOfOnset": {"iso8601duration": f"P{person.years}Y"}}
        ],
    }
