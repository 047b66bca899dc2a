"""Why a registered question is not answered, and what would help: all of it follows from public
facts, the question and what was asked before."""

from enum import Enum

from beacon_node.model.answer import Refused, Status
from beacon_node.model.panels import LEAST_NUMBER
from beacon_node.ports import Dataset

LEAST_GENOMES = 100  # below it, a share of reference genomes says little of people
_GRANT = "a data access committee can grant exact counts."


class Why(Enum):
    """Why a question cannot be answered at the registered tier; `helps` says what would."""

    SITES_ONLY = (
        "This dataset lists variations without the people who carry them.",
        "Ask for a variation alone.",
    )
    ONE_ENTRY = (
        "Counts are of all people of a dataset, never of one record or of what belongs to one.",
        f"Ask without the id; {_GRANT}",
    )
    NO_COHORT = (
        "This dataset has no such cohort.",
        "Ask for all its people, or for one of the cohorts that it lists.",
    )
    NOT_ONE_ALLELE = (
        "With filters only one variation can be asked about, not a place, a gene, a list or "
        "wildcards.",
        f"Name the variation, or leave out the filters for a yes or no; {_GRANT}",
    )
    NO_ALLELE = (
        "With filters variations are not listed: it is told whether people have one that is named.",
        f"Name a variation, or ask for individuals; {_GRANT}",
    )
    COLLECTION = (
        "Datasets and cohorts are not filtered by the people in them.",
        "Ask for individuals.",
    )
    EVERYBODY = (
        "How many people there are is told only rounded, in the description of the dataset.",
        "Ask for a variation, or by a filter.",
    )
    NO_PANEL = (
        "No reference panels were named for this dataset, so what a count gives away is not known.",
        f"Its operator can name some; {_GRANT}",
    )
    RELEASED_BEFORE = (
        "This release does not say by which reference panels its counts are priced.",
        f"Counts are not answerable until the dataset's next release; {_GRANT}",
    )
    PANEL_GONE = (
        "A reference panel that this release was made with is not loaded any more.",
        f"The node's operator can load it again; {_GRANT}",
    )
    UNKNOWN_TO_PANEL = (
        f"A reference panel has not seen this variation among {LEAST_NUMBER:,} copies or more, so "
        "what a count gives away is not known.",
        f"A larger panel, loaded by the node's operator, may help; {_GRANT}",
    )
    NO_GENOMES = (
        f"Fewer than {LEAST_GENOMES} reference genomes are known at this place, so nothing tells "
        "how many people a count would leave out.",
        f"The node's operator can load more; {_GRANT}",
    )
    NO_ASSAY = (
        "Nobody has said what of the genome was sequenced in the people of this dataset.",
        f"The node's operator can declare it; {_GRANT}",
    )
    HALF_COPIES = (
        "With filters only places of which everybody has two copies can be asked about: not Y, the "
        "mitochondrion, or X beyond what it shares with Y.",
        f"Ask without filters; {_GRANT}",
    )
    TOO_FEW_PEOPLE = (
        "Too few people were sequenced at this place and consent to be counted for this purpose, "
        "to hide one of them among the others.",
        f"A larger dataset may answer; {_GRANT}",
    )
    TOO_RARE = (
        "Too few people are expected to have this variation, or to be without it. One answer could "
        "tell more of one of them than all answers together may, so it is never given.",
        f"A larger dataset, or wider filters, may answer; {_GRANT}",
    )

    def __init__(self, reason: str, helps: str) -> None:
        self.reason, self.helps = reason, helps

    @property
    def words(self) -> str:
        return f"{self.reason} {self.helps}"


def not_answerable(dataset: Dataset, why: Why | str) -> Refused:
    """Return that a dataset does not answer, in the words of `why`."""
    words = why.words if isinstance(why, Why) else why
    return Refused(dataset.id, Status.NOT_ANSWERABLE, words)
