"""A question → the request that puts it to one member, or why it cannot be put.

Our own nodes and brokers get the parameters as whoever asks wrote them: they refuse what they do
not understand. Other Beacons are known to ignore it, which would make the question a broader one.
So they are asked only what their documents say they know, in the form in which they were seen to
read it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

import orjson

from beacon_node.beacon_v2.abilities import Abilities, Form, api_root
from beacon_node.beacon_v2.received import API_VERSION, Parsed
from beacon_node.beacon_v2.wording import place_parameters
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Came, Member, MemberKind
from beacon_node.model.query import (
    AlphanumericFilter,
    Filter,
    OntologyFilter,
    Page,
    Query,
    SequenceQuery,
    Similarity,
)
from beacon_node.model.variation import parse_variation_id
from beacon_node.ports import Sent

LONGEST_URL = 6_000  # characters; what servers take is 8,000 with all
_HEADERS = {"Accept": "application/json"}
_POSTED = {**_HEADERS, "Content-Type": "application/json"}
_COLLECTIONS = (EntryType.DATASET, EntryType.COHORT)


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a member is not asked; its row says so. `is_missing`: it has not what was named."""

    came: Came
    reason: str
    is_missing: bool = False


def compose(
    member: Member, parsed: Parsed, abilities: Abilities, visas: tuple[str, ...] = ()
) -> Sent | Declined:
    """Return the request that asks `member` what `parsed` asks, or why there is none.

    `visas` travel in the body; they are for our own nodes and brokers alone.
    """
    query = parsed.query
    declined = _declined(query, abilities)
    if declined:
        return declined
    if member.kind is MemberKind.BEACON:
        return _ask_other(member, parsed, abilities)
    return _ask_own(parsed, _datasets_there(query, abilities), visas)


_NO_SUCH_DATASET = Declined(Came.NOT_UNDERSTOOD, "it has no dataset of that name", True)


def _declined(query: Query, abilities: Abilities) -> Declined | None:
    known = abilities.entry_types
    if known is not None and query.entry_type not in known:
        return _not_understood(f"it has no entries of the type {query.entry_type}")
    if query.is_test:  # made-up datasets are nobody's own
        return None
    if query.datasets and not _datasets_there(query, abilities):
        return _NO_SUCH_DATASET
    within = query.within
    names_dataset = within is not None and within.entry_type is EntryType.DATASET
    if names_dataset and abilities.datasets is not None and within.id not in abilities.datasets:
        return _NO_SUCH_DATASET
    return None


def _not_understood(reason: str) -> Declined:
    return Declined(Came.NOT_UNDERSTOOD, reason)


def _datasets_there(query: Query, abilities: Abilities) -> tuple[str, ...]:
    if abilities.datasets is None or query.is_test:
        return query.datasets
    return tuple(name for name in query.datasets if name in abilities.datasets)


# ---- our own nodes and brokers -------------------------------------------------------------------


def _ask_own(parsed: Parsed, datasets: tuple[str, ...], visas: tuple[str, ...]) -> Sent:
    parameters: dict[str, object] = {}
    if asked := parsed.received.parameters.get("g_variant"):
        parameters["g_variant"] = asked
    if datasets:
        parameters["datasets"] = {"datasetIds": datasets}
    body = _body(parsed.query, parameters, API_VERSION)
    if visas:
        body["visas"] = visas
    path = f"/api/{_path(parsed.query)}"
    return Sent("POST", path, orjson.dumps(body), _POSTED)


def _path(query: Query) -> str:
    """Return the path of what is asked, below the API root."""
    own = query.entry_type.path
    if query.within:
        return f"{query.within.entry_type.path}/{quote(query.within.id, safe='')}/{own}"
    return f"{own}/{quote(query.entry_id, safe='')}" if query.entry_id else own


def _body(query: Query, parameters: Mapping, version: str) -> dict:
    """Return a request body. All result sets are asked for, also those with a no: whoever reads the
    answer needs to know which dataset said no, and which none."""
    asked: dict[str, object] = {
        "includeResultsetResponses": "ALL",
        "pagination": {"skip": query.page.skip, "limit": query.page.limit},
        "requestedGranularity": query.granularity.word,
        "testMode": query.is_test,
    }
    if parameters:
        asked["requestParameters"] = parameters
    if query.filters:
        asked["filters"] = [filter_document(one) for one in query.filters]
    return {"meta": {"apiVersion": version, "requestedSchemas": []}, "query": asked}


def filter_document(wanted: Filter) -> dict:
    """Return a filter as it stands in a request body; what it says by default is left out."""
    scope = {"scope": wanted.scope.path} if wanted.scope else {}
    if isinstance(wanted, AlphanumericFilter):
        return {"id": wanted.field, "operator": wanted.operator, "value": wanted.value} | scope
    found: dict = {"id": wanted.id} | scope
    if not wanted.include_descendants:
        found["includeDescendantTerms"] = False
    if wanted.similarity is not Similarity.EXACT:
        found["similarity"] = wanted.similarity.value
    return found


# ---- other Beacons -------------------------------------------------------------------------------


def _ask_other(member: Member, parsed: Parsed, abilities: Abilities) -> Sent | Declined:
    query = parsed.query
    if query.is_test:
        return Declined(Came.SKIPPED, "it is not asked in test mode: it may answer from real data")
    if not abilities.reads:
        return Declined(
            Came.SKIPPED,
            "it says yes to a variation that nobody carries, so it does not read its questions",
        )
    if unknown := _unknown_filter(query.filters, abilities):
        return _not_understood(f"its filtering terms do not have {unknown}")
    if query.datasets:
        return _not_understood("which of its datasets are asked cannot be said to it")
    target = _by_parameters(query)
    parameters = _plain_parameters(parsed, target) if target else None
    if target is None or parameters is None:
        return _not_understood(
            "it is asked by position, gene, protein change or HGVS name, not by other names"
        )
    root = abilities.paths.get(target.entry_type) or (
        f"{api_root(member)}/{target.entry_type.path}"
    )
    path = _other_path(member, target, abilities, root)
    return _in_form(abilities.form or Form.NESTED, path, target, parameters, abilities)


