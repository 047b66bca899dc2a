"""A privacy report as a picture: power against questions, and what is left to answer. SVG."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from beacon_node.actions.privacy_report.contents import (
    PRIVATE,
    QUESTIONS,
    AttackResult,
    Attacks,
    ClassUse,
    DatasetReport,
    Figure,
    Outcome,
    Report,
)

# Small enough to be read on a phone: units are pixels at a width of 400.
_WIDTH, _MARGIN, _LETTERS, _LINE = 400, 14, 60, 16
_LEFT, _RIGHT, _PLOT = 48, 384, 190  # ends of the horizontal axes; height of the upper plot
_BAR, _ROW, _BARS_END = 14, 42, 250
_STYLE = """
svg { --bg: #ffffff; --ink: #1b1f24; --soft: #5a6470; --grid: #d9dee4; --open: #b54708;
      --kept: #0b6bb5; --pale: #a9cdea; }
@media (prefers-color-scheme: dark) {
  svg { --bg: #12161c; --ink: #e8ecf1; --soft: #a5b0bd; --grid: #333c47; --open: #ffa657;
        --kept: #6cb6ff; --pale: #2f5578; }
}
text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
.head { font-size: 15px; font-weight: 600; } .soft { fill: var(--soft); }
.bad { fill: var(--open); font-weight: 600; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } .beta { stroke: var(--ink); stroke-dasharray: 5 4; }
.least { stroke: var(--soft); stroke-dasharray: 1 4; stroke-width: 2; }
.open { stroke: var(--open); fill: none; stroke-width: 2; } .dot-open { fill: var(--open); }
.kept { stroke: var(--kept); fill: none; stroke-width: 2; } .dot-kept { fill: var(--kept); }
.told { fill: var(--pale); } .true { fill: var(--kept); } .expected { stroke: var(--ink); }
"""


def chart(report: Report) -> str:
    """Return the report of every dataset that has one, below each other, as an SVG document."""
    body, y = [], _MARGIN
    for one in report.datasets:
        lines, y = _dataset(one, y, report.made_at)
        body += lines
    told = f"Privacy report of {report.made_at}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" role="img" '
        f'style="max-width: 760px; width: 100%; height: auto"><title>{escape(told)}</title>'
        f"<desc>{escape(PRIVATE)}</desc><style>{_STYLE}</style>"
        f'<rect width="{_WIDTH}" height="{y}" fill="var(--bg)"/>'
    )
    return "\n".join([head, *body, "</svg>\n"])


def _dataset(one: DatasetReport, y: int, made_at: str) -> tuple[list[str], int]:
    """Return the elements of one dataset from `y` down, and where they end."""
    found, y = _paragraph(one.dataset, y + 6, "head")
    private, y = _paragraph(PRIVATE, y, "soft")
    said = one.attacks.verdict if one.attacks else None
    is_bad = said is not None and said.outcome is Outcome.FAILS
    verdict, y = _paragraph(said.sentence if said else one.why_not, y + 4, "bad" if is_bad else "")
    made, y = _paragraph(_made(one, made_at), y + 4, "soft")
    found += private + verdict + made
    if one.attacks:
        found += _power(one.attacks, y + 10)
        y += _PLOT + 162
        found += _utility(one.utility, y)
        y += 44 + _ROW * len(one.utility)
    return found, y + _MARGIN


def _made(one: DatasetReport, made_at: str) -> str:
    """Return when it was made, and with which settings."""
    settings = "; ".join(f"{setting.name}: {setting.value}" for setting in one.settings)
    return f"Made at {made_at}. {settings}".strip()


def _paragraph(words: str, y: int, kind: str) -> tuple[list[str], int]:
    lines = textwrap.wrap(words, _LETTERS if kind != "head" else _LETTERS * 3 // 4)
    found = [_text(line, _MARGIN, y + _LINE * (i + 1), kind) for i, line in enumerate(lines)]
    return found, y + _LINE * len(lines)


def _text(words: str, x: float, y: float, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _line(x: Sequence[float], y: Sequence[float], kind: str) -> str:
    return f'<line x1="{x[0]:.1f}" y1="{y[0]:.1f}" x2="{x[1]:.1f}" y2="{y[1]:.1f}" class="{kind}"/>'


# ---- power ---------------------------------------------------------------------------------------


def _power(attacks: Attacks, y: int) -> Iterator[str]:
    """Yield the upper plot: of each number of questions the attack that found most."""
    yield _text("People found by the best attack, 5 % false alarms", _MARGIN, y + 14, "")
    yield from _legend(y + 32, attacks)
    top = y + 102
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = _height(share, top)
        yield _line((_LEFT, _RIGHT), (at, at), "grid")
        yield _text(f"{share:.0%}", _LEFT - 6, at + 4, "soft end")
    for number in QUESTIONS:
        yield _text(f"{number:,}", _across(number), top + _PLOT + 18, "soft middle")
    yield _text("questions about one person", (_LEFT + _RIGHT) / 2, top + _PLOT + 36, "soft middle")
    yield from _curve(attacks.unguarded, "open", top)
    yield from _curve(attacks.guarded, "kept", top)
    beta = _height(attacks.power, top)
    yield _line((_LEFT, _RIGHT), (beta, beta), "beta")
    least = _height(attacks.least, top)
    yield _line((_LEFT, _RIGHT), (least, least), "least")


def _legend(y: int, attacks: Attacks) -> Iterator[str]:
    rows = (
        ("open", "without a guard", _MARGIN, y),
        ("kept", "the node's answers", 150, y),
        ("beta", f"β = {attacks.power:.0%}, the bound", _MARGIN, y + 18),
        ("least", f"{attacks.least:.0%}: less is not surely told from β", _MARGIN, y + 36),
    )
    for kind, words, x, at in rows:
        yield _line((x, x + 22), (at - 4, at - 4), kind)
        yield _text(words, x + 28, at)
    yield _text("│ down to the 99 % lower limit", 178, y + 18, "soft")
    yield _text("A point is shown to be above β only if all of its │ is.", _MARGIN, y + 54, "soft")


def _across(questions: int) -> float:
    share = math.log(questions) / math.log(QUESTIONS[-1])
    return _LEFT + 8 + share * (_RIGHT - _LEFT - 20)


def _height(share: float, top: float) -> float:
    return top + (1 - share) * _PLOT


def best_by_questions(results: Sequence[AttackResult]) -> list[Figure]:
    """Return of each number of questions the attack that found most."""
    columns = zip(*(one.figures for one in results), strict=True)
    return [max(column, key=lambda one: (one.power, one.lower)) for column in columns]


def _curve(results: Sequence[AttackResult], kind: str, top: float) -> Iterator[str]:
    figures = best_by_questions(results)
    points = " ".join(f"{_across(f.questions):.1f},{_height(f.power, top):.1f}" for f in figures)
    yield f'<polyline points="{points}" class="{kind}"/>'
    for one in figures:
        x = _across(one.questions)
        yield _line((x, x), (_height(one.power, top), _height(one.lower, top)), kind)
        told = escape(f"{one.questions:,} questions: {one.power:.0%}, at least {one.lower:.0%}")
        yield (
            f'<circle cx="{x:.1f}" cy="{_height(one.power, top):.1f}" r="4" class="dot-{kind}">'
            f"<title>{told}</title></circle>"
        )


# ---- usefulness ----------------------------------------------------------------------------------


def _utility(classes: Sequence[ClassUse], y: int) -> Iterator[str]:
    """Yield the bars: the share answerable, the part of it that is true, what was expected."""
    yield _text("What is answered, by frequency in the panels", _MARGIN, y + 14)
    for x, kind, words in ((_MARGIN, "true", "truly"), (90, "told", "answerable, not truly")):
        yield f'<rect x="{x}" y="{y + 22}" width="12" height="12" class="{kind}"/>'
        yield _text(words, x + 18, y + 32, "soft")
    yield _line((256, 256), (y + 21, y + 35), "expected")
    yield _text("expected", 264, y + 32, "soft")
    for index, one in enumerate(classes):
        yield from _bar(one, y + 44 + index * _ROW)


def _bar(one: ClassUse, y: int) -> Iterator[str]:
    yield _text(_NAMES.get(one.name, one.name), _MARGIN, y + 12)
    width, at = _BARS_END - _MARGIN, y + 18
    yield f'<rect x="{_MARGIN}" y="{at}" width="{width}" height="{_BAR}" fill="var(--grid)"/>'
    told, true = one.answerable or 0.0, (one.answerable or 0.0) * (one.true or 0.0)
    for share, kind in ((told, "told"), (true, "true")):
        length = share * width
        yield f'<rect x="{_MARGIN}" y="{at}" width="{length:.1f}" height="{_BAR}" class="{kind}"/>'
    if one.expected_answerable is not None:
        x = _MARGIN + one.expected_answerable * width
        yield _line((x, x), (at - 3, at + _BAR + 3), "expected")
    yield _text(_words(one), _BARS_END + 10, at + 11, "soft")


_NAMES = {"absent": "absent: nobody here has it"}


def _words(one: ClassUse) -> str:
    if one.answerable is None:
        return "none in the data"
    true = "" if one.true is None else f", {one.true:.0%} true"
    return f"{one.answerable:.0%}{true}"
