"""The examples in docs/: what a page shows is what the tests run."""

import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"


def example(page: str, language: str) -> str:
    """The only block of that language on the page."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.M | re.S)
    if len(blocks) != 1:
        raise ValueError(f"docs/{page} has {len(blocks)} blocks of {language}, not one")
    return blocks[0]
