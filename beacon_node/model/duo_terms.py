"""The Data Use Ontology as this node knows it, and the country groups its restrictions may name.

Source: GA4GH Data Use Ontology (EBISPOT/DUO), release 2022-09-15, CC BY 4.0; labels as published,
parameters are ours where the ontology only asks for one in words. Its hierarchy is not kept: it
says NPU and NCU are kinds of the stricter NPUNCU, so nothing may be concluded from it.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

DUO_RELEASE = "2022-09-15"


class DuoKind(StrEnum):
    """What a term is for. Only permissions and modifiers say something in a consent."""

    PERMISSION = "permission"
    MODIFIER = "modifier"
    ABSTRACT = "abstract"
    PURPOSE = "purpose"
    OBSOLETE = "obsolete"


@dataclass(frozen=True, slots=True)
class DuoTerm:
    """One term. `parameter` is the name of what it is completed with, empty if nothing;
    `needs_parameter`: it says nothing without. `replaced_by` is what the ontology proposes instead
    of an obsolete term; a person has to recode it, for the meaning is not the same."""

    id: str
    kind: DuoKind
    label: str
    shorthand: str = ""
    parameter: str = ""
    needs_parameter: bool = False
    replaced_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The shorthand with the label, as committees write it: `HMB (health or …)`."""
        return f"{self.shorthand} ({self.label})" if self.shorthand else f"{self.id} ({self.label})"


NRES, GRU, HMB, DS = "DUO:0000004", "DUO:0000042", "DUO:0000006", "DUO:0000007"
POA = "DUO:0000011"
RS, NMDS, GSO, NPUNCU = "DUO:0000012", "DUO:0000015", "DUO:0000016", "DUO:0000018"
PUB, COL, IRB, GS = "DUO:0000019", "DUO:0000020", "DUO:0000021", "DUO:0000022"
MOR, TS, US, PS, IS = "DUO:0000024", "DUO:0000025", "DUO:0000026", "DUO:0000027", "DUO:0000028"
RTN, CC, NPOA, NPU, NCU = "DUO:0000029", "DUO:0000043", "DUO:0000044", "DUO:0000045", "DUO:0000046"

# Broad to narrow. GRU > HMB > DS is the ontology's; NRES above them is a rule of this node.
PERMISSION_CHAIN = (NRES, GRU, HMB, DS)

_PERMISSION, _MODIFIER = DuoKind.PERMISSION, DuoKind.MODIFIER
_ABSTRACT, _PURPOSE, _OBSOLETE = DuoKind.ABSTRACT, DuoKind.PURPOSE, DuoKind.OBSOLETE

