"""The made-up data of test mode behind the same ports as real data.

A test-mode question so takes the same path as any other and can never reach anything else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from beacon_node.beacon_v2.made_up_people import (
    AGE,
    ALLELES,
    CARRIERS,
    CHANGES,
    COHORT_ID,
    GENES,
    KNOWN,
    NAMES,
    PEOPLE,
    Person,
    dataset_on,
    document,
    id_of,
    labels,
    variation,
)
from beacon_node.errors import NotFound
from beacon_node.model.answer import Matches, Status
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.found_people import NOBODY, FoundPeople
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.ledger import Head, Moment
from beacon_node.model.linked import How, Link, Linked
from beacon_node.model.measures import like
from beacon_node.model.people import EVERYBODY
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
from beacon_node.ports import Dataset, FileName, Known, SearchPlan

_VARIANT = EntryType.GENOMIC_VARIANT


class MadeUpKnowledge:
    """What names mean in test mode (`ports.Knowledge`)."""

    version = 0

    def gene_regions(self, gene: str) -> Mapping[Assembly, tuple[Region, ...]]:
        region = GENES.get(gene.upper())
        return dict.fromkeys(Assembly, (region,)) if region else {}

    def alleles_of(self, name: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        allele = NAMES.get(name)
        return dict.fromkeys(Assembly, (allele,)) if allele else {}

    def alleles_of_change(self, change: str, gene: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        found = tuple(
            allele
            for (known, its_gene), allele in CHANGES.items()
            if known == change and gene.upper() in ("", its_gene)
        )
        return dict.fromkeys(Assembly, found) if found else {}

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        exact = wanted.similarity is Similarity.EXACT
        return frozenset({wanted.id}) if exact else frozenset()

    def label(self, term: str) -> str:
        return labels().get(term, "")

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        return tuple(gene for gene, place in GENES.items() if _overlap(place, region))

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        return {allele: KNOWN for allele in alleles if allele == ALLELES[0]}

    def bases(self, assembly: Assembly, name: str, start: int, end: int) -> str:
        return ""

    def reference_bases(self, assembly: Assembly) -> None:
        return None

    def resources(self) -> Sequence[Mapping]:
        return ()


class MadeUpStore:
    """The made-up people, once on each assembly (`ports.VariantStore`)."""

    def datasets(self) -> Sequence[Dataset]:
        return tuple(dataset_on(assembly) for assembly in reversed(Assembly))

    def search(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> Matches:
        if decision.ceiling is None or decision.people is not EVERYBODY:
            return Matches(dataset.id, Status.NOT_PERMITTED, reason=decision.reason)
        if plan.lookups is not None and dataset.assembly not in plan.lookups:
            return Matches(dataset.id, Status.WRONG_ASSEMBLY)
        found = _entries(dataset, plan)
        first = plan.page.offset
        is_page_wanted = plan.granularity is Granularity.RECORD
        page = found[first : first + plan.page.limit] if is_page_wanted else ()
        return Matches(dataset.id, total=len(found), page=tuple(page))

    def people(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> FoundPeople:
        return NOBODY  # made-up people are open to everybody: no count of them is guarded

    def index_file(self, dataset: Dataset) -> FileName:
        raise NotFound(f"dataset {dataset.id!r} is made up and has no file")

    def filtering_terms(self, dataset: Dataset) -> Sequence[Mapping]:
        scopes = [entry_type.path for entry_type in (*LINEAGE, _VARIANT)]
        terms = [
            {"type": "ontology", "id": id, "label": label, "scopes": scopes}
            for id, label in sorted(labels().items())
        ]
        return [*terms, {"type": "alphanumeric", "id": AGE, "label": AGE, "scopes": scopes}]


class MadeUpLedger:
    """A ledger that keeps nothing, for nobody made up consents or is asked about
    (`ports.QuestionLedger`)."""

    def moment(self, now: datetime) -> Moment:
        return Moment(now, 0)

    def audit(self, body: Mapping, *, now: datetime, unchanged_since: int | None = None) -> Head:
        return Head()

    def history(self, individual: str) -> tuple[ConsentVersion, ...]:
        return ()

    def histories(self, dataset: str) -> Iterator[tuple[str, tuple[ConsentVersion, ...]]]:
        return iter(())

    def changed_since(self, version: int, dataset: str | None = None) -> frozenset[str]:
        return frozenset()

    def next_boundary(self, at: datetime) -> None:
        return None

    def dated_between(
        self, after: datetime, until: datetime, dataset: str | None = None
    ) -> frozenset[str]:
        return frozenset()

    def record_release(self, dataset_id: str, *, now: datetime) -> Moment:
        return Moment(now, 0)

    def purpose_of(self, account: str) -> None:
        return None

    def fix_purpose(self, account: str, purpose: ResearchPurpose, *, now: datetime) -> None:
        return None

    def linked(self) -> Linked:
        return Linked()

    def link(self, accounts: Sequence[str], how: How, *, now: datetime) -> Linked:
        return Linked().more([Link(1, now, tuple(accounts), accounts[0], how)])

    def dac_version(self) -> int:
        return 0


# ---- searching ---------------------------------------------------------------------------------


def _entries(dataset: Dataset, plan: SearchPlan) -> list:
    """Return every entry of the queried type that matches, in a fixed order."""
    people = [p for p in PEOPLE if _is_within(p, plan.within) and _passes(p, plan)]
    numbers = {person.number for person in people}
    lookups = plan.lookups[dataset.assembly] if plan.lookups is not None else None
    carried = [
        (allele, {n: z for n, z in carriers.items() if n in numbers})
        for allele, carriers in zip(ALLELES, CARRIERS, strict=True)
        if lookups is None or any(_meets(lookup, allele) for lookup in lookups)
    ]
    if plan.entry_type is _VARIANT:
        return [variation(dataset.assembly, a, carriers) for a, carriers in carried if carriers]
    if lookups is not None:
        numbers &= {n for _, carriers in carried for n in carriers}
    if plan.entry_type not in LINEAGE:  # of collections, whether there is anything counts
        return [{"id": plan.entry_id}] if numbers else []
    documents = [document(plan.entry_type, p) for p in people if p.number in numbers]
    return [d for d in documents if plan.entry_id in ("", d["id"])]


def _is_within(person: Person, within: Within | None) -> bool:
    if within is None or within.entry_type is EntryType.DATASET:
        return True
    if within.entry_type is EntryType.COHORT:
        return within.id == COHORT_ID
    return within.id == id_of(within.entry_type, person)


def _passes(person: Person, plan: SearchPlan) -> bool:
    return all(_has(person, wanted, plan) for wanted in plan.filters)


def _has(person: Person, wanted: Filter, plan: SearchPlan) -> bool:
    if isinstance(wanted, OntologyFilter):
        return not person.terms.isdisjoint((plan.terms or {}).get(wanted, frozenset({wanted.id})))
    return wanted.field.lower() == AGE.lower() and _compares(person.years, wanted)


def _compares(years: int, wanted: AlphanumericFilter) -> bool:
    written = re.fullmatch(r"P?(\d+(?:\.\d+)?)Y?", wanted.value.strip())
    if not written:
        return wanted.operator == "=" and like(str(years), wanted.value)
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
