"""`python -m supply sbom FOLDER`, `licences FOLDER`, `audit [--required]`.

The folder is what `sam build` made.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from supply import audit, licences, sbom


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(
        prog="python -m supply",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(dest="act", required=True)
    for act in ("sbom", "licences"):
        acts.add_parser(act).add_argument("folder", type=Path)
    acts.add_parser("audit").add_argument(
        "--required", action="store_true", help="fail where no advisory source answers"
    )
    asked = parser.parse_args()
    if asked.act == "audit":
        return audit.main(required=asked.required)
    if asked.act == "sbom":
        for file in sbom.write(asked.folder):
            print(file)
        return 0
    listed = list(licences.components(asked.folder))
    print(licences.page(listed), end="")
    strict = [each for each in listed if not licences.is_permissive(licences.expression(each))]
    for each in strict:
        print(f"{each['name']} is not permissive: {licences.expression(each)}", file=sys.stderr)
    return int(bool(strict))


if __name__ == "__main__":
    sys.exit(main())
