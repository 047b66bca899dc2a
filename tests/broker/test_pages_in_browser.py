"""The page in a real browser: lines fill in as sites answer, at every width, by keyboard too."""

import pytest

from tests.broker.sites import Site, answered, network, ready, served
from tests.browser import open_browser

ABOUT_23 = answered("clinic", exists=True, count=23, countPrecision="imprecise")
WIDTHS = pytest.mark.parametrize("width", [320, 390, 1280])


@pytest.fixture(scope="module")
def browser():
    with open_browser() as found:
        yield found


@pytest.fixture
def slow():
    return Site("South", [answered("biobank", exists=False)])


@pytest.fixture
def address(tmp_path, slow):
    east = ready("East", {"id": "oncology", "status": "not answerable", "reason": "too rare"})
    with served(network(tmp_path, ready("North", ABOUT_23), slow, east)) as found:
        yield found
        slow.may_answer.set()


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    found.problems = []
    found.on("console", lambda said: said.type == "error" and found.problems.append(said.text))
    found.on("pageerror", lambda error: found.problems.append(str(error)))
    found.goto(address)
    yield found
    context.close()


def ask(page, text):
    page.fill("#q", text)
    page.keyboard.press("Enter")


def badge(page, site):
    return page.locator(f'[id="row-org.example.{site}"] .badge')


def test_lines_fill_in_while_a_slow_site_is_waited_for(page, slow):
    ask(page, "17-43045711-C-T")
    badge(page, "north").get_by_text("about 23").wait_for()
    assert badge(page, "south").inner_text() == "waiting"
    assert "Waiting for 1 of 3 sites" in page.inner_text("#tally")
    slow.may_answer.set()
    badge(page, "south").get_by_text("no", exact=True).wait_for()
    page.locator("#answer[aria-busy]").wait_for(state="detached")
    assert page.inner_text("#tally").startswith("2 of 3 sites answered, 1 with yes.")
    assert "q=17-43045711-C-T" in page.url and not page.problems


def test_what_was_understood_is_said_back(page):
    ask(page, "17-43045711-C-T")
    page.get_by_role("heading", name="C>T at 17:43,045,711 of GRCh38").wait_for()


def test_what_is_not_understood_is_said_in_its_place(page):
    ask(page, "what is this?")
    assert "is not understood" in page.get_by_role("alert").inner_text()


def test_an_address_with_a_question_shows_its_answer_without_scripts(browser, address, slow):
    slow.may_answer.set()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.fill("#q", "17-43045711-C-T")
    page.click("button")
    assert page.locator("tbody.row").count() == 3
    assert badge(page, "north").inner_text() == "about 23"
    context.close()


@WIDTHS
def test_nothing_is_wider_than_the_screen(page, slow, width):
    slow.may_answer.set()
    page.set_viewport_size({"width": width, "height": 800})
    ask(page, "17-43045711-C-T")
    page.locator("#answer[aria-busy]").wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_box_can_be_reached_and_sent_by_keyboard_alone(page, slow):
    slow.may_answer.set()
    page.reload()
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("rs6025")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    badge(page, "north").get_by_text("about 23").wait_for()


def test_a_broker_that_goes_away_is_said_and_not_asked_again(page, address, slow):
    page.route("**/ask/rows*", lambda route: route.abort())
    ask(page, "rs6025")
    assert "cannot be reached" in page.get_by_role("alert").inner_text()
