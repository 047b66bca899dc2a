"""Protein changes in one spelling: `p.Val600Glu`, `Val600Glu`, `p.(V600E)` are all `V600E`.

Rules: HGVS recommendations for proteins (hgvs-nomenclature.org); a stop is `*`, whether written
`Ter`, `X` or `*`.
"""

import re

_ONE_LETTER = {
    **{"ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E"},
    **{"gly": "G", "his": "H", "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F"},
    **{"pro": "P", "ser": "S", "thr": "T", "trp": "W", "tyr": "Y", "val": "V", "sec": "U"},
    **{"pyl": "O", "asx": "B", "glx": "Z", "xaa": "X", "ter": "*", "stop": "*"},
}
_RESIDUE = "(?:" + "|".join(_ONE_LETTER) + r"|[a-z]|\*)"
_CHANGE = re.compile(
    rf"(?:p\.)?\(?(?P<first>{_RESIDUE})(?P<at>\d+)(?:_(?P<last>{_RESIDUE})(?P<to>\d+))?"
    rf"(?P<tail>=|\?|del|dup|(?:del)?ins(?:{_RESIDUE})+\d*|{_RESIDUE}?fs(?:{_RESIDUE}?(?:\d+|\?))?"
    rf"|(?:{_RESIDUE})?ext\S*?|(?:{_RESIDUE})+)\)?",
    re.IGNORECASE,
)
_SHIFT = re.compile(rf"({_RESIDUE})?fs(?:({_RESIDUE})?(\d+|\?))?", re.IGNORECASE)
_INSERTED = re.compile(r"(delins|ins)(.+?)(\d*)", re.IGNORECASE)


def canonical_change(text: str) -> str | None:
    """Return a protein change in one-letter form without `p.`, None if `text` is none.

    >>> canonical_change("p.Val600Glu"), canonical_change("gln1756ProfsTer74")
    ('V600E', 'Q1756Pfs*74')
    """
    found = _CHANGE.fullmatch(text.strip())
    if not found:
        return None
    first = _letters(found["first"])
    place = f"{first}{found['at']}"
    if found["last"]:
        place += f"_{_letters(found['last'])}{found['to']}"
    return place + _tail(found["tail"], "" if found["last"] else first)


def spellings(change: str) -> tuple[str, ...]:
    """Return a canonical change and, for a frameshift, its short form.

    >>> spellings("Q1756Pfs*74"), spellings("V600E")
    (('Q1756Pfs*74', 'Q1756fs'), ('V600E',))
    """
    short = re.sub(r"[A-Z*]?fs.*", "fs", change)
    return (change,) if short == change else (change, short)


def _tail(tail: str, first: str) -> str:
    plain = tail.lower()
    if plain in ("=", "?", "del", "dup"):
        return plain
    shift = _SHIFT.fullmatch(tail)
    if shift:
        until = f"*{shift[3]}" if shift[3] else ""
        return _letters(shift[1] or "") + "fs" + until
    inserted = _INSERTED.fullmatch(tail)
    if inserted:
        return inserted[1].lower() + _letters(inserted[2]) + inserted[3]
    if "ext" in plain:
        before, after = re.split("ext", tail, maxsplit=1, flags=re.IGNORECASE)
        return _letters(before) + "ext" + _letters(after)
    new = _letters(tail).replace("X", "*")
    return "=" if new == first else new


def _letters(residues: str) -> str:
    """Return residues, three-letter or one-letter, in one-letter form."""
    words = re.findall(rf"{_RESIDUE}|.", residues, re.IGNORECASE)
    return "".join(_ONE_LETTER.get(word.lower(), word.upper()) for word in words)
