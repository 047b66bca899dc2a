"""How the answers of `beacon-node query` look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from beacon_node.cli.output import Output
from beacon_node.model.answer import Answer, DatasetAnswer, Precision, Status, VariationRecord
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.help import Help
from beacon_node.model.variation import genomic_hgvs, variation_id

if TYPE_CHECKING:
    from beacon_node.beacon_v2.records import About
    from beacon_node.node import Node


@dataclass(frozen=True)
class Asked:
    """A question as it was typed, what was understood of it, and its answers by entry type."""

    text: str
    words: str = ""
    answers: tuple[Answer, ...] = ()
    problem: str = ""
    helps: Mapping[str, Sequence[Help]] = field(default_factory=dict)


def word(part: DatasetAnswer) -> str:
    """Return a dataset's answer in a word or two: yes, no, or why there is none."""
    if part.status is not Status.ANSWERED:
        return part.status.value
    return "yes" if part.exists else "no"


def show_one(output: Output, asked: Asked) -> None:
    """Print what was understood, a row per dataset, and the records if there are any."""
    output.sentence(asked.words)
    first = asked.answers[0]
    if not first.datasets:
        output.sentence("This node has no released dataset to ask.")
        return
    output.sentence("")
    output.table(["dataset", "answer", *_number_columns(asked)], _rows(asked))
    for reason in _reasons(asked.answers):
        output.sentence(reason)
    for dataset, found in asked.helps.items():
        for one in found:
            output.sentence(f"{dataset}: {one.words} {one.url}")
    for answer in asked.answers:
        _show_records(output, answer)


def show_many(output: Output, asked: Sequence[Asked]) -> None:
    """Print a row per question and dataset."""
    shape = next((one for one in asked if one.answers), None)
    numbers = _number_columns(shape) if shape else []
    rows: list[Sequence[object]] = []
    for one in asked:
        if one.problem:
            rows.append([one.text, "", f"not understood: {one.problem}", *[""] * len(numbers)])
        rows.extend([one.text, *row] for row in _rows(one))
    output.table(["question", "dataset", "answer", *numbers], rows)


def _number_columns(asked: Asked) -> list[str]:
    return [f"{answer.entry_type.counts}#" for answer in asked.answers]


def _rows(asked: Asked) -> Iterator[list[object]]:
    for parts in zip(*(answer.datasets for answer in asked.answers), strict=True):
        answered = next((part for part in parts if part.status is Status.ANSWERED), parts[0])
        yield [answered.dataset_id, word(answered), *map(number, parts)]


def number(part: DatasetAnswer) -> object:
    """Return a dataset's number: `~12` with noise, `<5` where a count below that was told as no."""
    if part.precision is Precision.EXACT:
        return part.count
    if part.count is None:
        return f"<{part.adjusted_to}" if part.exists is False else None
    return f"~{part.count:,}"


def _reasons(answers: Sequence[Answer]) -> list[str]:
    """Return each reason once, with the datasets it holds for."""
    by_reason: dict[str, dict[str, None]] = {}
    for part in (part for answer in answers for part in answer.datasets):
        for reason in filter(None, (part.reason, _of_noise(part))):
            by_reason.setdefault(reason, {})[part.dataset_id] = None
    return [f"{', '.join(ids)}: {reason}" for reason, ids in by_reason.items()]


def _of_noise(part: DatasetAnswer) -> str:
    """Return what a number with noise is worth, in words."""
    if part.precision is Precision.EXACT or part.count is None:
        return ""
    words = "~ is a count with noise, mostly one or two off"
    if part.completeness is None:
        return words
    return f"{words}; about {part.completeness:.0%} of the people asked about were really counted"


def _show_records(output: Output, answer: Answer) -> None:
    for part in answer.datasets:
        if not part.records:
            continue
        total = part.count or len(part.records)
        output.sentence("")
        output.sentence(f"{part.dataset_id}: {len(part.records):,} of {total:,} {_what(answer)}")
        if answer.entry_type is EntryType.GENOMIC_VARIANT:
            output.table(_VARIATION_COLUMNS, map(_variation_row, part.records))
        else:
            output.table(["id", "what is known"], map(_document_row, part.records))


def _what(answer: Answer) -> str:
    return answer.entry_type.counts


_VARIATION_COLUMNS = ["variation", "HGVS", "copies#", "of#", "homozygous#", "ids"]


def _variation_row(record: VariationRecord) -> list[object]:
    return [
        variation_id(record.assembly, record.allele),
        genomic_hgvs(Assembly(record.assembly), record.allele),
        record.allele_count,
        record.allele_number,
        record.homozygous,
        ", ".join(record.ids),
    ]


def _document_row(document: dict) -> list[object]:
    return [document.get("id"), "; ".join(_labels(document))]


_NOT_SHOWN = {"measures", "info", "units", "unit", "evidence"}  # --json shows all


def _labels(document: dict) -> Iterator[str]:
    """Yield the labels of a record's terms, as they come; excluded ones begin with "no"."""
    for name, value in document.items():
        if name in _NOT_SHOWN:
            continue
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                continue
            prefix = "no " if item.get("excluded") is True else ""
            found = [item["label"]] if isinstance(item.get("label"), str) else _labels(item)
            yield from (prefix + label for label in found)


def to_json(node: "Node", asked: Sequence[Asked]) -> dict:
    """Return the questions with each dataset's answers; records are Beacon v2 entries.

    `exists` null: not answered, `status` says why; `count` null: no number is told, and none
    below `adjusted_to`.
    """
    return {"questions": [_question_json(node, one) for one in asked]}


def _question_json(node: "Node", asked: Asked) -> dict:
    if asked.problem:
        return {"question": asked.text, "problem": asked.problem}
    answers = [_answer_json(node, answer) for answer in asked.answers]
    told = {"question": asked.text, "understood": asked.words, "answers": answers}
    return told | ({"would_help": asked.helps} if asked.helps else {})


def _answer_json(node: "Node", answer: Answer) -> dict:
    from beacon_node.actions.answer_query import background
    from beacon_node.beacon_v2.records import About

    found = background(node, answer)
    about = About(found.known, found.genes)
    return {
        "entry_type": answer.entry_type,
        "granularity": answer.granularity.word,
        "exists": answer.exists,
        "count": answer.count,
        "precision": None if answer.count is None else answer.precision,
        "datasets": [_dataset_json(part, about) for part in answer.datasets],
    }


def _dataset_json(part: DatasetAnswer, about: "About") -> dict:
    return {
        "id": part.dataset_id,
        "status": part.status,
        "exists": part.exists,
        "count": part.count,
        "precision": None if part.count is None else part.precision,
        "adjusted_to": part.adjusted_to,
        "completeness": part.completeness,
        "reason": part.reason or None,
        "records": [_record_json(record, about) for record in part.records],
    }


def _record_json(record: VariationRecord | dict, about: "About") -> dict:
    from beacon_node.beacon_v2.records import variation_document

    if isinstance(record, dict):
        return record
    return variation_document(record, about)
