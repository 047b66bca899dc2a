"""What a person's choices mean today, in words for that person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from beacon_node.model.consent import (
    EVERY_DATASET,
    Asked,
    ConsentVersion,
    DataType,
    OpenChoice,
    Standing,
    State,
    UseKind,
)
from beacon_node.model.consent_words import (
    DATA_TYPES,
    USES,
    listed,
    permitted_use_in_words,
)
from beacon_node.policy.consent import History, state_at


def summarize(
    history: History, at: datetime, *, label: Callable[[str], str] = str, zone: tzinfo = UTC
) -> str:
    """Return the choices of one individual that hold at `at`, as plain text, a sentence a line.

    One section per dataset that any statement names, and one for all others if any is about all.
    `label` names a disease by its term; dates are days of `zone`.
    """
    writer = _Writer(history, at, label, zone)
    lines = [f"Your choices about research with your data, as of {writer.day(at)}"]
    for dataset in _datasets(history):
        lines += ["", *writer.section(dataset)]
    return "\n".join([*lines, "", *_CLOSING])


_CLOSING = (
    "You can change your mind at any time and need not give a reason.",
    "A no takes effect with the next question that is asked.",
    "Answers that were given before cannot be called back.",
)
_OTHERS = ""  # no dataset has an empty id: stands for every one that no statement names


def _datasets(history: History) -> list[str]:
    named = {version.scope.dataset for version in history}
    return sorted(named - {EVERY_DATASET}) + ([_OTHERS] if EVERY_DATASET in named else [])


class _Writer:
    def __init__(
        self, history: History, at: datetime, label: Callable[[str], str], zone: tzinfo
    ) -> None:
        self.history, self.at, self.label, self.zone = history, at, label, zone
        self.names_datasets = any(one.scope.dataset != EVERY_DATASET for one in history)

    def day(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return f"{local.day} {local:%B} {local.year}"

    def section(self, dataset: str) -> list[str]:
        lines = [self._title(dataset)]
        standings = {
            use: {kind: self._standing(dataset, kind, use) for kind in DataType} for use in UseKind
        }
        for use, by_type in standings.items():
            lines += self._use(use, by_type)
        for version, uses in _permitting(standings):
            lines += self._consent(version, uses)
        return lines

    def _standing(self, dataset: str, kind: DataType, use: UseKind) -> Standing:
        return state_at(self.history, self.at, Asked(dataset, kind, use))

    def _title(self, dataset: str) -> str:
        if dataset == _OTHERS:
            others = "all other collections" if self.names_datasets else "all collections"
            return f"For {others} of data at this hospital:"
        return f"For the collection {dataset!r}:"

    def _use(self, use: UseKind, by_type: dict[DataType, Standing]) -> list[str]:
        """Return one line per distinct answer: often all kinds of data have the same."""
        answers: dict[str, list[str]] = {}
        for kind, standing in by_type.items():
            answers.setdefault(self._answer(standing), []).append(DATA_TYPES[kind])
        if len(answers) == 1:
            return [f"- {USES[use]}: {answer}." for answer in answers]
        return [f"- {USES[use]}, {listed(kinds)}: {answer}." for answer, kinds in answers.items()]

    def _answer(self, standing: Standing) -> str:
        version = standing.version
        if version is None or standing.state is State.SILENT:
            return "no, because you have not said yes"
        if standing.state is State.PERMITTED:
            return "yes" + self._until(version)
        if standing.state is State.EXPIRED:
            return f"no, because your yes ended{self._until(version, ' on ')}"
        if standing.state is State.NOT_NAMED:
            return "no, because what you signed does not say yes to this"
        said = "you said no" if standing.state is State.REFUSED else "you withdrew"
        return f"no, because {said} on {self.day(version.signed_on)}"

    def _until(self, version: ConsentVersion, words: str = ", until and including ") -> str:
        """Return the last day of a consent: its end is the first moment after."""
        end = version.effective_until
        return f"{words}{self.day(end - timedelta.resolution)}" if end else ""

    def _consent(self, version: ConsentVersion, uses: set[UseKind]) -> list[str]:
        signed = self.day(version.signed_on)
        lines = [f"  What your consent of {signed} allows (document {version.source.document}):"]
        sentences = permitted_use_in_words(version.use, self.label)
        lines += [f"  - {sentence}" for sentence in sentences]
        return lines + _what_is_told(version.open, UseKind.RECORD_LEVEL in uses)


def _permitting(
    standings: dict[UseKind, dict[DataType, Standing]],
) -> list[tuple[ConsentVersion, set[UseKind]]]:
    """Return the consents by which something is permitted, each once with the uses that it permits,
    oldest first."""
    found: dict[int, tuple[ConsentVersion, set[UseKind]]] = {}
    for use, by_type in standings.items():
        for standing in by_type.values():
            version = standing.version
            if standing.state is State.PERMITTED and version:
                found.setdefault(version.number, (version, set()))[1].add(use)
    return [found[number] for number in sorted(found)]


def _what_is_told(choice: OpenChoice, is_for_approved: bool) -> list[str]:
    """Return who may learn what: anybody, and those whom the committee approved."""
    lines = [_APPROVED] if is_for_approved else []
    if not choice:
        return [*lines, _ANYBODY]
    named = listed([*sorted(choice.genes), *sorted(choice.variants)])
    return [
        *lines,
        f"  - You chose that anybody may be told of your variants in: {named}.",
        "  - What was told once cannot be taken back. About everything else:",
        _ANYBODY,
    ]


_APPROVED = (
    "  - Researchers whom the data access committee approved may see your data, "
    "and get exact answers in which you are counted."
)
_ANYBODY = (
    "  - To anybody without an approval of the data access committee, answers are limited so that "
    "they do not tell that you take part, within the limits that the hospital states."
)
