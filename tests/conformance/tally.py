"""How a suite came out."""

from collections import Counter


def tell(passed: Counter, failed: Counter) -> int:
    """Prints what passed and failed, by place and in all; answers the program's exit code."""
    for place in sorted(passed.keys() | failed.keys()):
        print(f"{place}: {passed[place]} passed, {failed[place]} failed")
    print(f"all: {passed.total()} passed, {failed.total()} failed")
    return 1 if failed.total() else 0
