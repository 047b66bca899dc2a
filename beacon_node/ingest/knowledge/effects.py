"""What annotators (SnpEff, VEP) say of alleles, from an annotated VCF."""

import re
from collections.abc import Callable, Iterator

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.sites import Site, SiteFile
from beacon_node.ingest.vcf.annotations import effect_reader
from beacon_node.model.knowledge import EffectRecord

_NAME = re.compile(r"([A-Z]{2}_\d+\.\d+|ENS[TP]\d+\.\d+):([cnp]\.[^|,&]+)")


def effect_records(file: SiteFile) -> Callable[[Site], Iterator[EffectRecord]]:
    """Return what reads the effects of this file's sites; InvalidInput if it has no annotations."""
    read = effect_reader(file.head)
    if read is None:
        raise InvalidInput("no INFO ANN (SnpEff) or CSQ (VEP) is declared", file=file.path)
    keys = [key for key in ("ANN", "CSQ", "vep") if key in file.info_ids()]

    def records(site: Site) -> Iterator[EffectRecord]:
        info = {key: site.info(key) for key in keys}
        found = read(info, site.record.REF, site.record.ALT)
        written = [name for text in info.values() for name in _NAME.findall(text)]
        for index, allele in site.alleles:
            if found[index] or site.rsids:
                names = _names(written, found[index])
                yield EffectRecord(allele, found[index], site.rsids, names)

    return records


def _names(written: list[tuple[str, str]], effects: tuple[dict, ...]) -> tuple[str, ...]:
    """Return the names with a sequence whose change is one of these effects'."""
    changes = {effect[key] for effect in effects for key in ("hgvs_c", "hgvs_p")}
    decoded = ((sequence, change.replace("%3D", "=")) for sequence, change in written)
    return tuple(dict.fromkeys(f"{s}:{change}" for s, change in decoded if change in changes))
