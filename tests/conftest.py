"""Options of the test run; `./dev test --deep` passes --deep."""


def pytest_addoption(parser):
    parser.addoption("--deep", action="store_true", help="run the long crash tests too")
