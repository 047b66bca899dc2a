"""Rows of the catalogue as values: datasets, their parts and their releases."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from beacon_node.model.calls import FilterPolicy, Interval
from beacon_node.model.consent_documents import read_moment
from beacon_node.model.data_use import Use, read_terms, terms_document
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.public_tier import Missing, PublicPanels, PublicTier
from beacon_node.ports import Dataset

# Ends the `content` of the genotypes of a file whose clinical records are a part too.
VARIANTS_OF = "+variants"


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A dataset as it was declared.

    `assay`: what was sequenced, for everybody in it; None: the files say. `keeps_ids`: its ids are
    already public and are shown as they are. `document`: a Beacon v2 dataset entry, if any. `use`:
    its DUO terms, None if nobody said; they hold from the next release on. `public`: the panels
    named so that it answers anybody, None if none ever were. `declared_filters`: the terms and
    fields by which registered counts may be filtered, sorted.
    """

    id: str
    name: str
    assembly: Assembly
    is_open_data: bool = False
    licence: str = ""
    description: str = ""
    filters: FilterPolicy = FilterPolicy()
    assay: tuple[Interval, ...] | None = None
    keeps_ids: bool = False
    is_synthetic: bool = False
    document: Mapping | None = None
    created_at: str = ""
    use: Use | None = None
    public: PublicPanels | None = None
    declared_filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What one loaded file became; phenopackets with variants become two of the same `origin`.

    `key` names the file's content and the options that shape it.

    `sample_table` maps sample names to the ids of the records they belong to. `report` holds plain
    numbers and reasons: records, alleles, skipped, samples, references …
    """

    number: int
    content: str
    key: str
    source: str  # base name of the loaded file
    format: str
    path: str  # file name in the dataset's folder of parts
    loaded_at: str
    sample_table: Mapping[str, str] = field(default_factory=dict)
    report: Mapping = field(default_factory=dict)

    @property
    def is_clinical(self) -> bool:
        """Records of people and samples, not genotypes."""
        return "documents" in self.report

    @property
    def origin(self) -> str:
        """The SHA-256 of the loaded file."""
        return self.content.removesuffix(VARIANTS_OF)


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A finished release. `fingerprint` names everything its index was made of.

    It was made from the consents on record at `consented_at` (UTC as ISO 8601; empty: it looked at
    none), the newest of which was number `consent_version`; `left_out` people had none. `consents`
    is the file beside the index that says what people permit, empty if there is none. `use`: the
    DUO terms that hold for it, None: nobody said, or they could not be read. `public` is how it
    answers anybody, None: no table of public answers was ever made. `declared_filters` are those
    that hold for it.
    """

    number: int
    path: str  # file name in the dataset's folder of releases
    released_at: str
    fingerprint: str
    parts: tuple[int, ...]
    sizes: Mapping[EntryType, int]
    has_individuals: bool = True
    document: Mapping | None = None
    cohorts: tuple[Mapping, ...] = ()
    use: Use | None = None
    consented_at: str = ""
    consent_version: int = 0
    consents: str = ""
    left_out: int = 0
    public: PublicTier | None = None
    declared_filters: tuple[str, ...] = ()


def dataset_row(record: DatasetRecord) -> dict:
    accepted = record.filters.accepted
    return {
        "id": record.id,
        "name": record.name,
        "assembly": record.assembly.value,
        "is_open_data": int(record.is_open_data),
        "licence": record.licence,
        "description": record.description,
        "filters": json.dumps(None if accepted is None else sorted(accepted)),
        "assay": json.dumps(None if record.assay is None else intervals_json(record.assay)),
        "keeps_ids": int(record.keeps_ids),
        "is_synthetic": int(record.is_synthetic),
        "document": json.dumps(record.document),
        "created_at": record.created_at,
        "terms": terms_text(record.use),
        "public": public_text(record.public),
        "declared_filters": json.dumps(record.declared_filters),
    }


def read_dataset(row: Mapping) -> DatasetRecord:
    accepted, assay = json.loads(row["filters"]), json.loads(row["assay"])
    return DatasetRecord(
        id=row["id"],
        name=row["name"],
        assembly=Assembly(row["assembly"]),
        is_open_data=bool(row["is_open_data"]),
        licence=row["licence"],
        description=row["description"],
        filters=FilterPolicy(None if accepted is None else frozenset(accepted)),
        assay=None if assay is None else read_intervals(assay),
        keeps_ids=bool(row["keeps_ids"]),
        is_synthetic=bool(row["is_synthetic"]),
        document=json.loads(row["document"]),
        created_at=row["created_at"],
        use=_read_terms(row["terms"]),
        public=_read_panels(row["public"]),
        declared_filters=tuple(json.loads(row["declared_filters"])),
    )


def part_row(dataset_id: str, part: PartRecord) -> dict:
    """Return the row of a part that has no number yet."""
    return asdict(part) | {
        "dataset": dataset_id,
        "number": None,
        "sample_table": json.dumps(dict(part.sample_table)),
        "report": json.dumps(part.report),
    }


