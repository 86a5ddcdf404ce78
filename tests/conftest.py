"""What the tests share; `./dev test --deep` passes --deep."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support.platform import Platform  # noqa: E402  (found by the line above)
from support.processes import Marked  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--deep", action="store_true", help="run the long crash tests too")


@pytest.fixture
def deep(request) -> bool:
    return request.config.getoption("--deep")


@pytest.fixture(scope="session")
def gyre(tmp_path_factory):
    """One platform for all tests that do not stop it; they use names of their own."""
    platform = Platform(tmp_path_factory.mktemp("gyre")).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


bucket_numbers = itertools.count()


@pytest.fixture
def s3(gyre):
    return gyre.client("s3")


@pytest.fixture
def bucket(s3) -> str:
    """The name of one of the test's own."""
    name = f"test-s3-{next(bucket_numbers)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def marked() -> Marked:
    """The mark of what a platform of the test's starts, at whatever depth."""
    return Marked()


@pytest.fixture
def new_platform(tmp_path):
    """A function that makes a platform for this test alone, not yet started."""
    made = []

    def make(config: str = "", environment: dict | None = None) -> Platform:
        made.append(Platform(tmp_path / f"platform{len(made)}", config, environment))
        return made[-1]

    yield make
    for platform in made:
        platform.stop()
