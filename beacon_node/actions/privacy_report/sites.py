"""Which variants a report looks at: those whose answers can tell most, and some of all others."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from beacon_node.actions.annotate import list_sources
from beacon_node.actions.privacy_report.subject import Subject, keys_of
from beacon_node.model.entries import EntryType
from beacon_node.model.knowledge import Kind
from beacon_node.store.panels.layout import Key
from beacon_node.store.public.sample import (
    commonest,
    on_sequences,
    sampled_alleles,
    sampled_of_panels,
)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much a report looks at, at most; what is sampled follows from the data and `seed`.

    `dearest` answerable variants, whose answers can tell most; about `others` of what the dataset
    has; `victims` and `controls`; the largest `batches`.
    """

    dearest: int = 200_000
    others: int = 60_000
    victims: int = 400
    controls: int = 400
    batches: int = 3
    seed: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Chosen:
    """The variants to attack, along the genome; `one_in`: so many places are sampled."""

    keys: list[Key]
    dearest: int
    one_in: int


def chosen_sites(subject: Subject, sampling: Sampling) -> Chosen:
    """Return the dearest answerable variants, and what the dataset and the reference genomes have
    at some places."""
    one_in = one_in_of(subject, sampling)
    dearest = set(_dearest(subject, sampling.dearest))
    sequences = subject.genomes.references
    sampled = set(on_sequences(_sampled(subject, one_in), sequences))
    return Chosen(sorted(dearest | sampled), len(dearest), one_in)


def one_in_of(subject: Subject, sampling: Sampling) -> int:
    """Return how thinly the dataset's alleles are sampled."""
    alleles = subject.release.sizes.get(EntryType.GENOMIC_VARIANT, 0)
    return max(1, math.ceil(alleles / sampling.others))


def panel_sample(subject: Subject, sampling: Sampling) -> Iterator[Key]:
    """Yield some alleles of the panels."""
    names = subject.record.public.panels
    sources = list_sources(subject.node)
    rows = (one.rows for one in sources if one.kind is Kind.PANEL and one.name in names)
    return sampled_of_panels(
        subject.panel_set, one_in=max(1, math.ceil(sum(rows) / sampling.others))
    )


def _sampled(subject: Subject, one_in: int) -> Iterator[Key]:
    yield from sampled_alleles(subject.index, one_in=one_in)
    folder, name = subject.node.knowledge.folder, subject.genomes.name
    for source in list_sources(subject.node):
        is_same = source.assembly == subject.record.assembly and source.name == name
        if source.kind is Kind.GENOMES and is_same:
            yield from sampled_alleles(folder / source.path, one_in=one_in)


def _dearest(subject: Subject, most: int) -> Iterator[Key]:
    """Yield the answerable variants that cost most, in whichever batch they cost more."""
    batches = subject.open_batches
    least = min(limit for batch in batches for limit in batch.least_limits.values())
    kept: list[tuple[np.ndarray, list[Key]]] = []
    size = 0
    for chunk in commonest(subject.panel_set, least):
        costs = np.full(len(chunk), -np.inf)
        for batch in batches:
            found = subject.costs(batch, chunk)
            costs = np.maximum(costs, np.where(found <= batch.dearest, found, -np.inf))
        keys = list(keys_of(chunk))
        told = np.flatnonzero(np.isfinite(costs))
        kept.append((costs[told], [keys[i] for i in told.tolist()]))
        size += len(told)
        if size > 2 * most:
            kept, size = [_highest(kept, most)], most
    yield from _highest(kept, most)[1] if kept else ()


def _highest(kept: list[tuple[np.ndarray, list[Key]]], most: int) -> tuple[np.ndarray, list[Key]]:
    costs = np.concatenate([one[0] for one in kept])
    keys = [key for one in kept for key in one[1]]
    order = np.argsort(-costs, kind="stable")[:most]
    return costs[order], [keys[i] for i in order.tolist()]
