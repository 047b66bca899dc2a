import pytest

from tests.client.stub import Broker, served


@pytest.fixture
def broker():
    stub = Broker()
    with served(stub.app()) as url:
        stub.url = url
        yield stub


@pytest.fixture(autouse=True)
def no_token_of_the_tester(monkeypatch):
    for name in ("BEACON_TOKEN", "BEACON_TOKEN_FILE", "BEACON_AT"):
        monkeypatch.delenv(name, raising=False)
