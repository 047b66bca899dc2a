"""A progress bar with rate and time left."""

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class RichProgress:
    """`ports.Progress` on a terminal: one line per piece of work, which stays when it is done."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bar: Progress | None = None

    def start(self, label: str, total: int | None, unit: str) -> None:
        self.finish()
        self._bar = _new_bar(self._console, total is not None)
        self._bar.start()
        self._bar.add_task(label, total=total, unit=unit)

    def advance(self, amount: int) -> None:
        if self._bar:
            self._bar.advance(self._bar.task_ids[0], amount)

    def finish(self) -> None:
        if self._bar:
            self._bar.stop()
        self._bar = None


def _new_bar(console: Console, is_known: bool) -> Progress:
    label, amount, rate = TextColumn("{task.description}"), _Amount(), _Rate()
    if not is_known:
        return Progress(SpinnerColumn(), label, amount, rate, TimeElapsedColumn(), console=console)
    left = TimeRemainingColumn(elapsed_when_finished=True)
    share = TextColumn("{task.percentage:>3.0f} %")
    return Progress(label, BarColumn(), share, amount, rate, left, console=console)


class _Amount(ProgressColumn):
    def render(self, task: Task) -> Text:
        done, unit = int(task.completed), task.fields["unit"]
        if task.total is None:
            return Text(quantity(done, unit))
        whole = quantity(int(task.total), unit)
        return Text(f"{quantity(done, unit).removesuffix(f' {unit}')} of {whole}")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{quantity(int(speed), task.fields['unit'])}/s" if speed else "", style="dim")


def quantity(amount: int, unit: str) -> str:
    """Return an amount with its unit, bytes as kB, MB …

    >>> quantity(1_230_000, "bytes"), quantity(45_100, "records")
    ('1.2 MB', '45,100 records')
    """
    return decimal(amount) if unit == "bytes" else f"{amount:,} {unit}"
