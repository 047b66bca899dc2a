"""Access to two hospitals, applied for in a browser: forms alone, and nothing typed is lost."""

import re
from dataclasses import dataclass, replace
from html import unescape

import pytest

from beacon_node.actions.applications.desk import act
from beacon_node.actions.applications.views import list_applications
from beacon_node.broker.web.apply_views import offers, preselected
from beacon_node.errors import Unreachable
from beacon_node.model.application import Approve, Award, Opinion, Reject, Vote
from beacon_node.model.query import Granularity
from beacon_node.node import Node
from tests.actions.applications.office import EVE, FAY, GUS, TERMS, open_office
from tests.broker.offices import Browsing, broker_over, open_sites, with_logins
from tests.broker.sites import NORTH, answered, network, ready
from tests.clearinghouse.world import NOW, make_internet

URL = "https://network.example"
FORM = {
    "title": "Hearts",
    "description": "Why hearts fail\r\nwhen they do",
    "category": ["biomedical", "disease"],
    "diseases": "MONDO:0005267, MONDO:0004994",
    "organisation": "not_for_profit",
    "commercial": "no",
    "granularity": "count",
    "until": "2030-06-30",
    "dataset": ["org.north/c", "org.south/c"],
}
QUESTION = "/?q=22-100-A-C&assembly=GRCh37"


@dataclass
class World(Browsing):
    nodes: dict[str, Node] | None = None

    def apply(self, **changes):
        return self.post("/apply", {"csrf_token": self.token, **FORM, **changes})

    def opened(self) -> str:
        """Return the path of the page of an application to both sites."""
        answer = self.apply()
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def does(self, path: str, do: str, *sites: str, **more: str):
        told = {"csrf_token": self.token, "do": do, "site": list(sites), **more}
        return self.post(path, told)

    def accepts(self, path: str, *sites: str) -> None:
        for site in sites:
            assert self.does(path, "accept-terms", site, version="v1").status_code == 303

    def applications(self, site: str):
        return [row.application for row in list_applications(self.nodes[site], None)]


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def world(office_home, tmp_path):
    internet = make_internet()
    nodes, apps = open_sites(office_home, tmp_path, internet)
    made = broker_over(tmp_path, nodes, apps, internet)
    found = with_logins(made, internet, URL)
    yield World(found.made, found.provider, URL, nodes)
    for node in nodes.values():
        node.ledger.close()


@pytest.fixture
def anna(world):
    world.log_in()
    return world


def away(sent):
    raise Unreachable("connection refused")


def row(page: str, site: str) -> str:
    """Return a site's part of a page."""
    return page.split(f'id="site-{site}"')[1].split("</tbody>")[0].split("</fieldset>")[0]


def checked(page: str) -> set[str]:
    return set(re.findall(r'name="dataset" value="([^"]+)" checked', page))


# ---- from an answer to the form ------------------------------------------------------------------


def test_under_an_answer_that_withholds_something_stands_where_to_apply(anna):
    shown = anna.get(QUESTION).text
    (link,) = re.findall(r'<a href="(/apply\?[^"]+)">Apply for access at these sites</a>', shown)
    assert "</a>: North, South." in shown
    assert checked(anna.get(unescape(link)).text) == {"org.north/c", "org.south/c"}


def test_who_is_not_logged_in_goes_to_log_in_and_comes_back(world):
    there = "/apply?site=org.north&dataset=org.north/c"
    shown = world.get(there)
    assert "/login?next=/apply%3Fsite%3Dorg.north%26dataset%3Dorg.north/c" in shown.text
    assert "/applications" not in shown.text and "<form" not in shown.text


def test_of_a_site_that_is_named_alone_all_datasets_are_chosen(anna):
    assert checked(anna.get("/apply?site=org.south").text) == {"org.south/c"}
    both = {"org.north": frozenset("ab"), "org.south": frozenset("cd")}
    members = [NORTH, replace(NORTH, id="org.south")]
    found = preselected(
        members, lambda one: both[one.id], ["org.north", "org.south"], (("org.north", "b"),)
    )
    assert found == (("org.north", "b"), ("org.south", "c"), ("org.south", "d"))


def test_of_a_site_that_told_nothing_yet_what_the_answer_named_can_be_chosen():
    (found,) = offers([NORTH], lambda one: None, (("org.north", "c"), ("org.east", "x")))
    assert found.datasets == (("c", True),)


def test_the_form_says_what_each_site_is_shown_and_asks_nobody(anna):
    anna.made.wire.sent.clear()
    shown = anna.get("/apply").text
    assert "Each site that you choose is shown who you are" in shown
    assert "Other sites learn nothing" in shown
    assert not anna.made.wire.sent


def test_an_organization_that_is_called_like_its_site_is_said_once(tmp_path):
    site = ready("North", answered("clinic", exists=False))
    made = network(tmp_path, site)
    (member,) = made.broker.registry.members()
    made.broker.registry.listed = (replace(member, organization="north "),)
    assert "<small>" not in made.client.get("/?q=rs6025").text.split('id="row-')[1]


