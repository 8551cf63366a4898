"""Write the generated parts of README.md anew: `python scripts/update_readme.py`; `--check` only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from analyzers.causes import catalogue
from analyzers.causes.entry import Family

README = Path(__file__).parent.parent / "README.md"


def causes_table() -> str:
    """Give the catalogue of root causes as a Markdown table, by family."""
    rows = ["| cause | severity | what it is |", "|---|---|---|"]
    for family in Family:
        rows.append(f"| **{family}** | | |")
        rows += [
            f"| `{cause.id}` | {cause.severity} | {cause.summary} |"
            for cause in catalogue().values()
            if cause.family is family
        ]
    return "\n".join(rows)


def generated(text: str) -> str:
    """Give `text` with each generated part as it should be."""
    mark = re.compile(r"(<!-- causes: generated -->\n).*?(\n<!-- end -->)", re.DOTALL)
    return mark.sub(lambda match: match[1] + causes_table() + match[2], text)


def main() -> int:
    """Update the file, or with `--check` say whether it is current."""
    text = README.read_text(encoding="utf-8")
    wanted = generated(text)
    if "--check" in sys.argv[1:]:
        return int(text != wanted)
    README.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