def read_part(row: Mapping) -> PartRecord:
    return PartRecord(
        number=row["number"],
        content=row["content"],
        key=row["key"],
        source=row["source"],
        format=row["format"],
        path=row["path"],
        loaded_at=row["loaded_at"],
        sample_table=json.loads(row["sample_table"]),
        report=json.loads(row["report"]),
    )


def release_row(dataset_id: str, release: ReleaseRecord) -> dict:
    row = asdict(release) | {"dataset": dataset_id}
    del row["use"]
    row["sizes"] = {entry_type.value: size for entry_type, size in release.sizes.items()}
    for name in ("parts", "sizes", "document", "cohorts", "declared_filters"):
        row[name] = json.dumps(row[name])
    return row | {"terms": terms_text(release.use), "public": public_text(release.public)}


def read_release(row: Mapping) -> ReleaseRecord:
    return ReleaseRecord(
        number=row["number"],
        path=row["path"],
        released_at=row["released_at"],
        fingerprint=row["fingerprint"],
        parts=tuple(json.loads(row["parts"])),
        sizes={EntryType(name): size for name, size in json.loads(row["sizes"]).items()},
        has_individuals=bool(row["has_individuals"]),
        document=json.loads(row["document"]),
        cohorts=tuple(json.loads(row["cohorts"])),
        use=_read_terms(row["terms"]),
        consented_at=row["consented_at"],
        consent_version=row["consent_version"],
        consents=row["consents"],
        left_out=row["left_out"],
        public=_read_tier(row["public"]),
        declared_filters=tuple(json.loads(row["declared_filters"])),
    )


def terms_text(use: Use | None) -> str:
    """Return DUO terms as JSON text, `null` where nobody said any."""
    return json.dumps(None if use is None else terms_document(use))


def _read_terms(text: str) -> Use | None:
    document = json.loads(text)
    return None if document is None else read_terms(document)


def public_text(public: PublicPanels | PublicTier | None) -> str:
    """Return what is declared or was made of a public tier as JSON text, `null` for nothing."""
    return json.dumps(None if public is None else asdict(public))


def _read_panels(text: str) -> PublicPanels | None:
    told = json.loads(text)
    return None if told is None else PublicPanels(**told | {"panels": tuple(told["panels"])})


def _read_tier(text: str) -> PublicTier | None:
    told = json.loads(text)
    if told is None:
        return None
    read = {"missing": Missing(told["missing"]), "panels": tuple(told.get("panels", ()))}
    return PublicTier(**told | read)


def published(dataset: DatasetRecord, release: ReleaseRecord) -> Dataset:
    """Return a dataset as everybody may see it; sizes are exact for open data only."""
    sizes = release.sizes
    if not dataset.is_open_data:
        sizes = {entry_type: _rounded(size) for entry_type, size in sizes.items()}
    return Dataset(
        id=dataset.id,
        name=dataset.name,
        assembly=dataset.assembly,
        is_open_data=dataset.is_open_data,
        licence=dataset.licence,
        description=dataset.description,
        release=release.number,
        released_at=release.released_at,
        has_individuals=release.has_individuals,
        is_synthetic=dataset.is_synthetic,
        sizes=sizes,
        document=dataset.document or release.document,
        cohorts=release.cohorts,
        # The file's name is partly random, and two releases may have one file.
        fingerprint=f"{dataset.created_at} {release.number} {release.path}",
        use=release.use,
        consented_at=read_moment(release.consented_at) if release.consented_at else None,
        consent_version=release.consent_version,
        public=_published_tier(dataset, release),
        filters=() if dataset.is_open_data else release.declared_filters,
    )


def _published_tier(dataset: DatasetRecord, release: ReleaseRecord) -> PublicTier | None:
    """Return how a release answers anybody: not at all without panels, at once also when its
    operator takes them away, and not in a rehearsal."""
    if dataset.is_open_data or release.public is None or dataset.public is None:
        return None
    if release.public.is_rehearsal or dataset.public.is_rehearsal:
        return None
    return replace(release.public, waiting=0) if dataset.public.panels else None


def rehearsed(dataset: DatasetRecord, release: ReleaseRecord) -> Dataset:
    """Return a dataset as everybody would see it, also while that is rehearsed: never to be asked,
    only to be reported on to its operator."""
    found = published(dataset, release)
    is_named = dataset.public is not None and bool(dataset.public.panels)
    if found.public is not None or release.public is None or not is_named:
        return found
    return replace(found, public=replace(release.public, waiting=0))


def _rounded(size: int) -> int:
    """Return `size` down to two digits, and at least to tens: one person more rarely shows."""
    step = max(10, 10 ** (len(str(size)) - 2))
    return size - size % step


def intervals_json(intervals: tuple[Interval, ...] | list[Interval]) -> list[list[int]]:
    return [[i.reference, i.start, i.end] for i in intervals]


def read_intervals(rows: list[list[int]]) -> tuple[Interval, ...]:
    return tuple(Interval(*row) for row in rows)
