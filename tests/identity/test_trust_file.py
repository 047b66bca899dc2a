"""The list of trusted issuers: strict at the start, obeyed from the next request on."""

import os
from pathlib import Path

import pytest

from beacon_node.errors import ConfigurationError, StoreUnavailable
from beacon_node.identity.trust_file import TrustFile
from beacon_node.identity.trust_toml import read_trust
from beacon_node.model.passport import By, Subject, VisaType
from beacon_node.model.query import Granularity
from beacon_node.model.trust import Trust

EXAMPLE = Path(__file__).resolve().parents[2] / "network_config" / "trusted_issuers.example.toml"
BROKER = '[[broker]]\niss = "b"\nkeys = "https://b.example/keys"\n'
ISSUER = '[[visa_issuer]]\niss = "i"\njku = "https://i.example/keys"\n'
SOURCES = 'sources.ResearcherStatus = ["s"]\n'
DATASET = '[[dataset]]\nid = "d"\nvalue = "v"\nsource = "s"\n'
PURPOSE = 'purpose = { categories = ["biomedical"] }\n'
BLOCKED = '[[blocked]]\niss = "b"\n'


def read(text: str) -> Trust:
    return read_trust(text.encode(), "file.toml")


def test_the_example_is_read_as_it_stands():
    trust = read_trust(EXAMPLE.read_bytes(), EXAMPLE.name)
    assert len(trust.brokers) == 1 and len(trust.issuers) == 2
    (dataset,) = trust.datasets
    assert dataset.ceiling is Granularity.RECORD and dataset.purpose.categories == {"biomedical"}
    assert trust.registered.status_by == {By.SIGNING_OFFICIAL, By.SYSTEM, By.PEER}
    assert Subject("https://login.aai.example/oidc/", "0123456789abcdef") in trust.blocked.subjects


def test_an_empty_file_trusts_nobody():
    assert read("") == Trust()


def test_the_example_s_defaults_are_the_defaults():
    assert read_trust(EXAMPLE.read_bytes(), "").registered == Trust().registered
    assert read_trust(EXAMPLE.read_bytes(), "").max_age == Trust().max_age


def test_an_issuer_is_trusted_for_the_listed_sources_alone():
    (issuer,) = read(ISSUER + SOURCES).issuers.values()
    assert issuer.sources == {VisaType.STATUS: frozenset({"s"})} and issuer.subjects_of == ""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1", "x"),
        ("broker = 1", "broker"),
        ("[[broker]]\n", "broker[1].iss"),
        ('[[broker]]\niss = ""\n', "broker[1].iss"),
        ("[[broker]]\niss = 1\n", "broker[1].iss"),
        ('[[broker]]\niss = " b"\n', "broker[1].iss"),
        ('[[broker]]\niss = "b\\u0000"\n', "broker[1].iss"),
        (f'[[broker]]\niss = "{"b" * 256}"\n', "broker[1].iss"),
        ('[[broker]]\niss = "b"\n', "broker[1].keys"),
        (BROKER + "name = 'x'\n", "broker[1].name"),
        (BROKER + BROKER, "broker"),
        (BROKER + 'userinfo = "http://b.example/"\n', "broker[1].userinfo"),
        (BROKER + "audiences = 'x'\n", "broker[1].audiences"),
        (BROKER + "audiences = [1]\n", "broker[1].audiences"),
        (ISSUER, "visa_issuer[1].sources"),
        (ISSUER + "sources.ResearcherStatus = []\n", "visa_issuer[1].sources"),
        (ISSUER + "sources.ResearcherStatus = '*'\n", "visa_issuer[1].sources.ResearcherStatus"),
        (ISSUER + "sources.Researcher = ['s']\n", "visa_issuer[1].sources.Researcher"),
        (ISSUER + SOURCES + "subjects_of = 1\n", "visa_issuer[1].subjects_of"),
        (DATASET, "dataset[1].purpose"),
        (DATASET + "purpose = {}\n", "dataset[1].purpose"),
        (DATASET + "purpose = { name = 'x' }\n", "dataset[1].purpose"),
        (DATASET + PURPOSE + "ceiling = 'all'\n", "dataset[1].ceiling"),
        (DATASET + PURPOSE + "ceiling = 'RECORD'\n", "dataset[1].ceiling"),
        ("registered = 1", "registered"),
        ("[registered]\nstatus_by = ['king']\n", "registered.status_by"),
        ("[registered]\nby = ['so']\n", "registered.by"),
        ("max_age_days = 0", "max_age_days"),
        ("max_age_days = true", "max_age_days"),
        ("max_age_days = 36.5", "max_age_days"),
        (BLOCKED, "blocked[1]"),
        (BLOCKED + "sub = 's'\nkid = 'k'\n", "blocked[1]"),
        (BLOCKED + "person = 's'\n", "blocked[1]"),
        ("[broker", "TOML"),
        ("x = '\ud800'", "TOML"),
    ],
)
def test_what_cannot_be_meant_is_named(text, names):
    with pytest.raises(ConfigurationError) as raised:
        read_trust(text.encode("utf-8", "surrogatepass"), "file.toml")
    assert names in str(raised.value) and "file.toml" in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://b.example/", "ftp://b.example/", "//b.example/", "b.example", "https://", "https:///x",
        "https://user@b.example/", "https://u:p@b.example/", "https://b.example/#x", "https://b.example:x/",
        "https://b.example/a b", "https://b.example\\@c.example/", "https://b.ëxample/", "https://[::1/",
        "file:///etc/passwd", "http://127.0.0.1.evil.example/", "javascript:1",
    ],
)  # fmt: skip
def test_only_plain_https_addresses_are_asked(address):
    escaped = address.replace("\\", "\\\\")
    with pytest.raises(ConfigurationError, match=r"broker\[1\]\.keys"):
        read(f'[[broker]]\niss = "b"\nkeys = "{escaped}"\n')


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:1"])
def test_this_machine_may_be_asked_without_tls(host):
    assert read(f'[[broker]]\niss = "b"\nkeys = "http://{host}/keys"\n').brokers


# ---- from the next request on --------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "trusted.toml"
    path.write_text(BROKER)
    return path


def test_an_edit_holds_at_once_also_of_equal_size_and_time(file):
    first, second = (TrustFile(file, frozenset()) for _ in range(2))  # as in two processes
    assert set(first.trust().brokers) == set(second.trust().brokers) == {"b"}
    before = file.stat()
    file.write_text(BROKER.replace('"b"', '"c"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert set(first.trust().brokers) == set(second.trust().brokers) == {"c"}


def test_what_did_not_change_is_not_interpreted_again(file):
    trusted = TrustFile(file, frozenset())
    assert trusted.trust() is trusted.trust()


@pytest.mark.parametrize("change", ["broken", "gone", "huge"])
def test_while_the_list_cannot_be_used_nobody_is_trusted_on_yesterday_s_word(file, change):
    trusted = TrustFile(file, frozenset())
    trusted.trust()
    if change == "gone":
        file.unlink()
    else:
        file.write_text("[broken" if change == "broken" else "#" * 1_000_001)
    with pytest.raises(StoreUnavailable, match=str(file)):
        trusted.trust()
    file.write_text(BROKER)
    assert trusted.trust().brokers


def test_no_file_trusts_nobody():
    assert TrustFile(None, frozenset({"x"})).trust() == Trust()


def test_the_node_s_own_address_is_an_audience(file):
    assert TrustFile(file, frozenset({"https://us.example"})).trust().audiences == {
        "https://us.example"
    }