_ALL = (
    DuoTerm(NRES, _PERMISSION, "no restriction", "NRES"),
    DuoTerm(GRU, _PERMISSION, "general research use", "GRU"),
    DuoTerm(HMB, _PERMISSION, "health or medical or biomedical research", "HMB"),
    DuoTerm(DS, _PERMISSION, "disease specific research", "DS", "diseases", True),
    DuoTerm(POA, _PERMISSION, "population origins or ancestry research only", "POA"),
    DuoTerm(RS, _MODIFIER, "research specific restrictions", "RS", "research_types"),
    DuoTerm(NMDS, _MODIFIER, "no general methods research", "NMDS"),
    DuoTerm(GSO, _MODIFIER, "genetic studies only", "GSO"),
    DuoTerm(NPUNCU, _MODIFIER, "not for profit, non commercial use only", "NPUNCU"),
    DuoTerm(PUB, _MODIFIER, "publication required", "PUB"),
    DuoTerm(COL, _MODIFIER, "collaboration required", "COL", "investigators"),
    DuoTerm(IRB, _MODIFIER, "ethics approval required", "IRB"),
    DuoTerm(GS, _MODIFIER, "geographical restriction", "GS", "countries", True),
    DuoTerm(MOR, _MODIFIER, "publication moratorium", "MOR", "date", True),
    DuoTerm(TS, _MODIFIER, "time limit on use", "TS", "months", True),
    DuoTerm(US, _MODIFIER, "user specific restriction", "US", "users", True),
    DuoTerm(PS, _MODIFIER, "project specific restriction", "PS", "projects", True),
    DuoTerm(IS, _MODIFIER, "institution specific restriction", "IS", "institutions", True),
    DuoTerm(RTN, _MODIFIER, "return to database or resource", "RTN"),
    DuoTerm(CC, _MODIFIER, "clinical care use", "CC"),
    DuoTerm(NPOA, _MODIFIER, "population origins or ancestry research prohibited", "NPOA"),
    DuoTerm(NPU, _MODIFIER, "not for profit organisation use only", "NPU"),
    DuoTerm(NCU, _MODIFIER, "non-commercial use only", "NCU"),
    DuoTerm("DUO:0000001", _ABSTRACT, "data use permission"),
    DuoTerm("DUO:0000017", _ABSTRACT, "data use modifier"),
    DuoTerm("DUO:0000031", _PURPOSE, "method development"),
    DuoTerm("DUO:0000032", _PURPOSE, "population research"),
    DuoTerm("DUO:0000033", _PURPOSE, "ancestry research"),
    DuoTerm("DUO:0000034", _PURPOSE, "age category research"),
    DuoTerm("DUO:0000035", _PURPOSE, "gender category research"),
    DuoTerm("DUO:0000036", _PURPOSE, "research control"),
    DuoTerm("DUO:0000037", _PURPOSE, "biomedical research"),
    DuoTerm("DUO:0000038", _PURPOSE, "genetic research"),
    DuoTerm("DUO:0000039", _PURPOSE, "drug development research"),
    DuoTerm("DUO:0000040", _PURPOSE, "disease category research"),
    DuoTerm("DUO:0000002", _OBSOLETE, "obsolete consent code primary category"),
    DuoTerm("DUO:0000003", _OBSOLETE, "obsolete consent code secondary category"),
    DuoTerm(
        "DUO:0000005",
        _OBSOLETE,
        "obsolete general research use and clinical care",
        "GRU-CC",
        replaced_by=(GRU, CC),
    ),
    DuoTerm("DUO:0000014", _OBSOLETE, "obsolete research use only", "RU"),
)
DUO_TERMS = MappingProxyType({term.id: term for term in _ALL})

_IRI = "http://purl.obolibrary.org/obo/DUO_"
_MISSPELT = "DUO:00000044"  # the IRI of NPOA in the published OWL file has a zero too many


def canonical_term(text: str) -> str:
    """Return a DUO id in the spelling of `DUO_TERMS`; what is not a known spelling stays as it is.

    >>> canonical_term("http://purl.obolibrary.org/obo/DUO_0000042"), canonical_term("DUO:00000044")
    ('DUO:0000042', 'DUO:0000044')
    """
    curie = f"DUO:{text.removeprefix(_IRI)}" if text.startswith(_IRI) else text
    return NPOA if curie == _MISSPELT else curie


def named_term(text: str) -> str | None:
    """Return the id of the current permission or modifier that a shorthand or an id names.

    >>> named_term("gru"), named_term("DUO:0000042"), named_term("GRU-CC")
    ('DUO:0000042', 'DUO:0000042', None)
    """
    usable = [term for term in _ALL if term.kind in (DuoKind.PERMISSION, DuoKind.MODIFIER)]
    names = {term.shorthand: term.id for term in usable} | {term.id: term.id for term in usable}
    return names.get(text.strip().upper()) or names.get(canonical_term(text.strip()))


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Members as of January 2026; the United Kingdom and Switzerland are in neither.
EU = _codes("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
EEA = EU | {"IS", "LI", "NO"}
COUNTRY_GROUPS = MappingProxyType({"EU": EU, "EEA": EEA})

# ISO 3166-1 alpha-2, the 249 codes of iso3166.tab in the tz database (public domain).
COUNTRIES = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """
)


def expand_countries(codes: frozenset[str]) -> frozenset[str]:
    """Return the countries that codes of countries and of groups stand for.

    >>> sorted(expand_countries(frozenset({"EEA"})) - expand_countries(frozenset({"EU"})))
    ['IS', 'LI', 'NO']
    """
    return frozenset().union(*(COUNTRY_GROUPS.get(code, {code}) for code in codes))
