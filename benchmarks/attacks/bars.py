"""How much the guards must leave to answer, and whether they do."""

from collections.abc import Mapping

from benchmarks.attacks.public import CLASSES
from benchmarks.attacks.tables import Useful

LOW, COMMON = ".5–5 %", "> 5 %"
TRUE = {  # (tier, class) → least share of the answered that is true
    ("public tier", "absent"): 0.99,
    ("public tier", COMMON): 0.98,
}
TRUE_OF_A_THOUSAND = {
    ("public tier", LOW): 0.65,
    ("registered tier", LOW): 0.90,
    ("registered tier", COMMON): 0.90,
}
THOUSAND = "1,000 people"
_SAMPLING = 0.02  # other reference genomes put the last variant a little elsewhere
_NAMES = ("absent", *CLASSES)


def bar(setting: str, tier: str, name: str) -> float | None:
    """Return the least share of what is answered that must be true, None if none is set."""
    if setting.startswith(THOUSAND) and (tier, name) in TRUE_OF_A_THOUSAND:
        return TRUE_OF_A_THOUSAND[tier, name]
    return TRUE.get((tier, name))


def shortfalls(setting: str, tier: str, name: str, found: Useful) -> list[str]:
    """Return what is wrong with a class: too little true, or less answered than is predicted."""
    least, wrong = bar(setting, tier, name), []
    if least is not None and found.true < least * found.told:
        wrong.append(f"below the bar of {least:.0%}")
    if tier == "public tier" and found.told < found.predicted - _SAMPLING * found.asked:
        wrong.append("less answered than predicted")
    return wrong


def utility_table(found: Mapping[tuple[str, str, str], Useful]) -> tuple[list[str], bool]:
    """Return the table of what is left to answer, and whether it reaches every bar."""
    text, holds = [], True
    for setting, tier in dict.fromkeys(key[:2] for key in found):
        text += ["", f"{setting}; {tier}: what is left to answer"]
        text.append(
            f"  {'class':12s}{'answerable':>12s}{'predicted':>12s}{'of these true':>15s}  bar"
        )
        for name in (name for name in _NAMES if (setting, tier, name) in found):
            one = found[setting, tier, name]
            wrong, least = shortfalls(setting, tier, name, one), bar(setting, tier, name)
            shares = (one.told / max(one.asked, 1), one.predicted / max(one.asked, 1))
            cells = f"{shares[0]:12.1%}{shares[1]:12.1%}{one.true / max(one.told, 1):15.1%}"
            told = "" if least is None else f"{least:.0%}"
            text.append(f"  {name:12s}{cells}  {told:5s}{'; '.join(wrong)}".rstrip())
            holds = holds and not wrong
    return text, holds
