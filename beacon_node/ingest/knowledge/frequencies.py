"""Allele counts of public panels: site VCFs with AC and AN, overall and per population."""

import re
from collections.abc import Iterator

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.sites import Site, SiteFile
from beacon_node.model.knowledge import FrequencyRecord

TOTAL = "total"  # the population that is everybody in the panel

# Strata that are no populations: by sex, before filtering, by sub-cohort of the panel.
_NO_POPULATION = re.compile(
    r"(?i)(.*_)?(male|female|xx|xy|raw|adj|hom|het|hemi|popmax|grpmax|proband|unrel)(_.*)?"
)
_COUNT = re.compile(r"(AC|AF|AN)_([A-Za-z0-9_-]+)")


def populations(file: SiteFile) -> dict[str, tuple[str, str, str]]:
    """Return population → its AC, AN and AF fields (absent ones empty), `total` first.

    A population counts if the head declares AN_x and one of AC_x and AF_x. Raises InvalidInput if
    there is not even AN with AC or AF.
    """
    declared = set(file.info_ids())
    found = {}
    if "AN" in declared and {"AC", "AF"} & declared:
        found[TOTAL] = ("AC" if "AC" in declared else "", "AN", "AF" if "AF" in declared else "")
    for field in file.info_ids():
        word = _COUNT.fullmatch(field)
        if not word or _NO_POPULATION.fullmatch(word[2]):
            continue
        count, number, share = (f"{kind}_{word[2]}" for kind in ("AC", "AN", "AF"))
        if number in declared and {count, share} & declared:
            there = (count if count in declared else "", number, share if share in declared else "")
            found[word[2]] = there
    if not found:
        raise InvalidInput(
            "no INFO AN with AC or AF is declared: there are no counts", file=file.path
        )
    return found


def frequency_records(
    site: Site, fields: dict[str, tuple[str, str, str]]
) -> Iterator[FrequencyRecord]:
    """Yield the counts of each allele; an allele nothing is told of yields nothing."""
    told = {}
    for names in fields.values():
        for name in names:
            if name and name not in told:
                told[name] = site.numbers(name)
    for index, allele in site.alleles:
        counts = tuple(_counts(names, index, told, site) for names in fields.values())
        if any(counts):
            yield FrequencyRecord(allele, counts, site.rsids)


def _counts(
    names: tuple[str, str, str], index: int, told: dict[str, tuple], site: Site
) -> tuple[int, int] | None:
    count_name, number_name, share_name = names
    number = _at(told[number_name], 0)
    count = _at(told[count_name], index) if count_name else None
    if count is None and share_name and number is not None:
        share = _at(told[share_name], index)
        count = None if share is None else round(share * number)
    if not number or count is None:
        return None
    if not 0 <= count <= number:
        raise site.failures.wrong(f"{count} of {number} alleles is no frequency", field=number_name)
    return int(count), int(number)


def _at(values: tuple, index: int) -> int | float | None:
    return values[index] if index < len(values) else None
