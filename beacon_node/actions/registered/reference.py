"""What is publicly known of an allele: how frequent it is, and which reference genomes have it.

Panels and genomes are those that the dataset's release names.
"""

import os
import threading
from dataclasses import dataclass

from beacon_node.actions.registered.reasons import LEAST_GENOMES, Why
from beacon_node.errors import InvalidRequest
from beacon_node.model.carriers import NumberSet
from beacon_node.model.panels import LEAST_NUMBER
from beacon_node.model.variation import Allele
from beacon_node.ports import Dataset
from beacon_node.privacy.registered.count import Group
from beacon_node.privacy.registered.crowd import Frequency
from beacon_node.privacy.registered.frequencies import frequency
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels import ReferenceGenomes, SqlitePanels

_ALLELES = 4_096  # of which is remembered what is known


@dataclass(frozen=True, slots=True)
class AlleleFacts:
    """How frequent an allele is, and the question who carries it put to the reference genomes."""

    frequency: Frequency
    reference: Group


class PublicReference:
    """The panels and reference genomes of one release, for the threads of one process."""

    def __init__(self, knowledge: SqliteKnowledge, dataset: Dataset) -> None:
        self._knowledge, self._dataset = knowledge, dataset
        self._panels = SqlitePanels(knowledge)
        self._mine = threading.local()  # genomes are read in the thread that opened them
        self._known: dict[tuple[int, Allele], AlleleFacts | Why] = {}

    def of(self, allele: Allele) -> AlleleFacts | Why:
        """Return what is known of an allele, or why too little is; remembered until knowledge
        changes.

        All reference genomes are asked, also with filters: anybody may be whom they select.
        """
        key = self._knowledge.version, allele
        known = self._known.get(key)
        if known is None:
            while len(self._known) >= _ALLELES:
                self._known.pop(next(iter(self._known)), None)
            known = self._known[key] = self._find(allele)
        return known

    def _find(self, allele: Allele) -> AlleleFacts | Why:
        limits = self._frequency(allele)
        if isinstance(limits, Why):
            return limits
        genomes = self._genomes()
        if genomes is None:
            return Why.NO_GENOMES
        calls = genomes.calls(allele)
        known = NumberSet.everyone(len(genomes)) - calls.unknown
        if len(known) < LEAST_GENOMES:
            return Why.NO_GENOMES
        asked = Group(calls.carriers & known, known, calls.one_copy & known, genomes.digest)
        return AlleleFacts(limits, asked)

    def _frequency(self, allele: Allele) -> Frequency | Why:
        """Return between which limits the allele's frequency lies, over all panels."""
        names = self._dataset.public.panels
        try:
            counts = self._panels.counts_of(names, self._dataset.assembly, allele)
        except InvalidRequest:  # not loaded any more, or not declared disjoint any more
            return Why.PANEL_GONE
        if any(number < LEAST_NUMBER for _, number in counts):
            return Why.UNKNOWN_TO_PANEL
        return frequency(counts)

    def members(self) -> Group | Why:
        """Return the question how many people there are, put to the reference genomes: all pay,
        also with filters, for anybody may be whom they select."""
        genomes = self._genomes()
        if genomes is None or len(genomes) < LEAST_GENOMES:
            return Why.NO_GENOMES
        return Group(NumberSet.everyone(len(genomes)), genomes=genomes.digest)

    def _genomes(self) -> ReferenceGenomes | None:
        """Return the genomes, opened anew where knowledge changed."""
        now = os.getpid(), self._knowledge.version
        if getattr(self._mine, "opened", None) != now:
            try:
                name, assembly = self._dataset.public.genomes, self._dataset.assembly
                self._mine.genomes = self._panels.genomes(assembly, name)
            except InvalidRequest:  # none was named, and now there are several
                self._mine.genomes = None
            self._mine.opened = now
        return self._mine.genomes
