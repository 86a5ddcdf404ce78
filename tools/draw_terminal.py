"""Draws what a program printed as a picture for the README: draw_terminal.py < OUTPUT > PICTURE.svg"""

import html
import re
import sys

LINE, COLUMN, MARGIN = 18, 8.4, 16  # pixels
NBSP = "\N{NO-BREAK SPACE}"  # readers of SVG run spaces together


def shown(line: str) -> str:
    return html.escape(line).replace(" ", NBSP)


def kind(line: str) -> str:
    return ' class="h"' if re.match(r"[0-9][.] ", line) else ""


def draw(text: str) -> str:
    # What a carriage return overwrote is not seen.
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line.rsplit("\r", 1)[-1]).rstrip()
             for line in text.strip("\n").split("\n")]
    width = int(max(map(len, lines)) * COLUMN + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + LINE * (i + 0.75):.0f}"'
        f'{kind(line)}>{shown(line)}</text>'
        for i, line in enumerate(lines) if line)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}">\n'
            "<style>text{font:14px ui-monospace,'DejaVu Sans Mono',monospace;fill:#d7dde5;"
            "}.h{fill:#7fc8ff;font-weight:bold}</style>\n"
            f'<rect width="100%" height="100%" rx="8" fill="#12181f"/>\n{rows}\n</svg>\n')


if __name__ == "__main__":
    sys.stdout.write(draw(sys.stdin.read()))
