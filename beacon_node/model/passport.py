"""Passports and visas: what is claimed about a researcher, and how each claim fared."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, unique

from beacon_node.errors import NotAuthenticated
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity


class VisaType(StrEnum):
    """The standard visa types of GA4GH Passport 1.2; others are ignored."""

    AFFILIATION = "AffiliationAndRole"
    TERMS = "AcceptedTermsAndPolicies"
    STATUS = "ResearcherStatus"
    GRANT = "ControlledAccessGrants"
    LINK = "LinkedIdentities"


class By(StrEnum):
    """On whose authority a source asserts something."""

    SELF = "self"
    PEER = "peer"
    SYSTEM = "system"
    SIGNING_OFFICIAL = "so"
    DAC = "dac"


@unique
class Rule(Enum):
    """Why a token was refused or a visa not used: the specification's `clause`, `words` for people.

    The words continue "the passport is refused:" and "not used:"; they quote nothing of a token.
    """

    SIZE = "node limit (size)", "it is larger than this node reads"
    SHAPE = "RFC 7515 7.1", "it is not three base64url parts with a JSON object in the first two"
    DUPLICATE = "RFC 7515 4; RFC 7519 4", "it states a claim or header twice"
    ALGORITHM = "AAI: JWT format; RFC 8725 3.1", "its algorithm is neither RS256 nor ES256"
    CRITICAL = (
        "RFC 7515 4.1.11",
        "its header demands extensions (crit) that are not understood here",
    )
    NOBODY = (
        "AAI: Passport Clearinghouses (iss); Passport 8.1",
        "this node trusts no issuer of passports yet, so it can read none; without one it answers "
        "what it tells anybody",
    )
    KEY_ID = "AAI: JWT format (kid)", "its header names no key (kid)"
    BROKER = (
        "AAI: Passport Clearinghouses (iss); Passport 8.1",
        "no passport broker of its iss is trusted here",
    )
    ISSUER = (
        "AAI: Passport Clearinghouses (iss); Passport 8.3",
        "no visa issuer of its iss is trusted here",
    )
    JKU = (
        "AAI: Visa Document Token (jku); RFC 8725 3.10",
        "its jku is not exactly the one configured for its issuer",
    )
    KEY = (
        "AAI: Passport Clearinghouses (keys); RFC 8725 3.8",
        "its issuer publishes no key of this id and algorithm",
    )
    UNREACHABLE = "node limit", "its issuer's keys cannot be had just now; try again later"
    SIGNATURE = "RFC 7515 5.2; Passport 8.2", "its signature does not verify"
    CLAIMS = (
        "AAI: JWT format (iss, sub, iat, exp)",
        "a required claim is missing or not of its form",
    )
    EXPIRED = "RFC 7519 4.1.4; Passport: Visa Expiry", "it has ended (exp)"
    NOT_YET = "RFC 7519 4.1.5, 4.1.6", "it begins in the future (iat, nbf)"
    TYPE = "AAI: Passport format (typ); RFC 8725 3.11", "its typ is not one that is taken here"
    AUDIENCE = "AAI: Passport format (aud); RFC 7519 4.1.3", "it is meant for others (aud)"
    PASSPORT_CLAIM = "Passport: Passport Claim", "it has no list of visas (ga4gh_passport_v1)"
    TOO_MANY = "node limit", "there are more visas than this node looks at"
    SCOPE = "AAI: Passport-Scoped Access Token (scope)", "its scope is not that of a passport"
    MIXED = "AAI: Passport-Scoped Access Token", "an access token may not carry GA4GH claims itself"
    USERINFO = "AAI: Brokers (userinfo)", "its broker's userinfo does not confirm it"
    NO_USERINFO = (
        "AAI: Brokers (userinfo)",
        "this node asks its broker for no userinfo; send a passport",
    )
    REVOKED = "AAI: Token Revocation; node's block list", "it is blocked at this node"
    VISA_ACCESS_TOKEN = "AAI: Visa Access Token", "it is a visa access token, which is deprecated"
    VISA_CLAIM = (
        "Passport: Visa Object Claims",
        "a required member of ga4gh_visa_v1 is missing or not of its form",
    )
    GRANT_CLAIM = (
        "beacon-node's own claim beacon_grant",
        "what it says of its grant (beacon_grant) is not of its form",
    )
    CUSTOM_TYPE = "Passport: Custom Visa Types", "its type is not one that is understood here"
    ASSERTED = "Passport: asserted", "it was asserted in the future"
    ASSERTED_LONG_AGO = "Passport: Visa Expiry (maxAuthzTTL)", "it was asserted too long ago"
    SOURCE = "Passport 8.3", "its issuer is not trusted for this type and source"
    BY = "Passport: by", "nobody is named who asserts it (by), or nobody whose word counts for this"
    AFFILIATION = "Passport: AffiliationAndRole", "its value has no @"
    LINK_VALUE = "Passport: LinkedIdentities", "its value is no list of identities"
    OTHER_PERSON = (
        "Passport: LinkedIdentities; Visa Identity",
        "it is about another identity, and nothing trusted links the two",
    )
    STALE = (
        "Passport: Visa Expiry; this node's rule for brokers of a network",
        "it was made more than an hour ago, and a broker has to show one of now",
    )
    CONDITIONS = "Passport: conditions", "its conditions are not met by the other visas"
    CONDITIONS_FORM = "Passport: conditions", "its conditions are not of their form"
    REPEATED = "node limit", "the same visa was looked at before"
    NO_DATASET = "Passport: Controlled Access", "no dataset here is opened by its value and source"
    HALF = (
        "Passport: Registered Access",
        "registered access needs ResearcherStatus and AcceptedTermsAndPolicies, and one is missing",
    )
    NOT_NEEDED = (
        "Passport: Registered Access, Controlled Access",
        "it is in order, and nothing here asks for it",
    )

    def __init__(self, clause: str, words: str) -> None:
        self.clause, self.words = clause, words


class TokenRefused(NotAuthenticated):
    """A token fails a check; `rule` says which. Quotes nothing of the token."""

    def __init__(self, rule: Rule, what: str = "the passport") -> None:
        self.rule = rule
        super().__init__(f"{what} is refused: {rule.words} ({rule.clause})")


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """A researcher's identity: who says it, and their word for it. Only together they name one."""

    iss: str
    sub: str


@dataclass(frozen=True, slots=True, repr=False)
class Passport:
    """A passport that its broker vouches for; its visas are texts that nobody has looked at."""

    subject: Subject
    visas: tuple[object, ...]
    until: datetime
    name: str = ""  # what its broker calls the person; nothing is decided by it


@dataclass(frozen=True, slots=True, repr=False)
class Visa:
    """A visa whose signature, times, issuer and source hold.

    `subject` is whom it is about, `made` when it was signed, `until` when it ends (exclusive).
    `conditions` are as written, None without any: they are evaluated among all visas. `purpose` and
    `ceiling` are those that a beacon node states of the grant behind it; None where nobody does.
    """

    number: int
    issuer: str
    subject: Subject
    type: VisaType
    value: str
    source: str
    by: By | None
    until: datetime
    conditions: list | None = None
    purpose: ResearchPurpose | None = None
    ceiling: Granularity | None = None
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisaFinding:
    """How the visa with this number (from 1, as sent) fared, in words that quote none of it.

    `type` and `issuer` are told only of a visa whose signature holds. `serves` says what it was
    used for; `rule` says why it was not.
    """

    number: int
    rule: Rule | None = None
    serves: tuple[str, ...] = ()
    type: str = ""
    issuer: str = ""