# ---- applying ------------------------------------------------------------------------------------


def test_one_form_opens_a_draft_at_each_chosen_site(anna):
    path = anna.opened()
    for site in ("org.north", "org.south"):
        (found,) = anna.applications(site)
        assert found.form.title == "Hearts" and found.form.datasets == {"c"}
        assert found.form.description == "Why hearts fail\nwhen they do"
        purpose = found.form.purpose
        assert purpose.categories == {"biomedical", "disease"} and purpose.commercial is False
        assert purpose.diseases == {"MONDO:0005267", "MONDO:0004994"}
        assert found.form.granularity is Granularity.COUNT
        assert found.form.until == NOW.replace(month=7, day=1, hour=0)
        shown = anna.get(path).text
        assert found.id in row(shown, site) and ">draft<" in row(shown, site)
    assert "2030-06-30" in shown and ">Hearts<" in anna.get("/applications").text


def test_a_site_that_is_not_chosen_learns_nothing(anna):
    anna.made.wire.sent.clear()
    assert anna.apply(dataset=["org.north/c"]).status_code == 303
    assert not anna.made.wire.to("org.south")


WRONG = {
    "title": {"title": " "},
    "description": {"description": ""},
    "categories": {"category": []},
    "organisation": {"organisation": "secret"},
    "commercial": {"commercial": ""},
    "granularity": {"granularity": "all"},
    "until": {"until": "2029-12-31"},
    "sites": {"dataset": []},
    "diseases": {"diseases": "x" * 501},
}


@pytest.mark.parametrize(("name", "changes"), WRONG.items(), ids=WRONG.keys())
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_stays(anna, name, changes):
    anna.made.wire.sent.clear()
    answer = anna.apply(**changes)
    assert answer.status_code == 400 and not anna.made.wire.sent
    assert f'id="{name}-wrong"' in answer.text and f'href="#{name}"' in answer.text
    kept = {"title": 'value="Hearts"', "description": "when they do</textarea>"}
    assert all(text in answer.text for other, text in kept.items() if other != name)
    expected = set() if name == "sites" else {"org.north/c", "org.south/c"}
    assert checked(answer.text) == expected


@pytest.mark.parametrize("typed", ["0000-00-00", "9999-12-31", "2030-02-30", "soon"])
def test_days_that_are_none_are_no_surprise(anna, typed):
    assert anna.apply(until=typed).status_code == 400


@pytest.mark.parametrize("dataset", ["org.east/c", "/", "c", "org.north/"])
def test_sites_that_are_none_are_said(anna, dataset):
    answer = anna.apply(dataset=[dataset])
    assert answer.status_code == 400 and 'id="sites-wrong"' in answer.text


def test_a_site_that_is_away_is_said_beside_it_and_can_be_tried_again(anna):
    anna.made.wire.handlers["org.south"] = away
    answer = anna.apply()
    assert answer.status_code == 201 and "A draft was opened at North" in answer.text
    assert 'class="wrong"' in row(answer.text, "org.south")
    assert checked(answer.text) == {"org.south/c"} and 'value="Hearts"' in answer.text
    assert len(anna.applications("org.north")) == 1


def test_where_all_are_away_nothing_was_opened_and_nothing_is_lost(anna):
    for site in anna.nodes:
        anna.made.wire.handlers[site] = away
    answer = anna.apply()
    assert answer.status_code == 502 and "A draft was opened" not in answer.text
    assert checked(answer.text) == {"org.north/c", "org.south/c"}
    assert "when they do</textarea>" in answer.text


def test_visas_that_are_too_old_lead_to_a_new_login(world):
    world.log_in(seconds=7_200)
    answer = world.apply()
    assert answer.status_code == 403 and "visas of the last hour" in row(answer.text, "org.north")
    assert 'href="/login/start/idp?next=/applications"' in answer.text
    assert 'value="Hearts"' in answer.text


def test_what_is_typed_is_text(anna):
    bad = "<script>alert(1)</script>"
    fields = ("title", "description", "diseases", "until", "organisation", "category")
    wrong = anna.apply(**dict.fromkeys(fields, bad), dataset=[f"{bad}/{bad}"])
    path = anna.apply(title=bad, description=bad).headers["Location"]
    for shown in (wrong.text, anna.get(path).text, anna.get("/applications").text):
        assert bad not in shown and "&lt;script&gt;" in shown
    policy = anna.get(path).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "<script" not in wrong.text and " style=" not in wrong.text


# ---- who may -------------------------------------------------------------------------------------


def test_without_the_session_s_token_nothing_is_sent_and_nothing_typed_is_lost(anna):
    anna.made.wire.sent.clear()
    for token in ("", "guessed"):
        answer = anna.post("/apply", {**FORM, "csrf_token": token})
        assert answer.status_code == 403 and 'value="Hearts"' in answer.text
        assert f'value="{anna.token}"' in answer.text  # a person who looks can send it again
    assert not anna.made.wire.sent


