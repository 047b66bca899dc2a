"""The error tree. Pure code and edges raise these; only the web folders and `cli` translate them.

Each class carries the HTTP status and the process exit code it becomes; `HTTP` and exit codes live
nowhere else. The message is one sentence for a person: it names the file, line or field, and never
quotes data about an individual.
"""


class BeaconNodeError(Exception):
    """Root of everything the project raises on purpose. `str(error)` is safe to show."""

    http_status = 500
    exit_code = 70


class InvalidRequest(BeaconNodeError):
    """The question cannot be understood; the message names the field."""

    http_status = 400
    exit_code = 2


class NotAuthenticated(BeaconNodeError):
    """No token where one is needed, or one that fails a check."""

    http_status = 401
    exit_code = 3


class NotPermitted(BeaconNodeError):
    """Identity is known (or not needed), and the deed is not allowed."""

    http_status = 403
    exit_code = 3


class NotFound(BeaconNodeError):
    """No such entry, or one this requester may not know of: same words, same work."""

    http_status = 404
    exit_code = 4


class Conflict(BeaconNodeError):
    """A step that the present state forbids."""

    http_status = 409
    exit_code = 4


class InvalidInput(BeaconNodeError):
    """A file or record breaks its format; the message names file, line and field."""

    http_status = 422
    exit_code = 2

    def __init__(self, problem: str, *, file: str = "", line: int = 0, field: str = "") -> None:
        self.problem, self.file, self.line, self.field = problem, file, line, field
        place = ", ".join(part for part in (file, f"line {line}" if line else "", field) if part)
        super().__init__(f"{place}: {problem}" if place else problem)

    def __reduce__(self):  # worker processes send it to their parent
        return _rebuild_invalid_input, (self.problem, self.file, self.line, self.field)


def _rebuild_invalid_input(problem: str, file: str, line: int, field: str) -> InvalidInput:
    return InvalidInput(problem, file=file, line=line, field=field)


class QuotaExceeded(BeaconNodeError):
    """This requester asks too often."""

    http_status = 429
    exit_code = 5


class BudgetSpent(QuotaExceeded):
    """What people allow to be told to this requester is told; it does not come back with time."""


class NoNodeAnswered(BeaconNodeError):
    """A broker got no answer at all."""

    http_status = 502
    exit_code = 5


class Unreachable(BeaconNodeError):
    """A member of the network gave no answer that can be used; `is_timeout`: in the time it had."""

    http_status = 502
    exit_code = 5

    def __init__(self, problem: str, *, is_timeout: bool = False) -> None:
        self.is_timeout = is_timeout
        super().__init__(problem)


class NotAuthentic(Unreachable):
    """An answer came, and it is not what the member signed, or nothing that it signed."""


class StoreUnavailable(BeaconNodeError):
    """Storage is away, full or locked."""

    http_status = 503
    exit_code = 6


class ReleasedAnew(StoreUnavailable):
    """A dataset was released while a question was worked on: asked anew, it sees the release."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"dataset {dataset_id!r} was just released anew; ask again")


class LedgerBroken(StoreUnavailable):
    """A hash chain fails, so the node stops answering."""


class ConfigurationError(BeaconNodeError):
    """The node cannot start with these settings."""

    exit_code = 78