def _other_path(member: Member, query: Query, abilities: Abilities, root: str) -> str:
    if query.within:
        kind = query.within.entry_type
        parent = abilities.paths.get(kind) or f"{api_root(member)}/{kind.path}"
        return f"{parent}/{quote(query.within.id, safe='')}/{query.entry_type.path}"
    return f"{root}/{quote(query.entry_id, safe='')}" if query.entry_id else root


def _unknown_filter(filters: Iterable[Filter], abilities: Abilities) -> str:
    """Return the first filter that a beacon's own list does not have, empty for none."""
    known = abilities.terms or frozenset()
    for wanted in filters:
        name = wanted.id if isinstance(wanted, OntologyFilter) else wanted.field
        if name not in known:
            return repr(name)
    return ""


def _by_parameters(query: Query) -> Query | None:
    """Return a question about a variation by its public id, which is ours alone, as one by what the
    id spells out; None if it does not."""
    within = query.within
    if within and within.entry_type is EntryType.GENOMIC_VARIANT:
        named = named_variation(within.id)
        return named and replace(query, variation=named, within=None)
    if query.entry_type is EntryType.GENOMIC_VARIANT and query.entry_id:
        named = named_variation(query.entry_id)
        return named and replace(query, variation=named, entry_id="")
    return query


def named_variation(id: str) -> SequenceQuery | None:
    """Return the exact allele that a public id spells out, None for one that does not."""
    found = parse_variation_id(id)
    if found is None:
        return None
    ref, alt = ("" if bases == "-" else bases for bases in found.text.split(".")[-2:])
    if not all(base in "ACGT" for base in ref + alt):
        return None
    region = found.region
    return SequenceQuery(found.assembly, region.reference_name, region.start, ref, alt)


def _plain_parameters(parsed: Parsed, query: Query) -> dict[str, object] | None:
    """Return flat parameters in words that any Beacon v2 knows; None if there are none for it."""
    if query.variation is None:
        return {}
    written = parsed.received.parameters.get("g_variant") or {}
    found = place_parameters(query.variation)
    if found is None:  # rsIDs and star alleles are names that Beacon v2 has no parameter for
        return dict(written) if ":" in str(written.get("genomicAlleleShortForm", "")) else None
    if isinstance(query.variation, SequenceQuery) and "referenceBases" in written:
        # An insertion or deletion may be known only with the base before it.
        found |= {name: written[name] for name in _AS_WRITTEN if name in written}
    return found


_AS_WRITTEN = ("start", "referenceBases", "alternateBases")


def _in_form(
    form: Form, path: str, query: Query, parameters: Mapping, abilities: Abilities
) -> Sent | Declined:
    if form is Form.GET:
        return _by_get(path, query, parameters)
    version = abilities.api_version or API_VERSION
    asked: Mapping = parameters
    if form is Form.NESTED and parameters:
        asked = {"g_variant": parameters}
    return Sent("POST", path, orjson.dumps(_body(query, asked, version)), _POSTED)


def _by_get(path: str, query: Query, parameters: Mapping) -> Sent | Declined:
    pairs = {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in parameters.items()
    }
    if query.filters:
        texts = [_filter_text(wanted) for wanted in query.filters]
        if None in texts:
            return _not_understood("a filter with a scope or similarity cannot be put in its URL")
        pairs["filters"] = ",".join(filter(None, texts))
    pairs |= {
        "requestedGranularity": query.granularity.word,
        "includeResultsetResponses": "ALL",
        "skip": str(query.page.skip),
        "limit": str(query.page.limit),
    }
    asked = f"{path}?{urlencode(pairs)}"
    if len(asked) > LONGEST_URL:
        return _not_understood("it is asked by URL, for which the question is too long")
    return Sent("GET", asked, b"", _HEADERS)


def _filter_text(wanted: Filter) -> str | None:
    """Return a filter as a URL has it, None for one that a URL cannot say."""
    if wanted.scope is not None:
        return None
    if isinstance(wanted, AlphanumericFilter):
        text = f"{wanted.field}:{wanted.operator}{wanted.value}"
        return None if "," in text else text
    is_plain = wanted.include_descendants and wanted.similarity is Similarity.EXACT
    return wanted.id if is_plain and "," not in wanted.id else None


# ---- a question whose answer is known ------------------------------------------------------------

_CANARY = {
    "assemblyId": "GRCh38",
    "referenceName": "1",
    "start": (10_000,),
    "referenceBases": "T",
    "alternateBases": "TGATTACAGATTACAGGCATTAGCCATACGGATCTTAGCAGGCTAACTGACCTTGGAACGCA",
}
_NOTHING = Query(EntryType.GENOMIC_VARIANT, page=Page(0, 1))


def canary(member: Member, abilities: Abilities, form: Form) -> Sent | Declined:
    """Return a question in `form` for a variation that nobody carries.

    A beacon that answers yes did not read its parameters: in this form it answers something else.
    """
    own = EntryType.GENOMIC_VARIANT
    path = abilities.paths.get(own) or f"{api_root(member)}/{own.path}"
    return _in_form(form, path, _NOTHING, _CANARY, abilities)
