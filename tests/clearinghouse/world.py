"""A node that trusts one broker and two visa issuers, and a researcher with good visas.

`status.example` vouches for researchers and links identities; `rems.example` signs a committee's
grants, for subjects of the broker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from beacon_node.actions.identify import Identified, identify
from beacon_node.identity.clearinghouse import Clearinghouse, open_clearinghouse
from beacon_node.model.passport import VisaFinding
from beacon_node.model.trust import REGISTERED_ACCESS
from beacon_node.node import Node
from beacon_node.settings import Access, Settings
from tests.actions.fakes import FakeStore, fake_node
from tests.clearinghouse.issuers import Internet, algorithm, public_jwk, signed

NOW = datetime(2030, 1, 11, 12, tzinfo=UTC)
T = int(NOW.timestamp())
HOUR, DAY = 3_600, 86_400

NODE = "http://127.0.0.1:5050"
BROKER, BROKER_KEYS = "https://broker.example/oidc/", "https://broker.example/jwks"
USERINFO = "https://broker.example/userinfo"
STATUS, STATUS_JKU = "https://status.example/", "https://status.example/jwks"
REMS, REMS_JKU = "https://rems.example", "https://rems.example/api/jwk"
LISTED = frozenset({BROKER_KEYS, USERINFO, STATUS_JKU, REMS_JKU})
UNIVERSITY, DAC_SOURCE, GRANTED = "https://uni.example", "EGAC00001000908", "EGAD00001006673"
KEYS = {BROKER: "broker", STATUS: "es-status", REMS: "rems"}
JKUS = {STATUS: STATUS_JKU, REMS: REMS_JKU}

TRUSTED = f"""
audiences = ["https://node.example"]

[[broker]]
iss = "{BROKER}"
keys = "{BROKER_KEYS}"
userinfo = "{USERINFO}"
audiences = ["client-7"]

[[visa_issuer]]
iss = "{STATUS}"
jku = "{STATUS_JKU}"
sources.ResearcherStatus = ["{UNIVERSITY}", "https://no.organization"]
sources.AcceptedTermsAndPolicies = ["{UNIVERSITY}"]
sources.AffiliationAndRole = ["{UNIVERSITY}"]
sources.LinkedIdentities = ["{STATUS}"]

[[visa_issuer]]
iss = "{REMS}"
jku = "{REMS_JKU}"
subjects_of = "{BROKER}"
sources.ControlledAccessGrants = ["{DAC_SOURCE}", "https://other-dac.example"]

[[dataset]]
id = "cohort"
value = "{GRANTED}"
source = "{DAC_SOURCE}"
purpose = {{ categories = ["biomedical"], organisation = "not_for_profit" }}
ceiling = "count"
"""

_VISAS: dict[str, dict[str, Any]] = {
    "ResearcherStatus": {"value": REGISTERED_ACCESS, "source": UNIVERSITY, "by": "so"},
    "AcceptedTermsAndPolicies": {"value": REGISTERED_ACCESS, "source": UNIVERSITY, "by": "self"},
    "AffiliationAndRole": {"value": "faculty@uni.example", "source": UNIVERSITY, "by": "system"},
    "LinkedIdentities": {"value": "", "source": STATUS, "by": "system"},
    "ControlledAccessGrants": {"value": GRANTED, "source": DAC_SOURCE, "by": "dac"},
}
ABSENT = object()  # as a value: the member is left out


def merged(base: Mapping, *changes: Mapping | None) -> dict:
    found = dict(base)
    for change in changes:
        found |= change or {}
    return {name: value for name, value in found.items() if value is not ABSENT}


def visa(
    kind: str = "AffiliationAndRole",
    *,
    header: Mapping | None = None,
    claims: Mapping | None = None,
    key: str = "",
    **stated: Any,
) -> str:
    """Return a signed visa: good, but for what is changed in its header, claims and object."""
    issuer = (claims or {}).get("iss", REMS if kind == "ControlledAccessGrants" else STATUS)
    known = issuer if isinstance(issuer, str) and issuer in JKUS else STATUS
    key = key or KEYS[known]
    head = {"typ": "vnd.ga4gh.visa+jwt", "alg": algorithm(key), "kid": key, "jku": JKUS[known]}
    sub = "anna" if issuer == REMS else "s-1"
    own = {"iss": issuer, "sub": sub, "iat": T - HOUR, "exp": T + DAY, "jti": "visa-1"}
    object_ = merged({"type": kind, "asserted": T - DAY}, _VISAS.get(kind, {}), stated)
    return signed(merged(head, header), merged(own, {"ga4gh_visa_v1": object_}, claims), key)


def link(*pairs: str, **changes: Any) -> str:
    value = ";".join(pairs or ("anna,https%3A%2F%2Fbroker.example%2Foidc%2F",))
    return visa("LinkedIdentities", **{"value": value, **changes})


@cache
def _good_visas() -> tuple[str, ...]:
    return (
        visa("ResearcherStatus"),
        visa("AcceptedTermsAndPolicies"),
        visa("ControlledAccessGrants"),
        link(),
    )


def good_visas() -> list[str]:
    return list(_good_visas())


def passport(
    *visas: Any,
    header: Mapping | None = None,
    claims: Mapping | None = None,
    key: str = "broker",
) -> str:
    """Return a signed passport: good, but for what is changed."""
    head = {"typ": "vnd.ga4gh.passport+jwt", "alg": algorithm(key), "kid": key}
    own = {"iss": BROKER, "sub": "anna", "iat": T - 60, "exp": T + HOUR, "jti": "passport-1"}
    own |= {"ga4gh_passport_v1": list(visas)}
    return signed(merged(head, header), merged(own, claims), key)


def access_token(*, header: Mapping | None = None, claims: Mapping | None = None) -> str:
    """Return a good passport-scoped access token of the broker, but for what is changed."""
    scope = {"scope": "openid profile ga4gh_passport_v1", "ga4gh_passport_v1": ABSENT}
    return passport(header={"typ": "at+jwt", **(header or {})}, claims={**scope, **(claims or {})})


class SetClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


@dataclass(frozen=True)
class World:
    node: Node
    house: Clearinghouse
    internet: Internet
    clock: SetClock
    file: Path

    def ask(self, *tokens: str) -> Identified:
        return identify(self.node, self.house, tokens)

    def findings(self, *visas: Any) -> tuple[VisaFinding, ...]:
        return self.ask(passport(*visas)).standing.findings

    def trust(self, more: str) -> None:
        """Add to the list of trusted issuers."""
        self.file.write_text(f"{TRUSTED}\n{more}")


def make_internet() -> Internet:
    internet = Internet()
    internet.serve(BROKER_KEYS, {"keys": [public_jwk("broker"), public_jwk("es-broker")]})
    internet.serve(STATUS_JKU, {"keys": [public_jwk("es-status"), public_jwk("status-rsa")]})
    internet.serve(REMS_JKU, {"keys": [public_jwk("rems")]})
    return internet


def make_world(home: Path, internet: Internet | None = None) -> World:
    internet, clock, file = internet or make_internet(), SetClock(), home / "trusted_issuers.toml"
    file.write_text(TRUSTED)
    settings = Settings(access=Access(trusted_issuers=file.name))
    node = replace(fake_node(FakeStore([])), home=home, settings=settings, clock=clock)
    house = open_clearinghouse(file, NODE, internet.session(), clock)
    return World(node, house, internet, clock, file)
