"""The mapping of FHIR consents: local codes → DUO terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.cells import Row
from beacon_node.ingest.consents.dates import DateForm
from beacon_node.ingest.consents.term_rules import TermRule, read_rule
from beacon_node.ingest.consents.toml import Table, check_format, read_toml
from beacon_node.model.consent import EVERY_DATASET, DataType, UseKind
from beacon_node.model.data_use import ConsentTerm

FHIR = "fhir"
MAY_IGNORE = frozenset(
    {"action", "actor", "class", "data", "dataPeriod", "purpose", "securityLabel"}
)

Concept = tuple[str, str]  # system and code


@dataclass(frozen=True, slots=True)
class Code:
    """What a local code means. `permit` are the terms it gives where it is permitted, `otherwise`
    those that hold where it is not; `uses` are kinds of use that it permits."""

    name: str
    permit: frozenset[ConsentTerm]
    otherwise: frozenset[ConsentTerm]
    uses: frozenset[UseKind]
    by_bare_permit: bool


@dataclass(frozen=True, slots=True)
class FhirMapping:
    """How the consents of one site are read. `uses` None: the forms do not speak of them."""

    file: str
    zone: tzinfo
    identifier_system: str
    scopes: frozenset[str]
    policies: frozenset[str]
    ignore: frozenset[str]
    dataset: str
    data_types: frozenset[DataType]
    uses: frozenset[UseKind] | None
    codes: tuple[Code, ...]
    meanings: Mapping[Concept, Code]
    irrelevant: frozenset[Concept]

    @property
    def codes_say_uses(self) -> bool:
        return any(code.uses for code in self.codes)


def read_fhir_mapping(path: str | Path, zone: tzinfo = UTC) -> FhirMapping:
    """Return the mapping in a TOML file; InvalidInput naming the key for whatever is not known.

    `zone` is the node's, whose days dates are where the mapping names none.
    """
    table = read_toml(path)
    check_format(table, FHIR)
    zone = table.zone("time_zone", zone)
    patient, accept, scope = (table.table(key) for key in ("patient", "accept", "scope"))
    codes, meanings = _codes(table)
    mapping = FhirMapping(
        file=str(path),
        zone=zone,
        identifier_system=patient.text("identifier_system", ""),
        scopes=frozenset(accept.texts("scopes", ("research",))),
        policies=frozenset(accept.texts("policies")),
        ignore=_ignored(accept),
        dataset=scope.text("dataset", EVERY_DATASET),
        data_types=scope.words("data_types", DataType) or frozenset(DataType),
        uses=scope.words("uses", UseKind),
        codes=codes,
        meanings=meanings,
        irrelevant=_irrelevant(table, meanings),
    )
    for one in (patient, accept, scope, table):
        one.finish()
    if mapping.uses is not None and mapping.codes_say_uses:
        scope.refuse("uses", "either scope.uses or the uses of codes say it, not both")
    return mapping


def _ignored(accept: Table) -> frozenset[str]:
    found = frozenset(accept.texts("ignore"))
    if not found <= MAY_IGNORE:
        accept.refuse("ignore", f"some of {', '.join(sorted(MAY_IGNORE))} are expected")
    return found


def _codes(table: Table) -> tuple[tuple[Code, ...], dict[Concept, Code]]:
    codes, meanings = [], {}
    for one in table.tables("codes"):
        concepts, code = _concepts(one), _code(one)
        one.finish()
        for concept in concepts:
            if concept in meanings:
                one.refuse("code", "this code comes twice")
            meanings[concept] = code
        codes.append(code)
    return tuple(codes), meanings


def _concepts(table: Table) -> list[Concept]:
    """Return the (system, code) pairs that mean one thing; several codes may share one system."""
    system, codes = table.text("system"), table.texts("code")
    if not codes:
        table.refuse("code", "the code is expected, or several that mean the same")
    return [(system, code) for code in codes]


def _code(table: Table) -> Code:
    return Code(
        name=f"{table.name} {table.texts('code')[0]}",
        permit=_terms(table, "permit"),
        otherwise=_terms(table, "otherwise"),
        uses=table.words("uses", UseKind) or frozenset(),
        by_bare_permit=table.flag("by_bare_permit"),
    )


def _terms(table: Table, key: str) -> frozenset[ConsentTerm]:
    """Return terms: `["GRU"]`, or `[{duo = "DS", diseases = ["MONDO:0004992"]}]`."""
    found = table.take(key, [])
    if not isinstance(found, list):
        table.refuse(key, "a list of DUO terms is expected")
    whole = [{"duo": one} if isinstance(one, str) else one for one in found]
    if not all(isinstance(one, dict) for one in whole):
        table.refuse(key, "a DUO term or a table with `duo` is expected")
    tables = [Table(one, table.file, f"{table.name}.{key}") for one in whole]
    return frozenset(_term(read_rule(one, DateForm()), one) for one in tables)


def _term(rule: TermRule, table: Table) -> ConsentTerm:
    try:
        term = rule.of(Row(0, {}), DateForm())
    except (InvalidInput, KeyError):
        term = None
    if term is None:
        table.refuse("", "the term must be complete, without columns or conditions")
    return term


def _irrelevant(table: Table, meanings: Mapping[Concept, Code]) -> frozenset[Concept]:
    found: set[Concept] = set()
    for one in table.tables("irrelevant_codes"):
        found.update(_concepts(one))
        one.finish()
        if found & meanings.keys():
            one.refuse("code", "a code cannot both mean something and be irrelevant")
    return frozenset(found)
