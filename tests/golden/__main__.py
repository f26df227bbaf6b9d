"""``python -m tests.golden [--because LINE]``: refresh the golden numbers, and say in the changelog why."""

from __future__ import annotations

import argparse
import sys

from tests.golden import numbers


def main(arguments: list[str] | None = None) -> int:
    """Run the golden worlds, print what changed, and keep it once there is a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("--because", default="", help="line of the changelog that says why numbers changed")
    options = parser.parse_args(arguments)
    before, after = numbers.read(), numbers.measured()
    changed = numbers.changes(before, after)
    if not changed:
        print("Nothing changed.")
        return 0
    print("\n".join(changed))
    line = options.because
    if not line and sys.stdin.isatty():
        line = input("Why? One line for the changelog (none: keep the old numbers): ")
    if not line.strip():
        print("Kept the old numbers: a change needs its reason (--because).", file=sys.stderr)
        return 1
    text = numbers.with_line(numbers.CHANGELOG.read_text(encoding="utf-8"), line)
    numbers.CHANGELOG.write_text(text, encoding="utf-8")
    numbers.write(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
