"""Server-sent events: the standard's own examples, and the same events however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.client.events import Event, read_events
from beacon_node.errors import Unreachable


def events(*chunks, **limits):
    return [(event.name, event.data) for event in read_events(chunks, **limits)]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")]),
        (b": test stream\n\ndata: first event\nid: 1\n\n", [("message", "first event")]),
        (b"data:second\nid\n\ndata:  third\n\n", [("message", "second"), ("message", " third")]),
        (b"data\n\ndata\ndata\n\ndata:", [("message", ""), ("message", "\n")]),
        (b"data:test\n\ndata: test\n\n", [("message", "test"), ("message", "test")]),
        (b"event: add\rdata: 1\r\revent: add\r\ndata: 2\r\n\r\n", [("add", "1"), ("add", "2")]),
        (b"\xef\xbb\xbfdata: marked\n\n", [("message", "marked")]),
        (b"event: lost\n\ndata: kept\n\n", [("message", "kept")]),
        (b"data: cut off by the end\n", []),
        (b"strange: field\ndata: \xff\n\n", [("message", "\ufffd")]),
    ],
)
def test_a_stream_is_read_as_the_standard_says(stream, found):
    assert events(stream) == found


LINES = st.sampled_from(
    [b"data: a", b"data", b"event: member", b":", b"", b"id: 1", "data: é\u2028".encode(), b"\xff"]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(LINES, ENDS)), st.lists(st.integers(0, 200)))
def test_how_the_bytes_arrive_changes_nothing(lines, cuts):
    stream = b"".join(line + end for line, end in lines)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in zip(places, places[1:], strict=False)]
    assert events(*pieces) == events(stream) == events(*(bytes([b]) for b in stream))


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_arrives_gives_events_and_no_error(chunks):
    assert all(isinstance(event, Event) for event in read_events(chunks))


@pytest.mark.parametrize(
    "chunks", [[b"data: ", b"a" * 60, b"b" * 60], [b"data: aaaaaaaaaaaaaaaaaa\n"] * 9]
)
def test_an_event_without_end_does_not_fill_the_memory(chunks):
    with pytest.raises(Unreachable, match="longer than 100 bytes"):
        events(*chunks, longest=100)