@pytest.mark.parametrize(
    "elsewhere",
    [{"Sec_Fetch_Site": "cross-site", "Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_another_site_s_form_is_refused_and_not_even_shown(anna, elsewhere):
    anna.made.wire.sent.clear()
    path = anna.opened()
    anna.made.wire.sent.clear()
    for there, form in (("/apply", FORM), (path, {"do": "withdraw", "site": "org.north"})):
        answer = anna.post(there, {**form, "csrf_token": anna.token}, **elsewhere)
        assert answer.status_code == 403
        assert "Hearts" not in answer.text and anna.token not in answer.text
    assert not anna.made.wire.sent


def test_a_link_of_another_site_asks_nobody(anna):
    path = anna.opened()
    anna.made.wire.sent.clear()
    follows = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    follows |= {"Sec_Fetch_Dest": "document"}
    for there in ("/apply?site=org.north", "/applications", path, f"{path}?do=withdraw"):
        assert anna.get(there, **follows).status_code == 200
    embedded = anna.get(path, Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="iframe")
    assert "Hearts" not in embedded.text and not anna.made.wire.sent


def test_after_a_session_ended_the_form_waits_for_a_new_one(world):
    answer = world.post("/apply", {**FORM, "csrf_token": "of a session that ended"})
    assert answer.status_code == 401 and 'value="Hearts"' in answer.text
    assert "Log in</a>" in answer.text and not world.made.wire.sent


def test_nobody_sees_another_person_s_application(anna):
    path = anna.opened()
    anna.log_in("bob")
    assert anna.get(path).status_code == 404 and "Hearts" not in anna.get("/applications").text
    assert anna.does(path, "withdraw", "org.north").status_code == 404
    assert [one.state for one in anna.applications("org.north")] == ["draft"]


def test_applications_stand_among_the_pages_of_whoever_is_logged_in(world):
    assert 'href="/applications"' not in world.get("/").text
    world.log_in()
    assert 'href="/applications"' in world.get("/").text


# ---- what can be done ----------------------------------------------------------------------------


def test_terms_are_shown_and_accepted_site_by_site_before_it_is_handed_in(anna):
    path = anna.opened()
    shown = anna.get(path).text
    assert TERMS.text in row(shown, "org.north") and "Hand it in" not in shown
    anna.accepts(path, "org.north")
    shown = anna.get(path).text
    assert TERMS.text not in row(shown, "org.north") and "Hand it in" in row(shown, "org.north")
    assert TERMS.text in row(shown, "org.south") and "Hand it in" not in row(shown, "org.south")


def test_each_committee_s_decision_stands_in_its_row(anna):
    path = anna.opened()
    anna.accepts(path, "org.north", "org.south")
    assert "Hand it in at all 2 sites" in anna.get(path).text
    assert anna.does(path, "submit", "org.north", "org.south").status_code == 303
    (north,), (south,) = anna.applications("org.north"), anna.applications("org.south")
    act(anna.nodes["org.north"], north.id, Vote(Opinion.APPROVE), EVE)
    until = NOW.replace(month=3, hour=0)
    award = Award(frozenset("c"), Granularity.COUNT, until, conditions="Say who helped.")
    act(anna.nodes["org.north"], north.id, Approve(award), FAY)
    act(anna.nodes["org.south"], south.id, Reject("too broad"), GUS)
    shown = unescape(anna.get(path).text)
    assert "Granted: count of c, until the end of 2030-03-10" in row(shown, "org.north")
    assert "Say who helped." in row(shown, "org.north")
    assert "rejected" in row(shown, "org.south") and "too broad" in row(shown, "org.south")
    listed = anna.get("/applications").text
    assert "approved" in listed and "rejected" in listed


def test_one_site_s_application_is_withdrawn_alone(anna):
    path = anna.opened()
    assert anna.does(path, "withdraw", "org.south").status_code == 303
    assert [one.state for one in anna.applications("org.north")] == ["draft"]
    assert [one.state for one in anna.applications("org.south")] == ["closed"]
    assert "Withdraw it" not in row(anna.get(path).text, "org.south")


def test_what_a_site_refuses_is_said_in_its_row(anna):
    path = anna.opened()
    answer = anna.does(path, "submit", "org.north")
    assert answer.status_code == 403 and "terms" in row(answer.text, "org.north").split("-wrong")[1]
    assert 'class="wrong"' not in row(answer.text, "org.south")


def test_a_site_that_is_away_has_its_row_and_no_buttons(anna):
    path = anna.opened()
    anna.made.wire.handlers["org.south"] = away
    shown = anna.get(path)
    assert shown.status_code == 200 and "<button" not in row(shown.text, "org.south")
    assert "<button" in row(shown.text, "org.north")
    assert anna.does(path, "withdraw", "org.south").status_code == 502


@pytest.mark.parametrize("form", [{}, {"do": "approve"}, {"do": "submit", "site": "org.east"}])
def test_deeds_that_are_none_are_refused(anna, form):
    path = anna.opened()
    told = {"csrf_token": anna.token, "site": "org.north", **form}
    assert anna.post(path, told).status_code == 400
