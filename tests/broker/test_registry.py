"""Who is asked: read again when the file changes, and kept while it is broken."""

import pytest

from beacon_node.broker.network_edit import add_member, member_toml
from beacon_node.broker.network_file import read_network
from beacon_node.broker.registry import Registry
from beacon_node.errors import ConfigurationError, Conflict, NotFound
from beacon_node.model.federation import Member, MemberKind
from tests.broker.world import KEYS

OWN = "org.example.broker"
ONE = f"""
[[member]]
id = "org.a"
name = "A"
url = "https://a.example/"
keys = ["{KEYS[0]}"]
"""
TWO = (
    ONE + f'[[member]]\nid = "org.b"\nname = "B"\nurl = "https://b.example"\nkeys = ["{KEYS[1]}"]\n'
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text(ONE)
    return path


def test_a_member_is_a_node_unless_the_file_says_otherwise():
    (one,) = read_network(ONE.encode(), "network.toml", OWN)
    assert one == Member("org.a", "A", "https://a.example", MemberKind.NODE, (KEYS[0],))


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("[[member]\n", "TOML"),
        ("[[members]]\n", "members"),
        (ONE.replace("org.a", OWN.upper()), "itself"),
        (ONE + ONE.replace("org.a", "ORG.A").replace(KEYS[0], KEYS[1]), "org.a stands there twice"),
        (ONE + ONE.replace("org.a", "org.b"), "twice"),  # one key, two members
        (ONE.replace("https://a.example/", "http://a.example"), "member[1].url"),
        (ONE.replace("https://a.example/", "https://u:p@a.example"), "member[1].url"),
        (ONE.replace("https://a.example/", "https://a.example/?x=1"), "member[1].url"),
        (ONE.replace(KEYS[0], "short"), "member[1].keys"),
        (ONE.replace(f'keys = ["{KEYS[0]}"]', ""), "member[1].keys"),
        (ONE + 'kind = "hub"', "member[1].kind"),
        (ONE + 'kind = "beacon"', "signs nothing"),
        (ONE + "timeout_s = 0", "member[1].timeout_s"),
        (ONE + "timeout_s = true", "member[1].timeout_s"),
        (ONE + "timeout_s = inf", "member[1].timeout_s"),
        (ONE + 'color = "red"', "member[1].color"),
        (ONE.replace('"A"', '"A\\u001b[31m"'), "member[1].name"),
    ],
)
def test_what_cannot_be_meant_is_named(toml, names):
    with pytest.raises(ConfigurationError) as raised:
        read_network(toml.encode(), "network.toml", OWN)
    assert names in str(raised.value)


def test_a_network_may_have_nobody_yet(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text("")
    assert Registry(path, OWN).members() == ()


def test_whoever_edits_the_file_is_obeyed_at_once(file):
    registry = Registry(file, OWN)
    assert [one.id for one in registry.members()] == ["org.a"]
    file.write_text(TWO)
    assert [one.id for one in registry.members()] == ["org.a", "org.b"]
    assert registry.member("org.b").name == "B"
    file.write_text("")
    with pytest.raises(NotFound):
        registry.member("org.b")


def test_a_broken_file_keeps_the_last_good_one_and_says_what_is_wrong(file):
    registry = Registry(file, OWN)
    file.write_text("[[member]]\nid = 7\n")
    assert [one.id for one in registry.members()] == ["org.a"]
    assert "member[1].id" in registry.problem()
    file.unlink()
    assert [one.id for one in registry.members()] == ["org.a"]
    assert "cannot be read" in registry.problem()
    file.write_text(ONE)
    assert registry.members() and registry.problem() == ""


@pytest.mark.parametrize("text", [None, "[[member]]\n"])
def test_a_broken_file_stops_the_start(tmp_path, text):
    path = tmp_path / "network.toml"
    if text:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"network\.toml"):
        Registry(path, OWN)


def test_a_member_is_added_without_touching_what_stands_there(file):
    file.write_text("# ours, do not touch\n" + ONE)
    new = Member(
        'org."quoted"', "B \\ ü", "https://b.example", keys=(KEYS[1],), organization='A "B"'
    )
    add_member(file, new, OWN)
    assert file.read_text().startswith("# ours, do not touch\n" + ONE.rstrip())
    assert read_network(file.read_bytes(), "", OWN)[1] == new
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_one_that_does_not_fit_changes_nothing(file):
    with pytest.raises(Conflict, match="stands there twice"):
        add_member(file, Member("org.c", "C", "https://c.example", keys=(KEYS[0],)), OWN)
    assert file.read_text() == ONE
    file.write_text("[[member]\n")
    with pytest.raises(ConfigurationError):
        add_member(file, Member("org.c", "C", "https://c.example", keys=(KEYS[1],)), OWN)
    assert file.read_text() == "[[member]\n"


def test_a_member_is_written_as_it_is_read():
    whole = Member(
        *("org.a", "A", "https://a.example", MemberKind.BROKER, (KEYS[0], KEYS[1]), "Org"),
        datasets=("x", "y"),
        organization_url="https://org.example",
    )
    assert read_network(member_toml(whole).encode(), "", OWN) == (whole,)
