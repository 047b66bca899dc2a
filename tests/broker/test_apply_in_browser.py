"""Applying on a phone, without a script: from an answer to an application that is handed in."""

import threading

import pytest
from werkzeug.serving import make_server

from tests.actions.applications.office import TERMS, open_office
from tests.broker.offices import broker_over, open_sites, with_logins
from tests.browser import open_browser
from tests.clearinghouse.world import make_internet

QUESTION = "/?q=22-100-A-C&assembly=GRCh37"
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def browser():
    with open_browser() as found:
        yield found


@pytest.fixture
def anna(tmp_path):
    """Return a browser's session at a broker that is served."""
    (tmp_path / "office").mkdir()
    open_office(tmp_path / "office" / "home").ledger.close()
    internet = make_internet()
    nodes, apps = open_sites(tmp_path / "office" / "home", tmp_path, internet)
    made = broker_over(tmp_path, nodes, apps, internet)
    server = make_server("127.0.0.1", 0, _Later(), threaded=True)
    found = with_logins(made, internet, f"http://127.0.0.1:{server.server_port}")
    server.app.app = found.made.app
    found.log_in()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()
    for node in nodes.values():
        node.ledger.close()


class _Later:
    """An application whose address is known before it is made."""

    app = None

    def __call__(self, environ, start):
        return self.app(environ, start)


@pytest.fixture
def page(browser, anna):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    name, value = anna.cookie
    context.add_cookies([{"name": name, "value": value, "url": anna.url}])
    yield context.new_page()
    context.close()


def test_from_an_answer_to_an_application_that_is_handed_in_on_a_phone(page, anna):
    page.goto(f"{anna.url}{QUESTION}")
    page.get_by_role("link", name="Apply for access at these sites").click()
    assert page.get_by_role("checkbox", name="c", exact=True).count() == 2
    page.get_by_label("Title").fill("Hearts")
    page.get_by_label("What you want to find out").fill("Why hearts fail")
    page.get_by_label("One that is not for profit").check()
    page.get_by_role("group", name="For commercial use").get_by_label("No").check()
    fits(page)
    page.get_by_role("button", name="Open drafts").click()

    alert = page.get_by_role("alert")
    assert "Choose at least one purpose" in alert.inner_text()
    assert page.get_by_label("Title").input_value() == "Hearts"
    fits(page)
    page.get_by_label("Health, medical").check()
    page.get_by_role("button", name="Open drafts").click()

    page.get_by_role("heading", name="Hearts").wait_for()
    assert page.get_by_text(TERMS.text).count() == 2
    fits(page)
    for site in ("North", "South"):
        page.get_by_role("button", name=f"Accept these terms: {site}").click()
    page.get_by_role("button", name="Hand it in at all 2 sites").click()
    assert page.get_by_text("handed in", exact=True).count() == 2
    page.get_by_role("navigation").get_by_role("link", name="Applications").click()
    assert page.get_by_role("listitem").filter(has_text="handed in").count() == 2
    fits(page)


def fits(page) -> None:
    """Nothing is wider than the screen: all boxes end before its right edge."""
    for box in page.locator("main *:visible").all():
        found = box.bounding_box()
        assert found is None or found["x"] + found["width"] <= PHONE["width"] + 1, box.inner_text()
