"""The questions of the tour, asked over HTTP as anybody could, and what is to be seen in each."""

import json
import shlex
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_PLACE = {"assemblyId": "GRCh38", "referenceName": "7", "start": 140753335, "referenceBases": "A"}


@dataclass(frozen=True)
class Question:
    """`expected`: what each dataset says, yes, no or why nothing; one not named is not checked."""

    words: str
    path: str
    parameters: Mapping[str, object]
    expected: Mapping[str, str]


_UNTOLD = {"clinic": "not answerable"}
_BOTH = {"cohort": "yes", "panel": "yes"}

TOUR = (
    Question(
        "Who carries BRAF V600E, 7-140753336-A-T? (Positions count from 0 on the wire.) clinic is "
        "protected and says yes or no of common variants alone.",
        "individuals",
        {**_PLACE, "alternateBases": "T", "requestedGranularity": "count"},
        {"cohort": "yes", **_UNTOLD},
    ),
    Question(
        "And the change A>C at the same place? It was looked for, and nobody has it: no.",
        "individuals",
        {**_PLACE, "alternateBases": "C", "requestedGranularity": "count"},
        {"cohort": "no", "panel": "no", **_UNTOLD},
    ),
    Question(
        "A place outside the gene panel: there the panel's answer is no “no”.",
        "g_variants",
        {
            "assemblyId": "GRCh38",
            "referenceName": "chr3",
            "start": 37_000_000,
            "referenceBases": "A",
            "alternateBases": "G",
            "requestedGranularity": "count",
        },
        {"cohort": "no", "panel": "not sequenced here", **_UNTOLD},
    ),
    Question(
        "How many different variations lie in BRCA1?",
        "g_variants",
        {"geneId": "BRCA1", "requestedGranularity": "count"},
        {**_BOTH, "clinic": "yes"},
    ),
    Question(
        "A variation by its rsID: factor V Leiden.",
        "individuals",
        {"genomicAlleleShortForm": "rs6025", "requestedGranularity": "count"},
        {**_BOTH, "clinic": "yes"},
    ),
    Question(
        "Variant and phenotype in one question: carriers of rs9939609 (FTO) with a body mass "
        "index over 30.",
        "individuals",
        {
            "genomicAlleleShortForm": "rs9939609",
            "filters": "LOINC:39156-5>30",
            "requestedGranularity": "count",
        },
        {**_BOTH, **_UNTOLD},
    ),
    Question(
        "A broad term stands for the narrower ones: how many people have any cancer?",
        "individuals",
        {"filters": "MONDO:0004992", "requestedGranularity": "count"},
        {"cohort": "yes", **_UNTOLD},
    ),
    Question(
        "A whole record, the first: the sickle cell allele with what is known of it.",
        "g_variants",
        {"genomicAlleleShortForm": "rs334", "requestedGranularity": "record"},
        {"cohort": "yes", "clinic": "yes"},
    ),
)


def ask(url: str, question: Question) -> bool:
    """Ask, print question and answer, and say whether the answer is the expected one."""
    parameters = {**question.parameters, "includeResultsetResponses": "ALL"}
    address = f"{url}/{question.path}?{urlencode(parameters, safe=':,')}"
    print(f"\n{question.words}\n$ curl {shlex.quote(address)}")
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            document = json.load(response)
    except urllib.error.HTTPError as error:
        print(f"  HTTP {error.code}: {error.read().decode(errors='replace')}")
        return False
    rows = {row["id"]: row for row in document["info"]["datasets"]}
    for row in rows.values():
        print(f"  {row['id']:<8} {_word(row):<20} {_number(row, document['info']['countOf'])}")
    sets = document.get("response", {}).get("resultSets", ())
    for record in [record for one in sets for record in one["results"]][:1]:
        print(_record(record))
    return all(_word(rows[id]) == word for id, word in question.expected.items())


def _word(row: Mapping) -> str:
    if row["status"] != "answered":
        return row["status"]
    return "yes" if row["exists"] else "no"


def _number(row: Mapping, counted: str) -> str:
    return f"{row['count']:,} {counted}" if row.get("count") is not None else ""


_SHOWN_CASES = 2


def _record(record: dict) -> str:
    """Return a record as JSON; of the people who carry it the first few only."""
    cases = record.get("caseLevelData", [])
    if len(cases) > _SHOWN_CASES:
        left_out = f"… and {len(cases) - _SHOWN_CASES} more"
        record = {**record, "caseLevelData": [*cases[:_SHOWN_CASES], left_out]}
    text = json.dumps(record, indent=2, ensure_ascii=False)
    return "\n".join(f"    {line}" for line in text.splitlines())
