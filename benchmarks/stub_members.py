"""Members for the benchmark of the fan-out: `python -m benchmarks.stub_members 20 100 50`.

One process listens on many ports of this machine and answers each after its own delay, from 20 to
100 ms evenly; then one that never answers, and the port of one that refuses. The ports are printed
as JSON, and it ends when its standard input does.
"""

import asyncio
import json
import socket
import sys

ANSWER = json.dumps(
    {
        "meta": {
            "beaconId": "org.example.stub",
            "apiVersion": "v2.0.0",
            "returnedGranularity": "boolean",
            "returnedSchemas": [{"entityType": "genomicVariant", "schema": "beacon-v2.0.0"}],
            "receivedRequestSummary": {
                "apiVersion": "v2.0.0",
                "requestedSchemas": [],
                "pagination": {"skip": 0, "limit": 10},
                "requestedGranularity": "boolean",
            },
        },
        "responseSummary": {"exists": True},
        "info": {"countOf": "genomicVariants"},
    }
).encode()
_WHOLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)
) + ANSWER


class Stub(asyncio.Protocol):
    """Answers every request on a connection after a delay; None: never."""

    def __init__(self, delay_s: float | None) -> None:
        self._delay_s, self._told = delay_s, b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._told += data
        head, found, body = self._told.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if not found or len(body) < int(length or 0):
            return
        self._told = b""
        if self._delay_s is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay_s, self._transport.write, _WHOLE)


async def serve(delays_s: list[float]) -> None:
    loop = asyncio.get_running_loop()
    ports = []
    for delay_s in (*delays_s, None):
        server = await loop.create_server(lambda d=delay_s: Stub(d), "127.0.0.1", 0, backlog=512)
        ports.append(server.sockets[0].getsockname()[1])
    with socket.socket() as refusing:  # bound, and nobody listens
        refusing.bind(("127.0.0.1", 0))
        print(json.dumps([*ports, refusing.getsockname()[1]]), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    shortest, longest, count = map(int, sys.argv[1:])
    step = (longest - shortest) / max(1, count - 1)
    delays = [(shortest + step * number) / 1_000 for number in range(count)]
    asyncio.run(serve(delays if count > 1 else [longest / 1_000]))


if __name__ == "__main__":
    main()
