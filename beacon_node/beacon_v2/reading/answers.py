"""One member's response → its row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from beacon_node.beacon_v2 import foreign
from beacon_node.beacon_v2.entry_types import COLLECTIONS
from beacon_node.beacon_v2.reading import parts
from beacon_node.beacon_v2.reading.echo import broader
from beacon_node.beacon_v2.reading.refusals import read_refusal, refused
from beacon_node.beacon_v2.received import Parsed
from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow, Told
from beacon_node.model.federation_documents import read_row
from beacon_node.model.query import Granularity
from beacon_node.ports import Received

MOST_BYTES = 32 * 1024 * 1024  # of one answer
_BOOLEAN, _COUNT, _RECORD = Granularity
_WORDS = {granularity.word: granularity for granularity in Granularity}
_MORE_TELLING = (  # what a member's row says where its datasets differ
    *(Came.NOT_PERMITTED, Came.BUDGET_SPENT, Came.NOT_ANSWERABLE, Came.NOT_SEQUENCED),
    *(Came.WRONG_ASSEMBLY, Came.NOT_UNDERSTOOD),
)


def read_answer(member: Member, received: Received, asked: Parsed) -> MemberRow:
    """Return the row of `member`, who was asked `asked` and answered `received`.

    `elapsed_s` is left to whoever measured it.
    """
    if len(received.body) > MOST_BYTES:
        reason = f"its answer has more than {MOST_BYTES // 2**20} MB"
        return refused(member, Came.MALFORMED, reason)
    document = foreign.document(received.body)
    if refusal := read_refusal(member, received, document):
        return refusal
    if document is None:
        return refused(member, Came.MALFORMED, "its answer is no JSON object")
    if asked.query.is_test and not _is_made_up(document):
        reason = "it did not say that it answers from made-up data, so its answer was thrown away"
        return refused(member, Came.MALFORMED, reason)
    if member.kind is MemberKind.BEACON and (lost := broader(document, asked)):
        return refused(member, Came.NOT_UNDERSTOOD, lost)
    return _Answer(member, document, asked).row()


def _is_made_up(document: Mapping) -> bool:
    return foreign.flag(foreign.mapping(document.get("meta")).get("testMode")) is True


class _Answer:
    """An answer that has the form of one."""

    def __init__(self, member: Member, document: Mapping, asked: Parsed) -> None:
        self.member, self.asked = member, asked
        self.summary = foreign.mapping(document.get("responseSummary"))
        self.response = foreign.mapping(document.get("response"))
        self.info = foreign.mapping(document.get("info"))
        self.handovers = document.get("beaconHandovers")
        self.sets = foreign.mappings(self.response.get("resultSets"), parts.MOST_SETS)
        self.listed = foreign.mappings(self.response.get("collections"), parts.MOST_SETS)
        told = foreign.mapping(document.get("meta")).get("returnedGranularity")
        self.granularity = min(self._granularity(told), asked.query.granularity)

    def _granularity(self, told: object) -> Granularity:
        """Return what the answer says it has or, where it does not say it, what it has."""
        if word := foreign.text(told, 20).lower():
            return _WORDS.get(word, _BOOLEAN)
        if self.sets or self.listed:
            return _RECORD
        return _BOOLEAN if self.summary.get("numTotalResults") is None else _COUNT

    def row(self) -> MemberRow:
        if self.asked.query.entry_type in COLLECTIONS and not self.sets:
            return self._of_collections()
        if self._is_of_broker():
            return self._of_broker()
        assembly = getattr(self.asked.query.variation, "assembly", None)
        told = parts.told_sets(self.member, self.sets, self.granularity, assembly)
        rows = self._own_rows(told)
        return self._settled(told if rows is None else rows, is_complete=rows is not None)

    def _own_rows(self, told: tuple[Told, ...]) -> tuple[Told, ...] | None:
        """Return what a beacon of our making says of each of its datasets, None where nobody does.

        Somebody else's may be one too: then its `false` is no "no" where its rows say otherwise.
        """
        listed = self.info.get("datasets")
        if self.member.kind is MemberKind.BROKER or not isinstance(listed, list):
            return None
        if self.member.kind is MemberKind.BEACON and not parts.are_status_rows(listed):
            return None
        return parts.told_rows(self.member, listed, told, self.granularity)

    # ---- one member's datasets -------------------------------------------------------------------

    def _settled(self, datasets: tuple[Told, ...], *, is_complete: bool) -> MemberRow:
        """Return the row over datasets. `is_complete`: every dataset is among them, so that a no
        needs one that says no; else the member's own summary counts."""
        said = self._said()
        answered = [told for told in datasets if told.exists is not None]
        is_hit = any(told.exists for told in answered)
        if said is None and not answered:
            return self._refused(Came.MALFORMED, "its answer says neither yes nor no")
        is_listed = is_complete or is_hit
        if is_listed and said is not None and said is not is_hit:
            return self._refused(Came.MALFORMED, "its yes or no is not that of its datasets")
        if not answered and (is_complete or _all_on_another_assembly(datasets)):
            return self._silent(datasets)
        return self._told(datasets, exists=is_hit if said is None else said)

    def _said(self) -> bool | None:
        """Return the summary's yes or no; a number alone says it too."""
        count = foreign.whole(self.summary.get("numTotalResults"))
        said = foreign.flag(self.summary.get("exists"))
        return count > 0 if said is None and count is not None else said

    def _told(self, datasets: tuple[Told, ...], *, exists: bool) -> MemberRow:
        told = parts.numbers(
            {**self.summary, "exists": exists},
            self.summary.get("numTotalResults"),
            self.granularity,
        )
        row = self._base(Came.ANSWERED, **told, datasets=datasets)
        return replace(self._with_page_length_told(row), reason=_how_many(datasets))

    def _with_page_length_told(self, row: MemberRow) -> MemberRow:
        """Many servers tell the length of the page for the total: then it is at least that."""
        listed = sum(len(one["results"]) for one in row.result_sets)
        limit = self.asked.query.page.limit
        is_page = self.member.kind is MemberKind.BEACON and row.count == listed >= limit > 0
        if not is_page or self.granularity is not _RECORD:
            return row
        return replace(row, precision="imprecise", adjusted_to=(f">={listed}",))

    def _silent(self, datasets: tuple[Told, ...]) -> MemberRow:
        """Return the row of a member none of whose datasets answered."""
        if not datasets:
            return self._refused(Came.NOT_ANSWERABLE, "it has no dataset that can answer this")
        words = {told.status for told in datasets}
        came = next((came for came in _MORE_TELLING if came in words), Came.NOT_ANSWERABLE)
        reasons = [told.reason for told in datasets if told.status == came and told.reason]
        return self._base(came, reason=next(iter(reasons), ""), datasets=datasets)

    # ---- collections -----------------------------------------------------------------------------

    def _of_collections(self) -> MemberRow:
        found = parts.collections(self.member, self.listed)
        said = self._said()
        if said is None and not self.listed:
            return self._refused(Came.MALFORMED, "its answer says neither yes nor no")
        exists = bool(found) if said is None else said
        told = parts.numbers(
            {**self.summary, "exists": exists},
            self.summary.get("numTotalResults"),
            self.granularity,
        )
        collections = found if self.granularity is _RECORD else ()
        rows = self._member_rows() if self._is_of_broker() else ()
        datasets = self._own_rows(()) or tuple(told for row in rows for told in row.datasets)
        return self._base(
            Came.ANSWERED, **told, collections=collections, datasets=datasets, rows=rows
        )

    # ---- a broker's members ----------------------------------------------------------------------

    def _is_of_broker(self) -> bool:
        return self.member.kind is MemberKind.BROKER and isinstance(self.info.get("members"), list)

    def _of_broker(self) -> MemberRow:
        rows = self._member_rows()
        answered = [row for row in rows if row.exists is not None]
        datasets = tuple(told for row in rows for told in row.datasets)
        if not answered:
            words = {row.came for row in rows}
            came = next((came for came in _MORE_TELLING if came in words), Came.NOT_ANSWERABLE)
            reason = "none of its members answered" if rows else "it has no members"
            return self._base(came, reason=reason, datasets=datasets, rows=rows)
        exists = any(row.exists for row in answered)
        if self._said() is (not exists):
            return self._refused(Came.MALFORMED, "its yes or no is not that of its members")
        found = {**self.summary, "exists": exists}
        told = parts.numbers(found, self.summary.get("numTotalResults"), self.granularity)
        reason = (
            ""
            if len(answered) == len(rows)
            else (f"{len(answered)} of its {len(rows)} members answered")
        )
        return self._base(Came.ANSWERED, reason=reason, **told, datasets=datasets, rows=rows)

    def _member_rows(self) -> tuple[MemberRow, ...]:
        return tuple(self._below(row) for row in self._read_rows())

    def _read_rows(self) -> Iterable[MemberRow]:
        for document in foreign.mappings(self.info["members"], parts.MOST_SETS):
            try:
                yield read_row(document)
            except InvalidRequest:
                continue

    def _below(self, row: MemberRow) -> MemberRow:
        """Return a row of this broker's as one of ours: no more than was asked for, no records (the
        broker's result sets have them), with this broker on the way."""
        datasets = tuple(
            replace(parts.lowered(told, self.granularity), via=(self.member.id, *told.via))
            for told in row.datasets
        )
        is_boolean = self.granularity is _BOOLEAN
        return replace(
            row,
            datasets=datasets,
            result_sets=(),
            handovers=(),
            rows=tuple(self._below(one) for one in row.rows),
            count=None if is_boolean else row.count,
            precision="" if is_boolean else row.precision,
            adjusted_to=() if is_boolean else row.adjusted_to,
        )

    # ---- any -------------------------------------------------------------------------------------

    def _base(self, came: Came, **told: object) -> MemberRow:
        """Return a row with what a row has whatever its datasets say."""
        sets: Sequence[Mapping] = ()
        if self.granularity is _RECORD and came is Came.ANSWERED:
            sets = parts.records(self.member, self.sets, self.asked.query.page.limit)
        return MemberRow(
            self.member.id,
            self.member.name,
            came,
            granularity=self.granularity if came is Came.ANSWERED else None,
            result_sets=tuple(sets),
            handovers=parts.handovers(self.handovers),
            count_of=foreign.text(self.info.get("countOf"), 60),
            notes=self._notes(),
            **told,
        )

    def _refused(self, came: Came, reason: str) -> MemberRow:
        return refused(self.member, came, reason, handovers=parts.handovers(self.handovers))

    def _notes(self) -> dict[str, str]:
        """Return what a node of ours adds in words."""
        if self.member.kind is MemberKind.BEACON:
            return {}
        structured = ("countOf", "datasets", "members", "totalCovers")
        plain = [(name, one) for name, one in self.info.items() if name not in structured]
        return {
            foreign.text(name, 60): said for name, one in plain[:20] if (said := foreign.text(one))
        }


def _all_on_another_assembly(datasets: Sequence[Told]) -> bool:
    return bool(datasets) and all(told.status == Came.WRONG_ASSEMBLY for told in datasets)


def _how_many(datasets: Sequence[Told]) -> str:
    answered = sum(told.exists is not None for told in datasets)
    if answered == len(datasets):
        return ""
    return f"{answered} of its {len(datasets)} datasets answered"
