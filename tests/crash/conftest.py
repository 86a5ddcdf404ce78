"""What several of the crash tests are made of."""

import pytest

from support import transform
from support.postgres import Postgres


@pytest.fixture
def postgres():
    postgres = Postgres()
    postgres.start()
    yield postgres
    postgres.remove()


@pytest.fixture
def container(tmp_path):
    return transform.Container(tmp_path / "container")
