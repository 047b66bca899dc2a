"""What a member can be asked is learned from its own documents, without holding up questions."""

from datetime import timedelta

import orjson
import pytest

from beacon_node.beacon_v2.abilities import UNKNOWN, Form
from beacon_node.broker.library import AGAIN, FRESH, Library
from beacon_node.broker.state import State
from beacon_node.errors import Unreachable
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Member
from beacon_node.ports import Received, Sent
from tests.broker.federation import Wire, other_member
from tests.broker.world import FixedClock, member

OTHER = other_member("Other")
NODE = member("north")


def terms(*ids: str) -> dict:
    return {"response": {"filteringTerms": [{"id": id, "type": "ontologyTerm"} for id in ids]}}


def reads(form: Form):
    """Return a beacon that reads its questions in one form, and says yes to anything in others."""

    def handle(sent: Sent) -> Received:
        path = sent.path.partition("?")[0]
        if path == "/filtering_terms":
            return Received(200, orjson.dumps(terms("HP:1")))
        if path != "/g_variants":
            return Received(404, b"{}")
        is_read = form is _form_of(sent)
        return Received(200, orjson.dumps({"responseSummary": {"exists": not is_read}}))

    return handle


def _form_of(sent: Sent) -> Form | None:
    if sent.method == "GET":
        return Form.GET if "alternateBases=" in sent.path else None
    parameters = orjson.loads(sent.body)["query"].get("requestParameters", {})
    return Form.NESTED if "g_variant" in parameters else Form.FLAT


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


class World:
    def __init__(self, folder) -> None:
        self.wire, self.clock = Wire(), FixedClock()
        self.state = State.open(folder / "broker.sqlite")
        self.library = self.another_process()

    def another_process(self) -> Library:
        return Library(self.wire, self.clock, self.state.learned, self.clock.monotonic)

    def serve(self, one: Member, handler) -> None:
        self.wire.handlers[one.id] = handler


@pytest.mark.parametrize("form", Form)
def test_a_beacon_is_asked_in_the_form_in_which_it_reads_its_questions(world, form):
    world.serve(OTHER, reads(form))
    assert world.library.learned(OTHER, 5).form is form


def test_a_beacon_that_says_yes_to_what_nobody_carries_is_known_for_it(world):
    world.serve(OTHER, lambda sent: Received(200, b'{"responseSummary": {"exists": true}}'))
    assert world.library.learned(OTHER, 5).reads is False


def test_a_beacon_that_wants_a_login_is_taken_as_the_standard_has_it(world):
    world.serve(OTHER, lambda sent: Received(401 if "g_variants" in sent.path else 404, b"{}"))
    known = world.library.learned(OTHER, 5)
    assert (known.form, known.reads) == (None, True)


def test_documents_say_which_entries_and_terms_there_are(world):
    def handle(sent):
        if sent.path.startswith("/api/filtering_terms"):
            return Received(200, orjson.dumps(terms("HP:1", "HP:2")))
        if sent.path == "/api/entry_types":
            return Received(200, orjson.dumps({"response": {"entryTypes": {"individual": {}}}}))
        return Received(404, b"")

    world.serve(NODE, handle)
    known = world.library.learned(NODE, 5)
    assert (known.terms, known.entry_types) == ({"HP:1", "HP:2"}, {EntryType.INDIVIDUAL})


def test_a_list_that_a_server_cuts_to_nothing_is_asked_for_again(world):
    def handle(sent):
        if sent.path == "/filtering_terms":
            return Received(200, orjson.dumps(terms("HP:1")))
        return Received(200, orjson.dumps(terms()))

    world.serve(OTHER, handle)
    assert world.library.learned(OTHER, 5).terms == {"HP:1"}


def test_what_one_process_learned_others_know(world):
    world.serve(OTHER, reads(Form.FLAT))
    first = world.library.learned(OTHER, 5)
    world.wire.sent.clear()
    assert world.another_process().of(OTHER) == first
    assert world.wire.sent == []


def test_what_was_learned_at_another_address_is_not_believed(world):
    world.serve(OTHER, reads(Form.FLAT))
    world.library.learned(OTHER, 5)
    moved = Member(OTHER.id, OTHER.name, "https://new.example", OTHER.kind)
    assert world.another_process().of(moved) is UNKNOWN


def test_looking_asks_nobody(world):
    assert world.library.of(OTHER) is UNKNOWN
    assert world.wire.sent == []


def test_documents_are_read_again_after_their_time(world):
    world.serve(NODE, lambda sent: Received(200, orjson.dumps(terms("HP:1"))))
    world.library.refresh([NODE])
    world.serve(NODE, lambda sent: Received(200, orjson.dumps(terms("HP:2"))))
    world.library.refresh([NODE])
    assert world.library.of(NODE).terms == {"HP:1"}
    world.clock.pass_(FRESH.total_seconds())
    world.library.refresh([NODE])
    assert world.library.of(NODE).terms == {"HP:2"}


def test_a_member_that_is_away_keeps_what_was_known_of_it_and_is_tried_again_soon(world):
    world.serve(NODE, lambda sent: Received(200, orjson.dumps(terms("HP:1"))))
    world.library.refresh([NODE])
    del world.wire.handlers[NODE.id]
    world.clock.pass_(FRESH.total_seconds())
    world.library.refresh([NODE])
    assert world.library.of(NODE).terms == {"HP:1"}
    world.serve(NODE, lambda sent: Received(200, orjson.dumps(terms("HP:2"))))
    world.clock.pass_((AGAIN - timedelta(seconds=1)).total_seconds())
    world.library.refresh([NODE])
    assert world.library.of(NODE).terms == {"HP:1"}
    world.clock.pass_(1)
    world.library.refresh([NODE])
    assert world.library.of(NODE).terms == {"HP:2"}


def test_a_member_nobody_is_at_is_left_after_one_request(world):
    with pytest.raises(Unreachable):
        world.library.learned(OTHER, 5)
    assert len(world.wire.sent) == 1


def test_all_documents_together_take_no_longer_than_the_question_waits(world):
    def slow(sent):
        world.clock.pass_(2)
        return Received(404, b"{}")

    world.serve(OTHER, slow)
    with pytest.raises(Unreachable) as raised:
        world.library.learned(OTHER, 5)
    assert raised.value.is_timeout and len(world.wire.sent) == 3
    assert world.library.of(OTHER) is UNKNOWN
