"""Write `docs/cost.md` from the measured figures and the prices.

    python -m bench.cost

The figures are those of `python -m bench.month` (alone, with `--tenants 100 --users 50 --groups 5`,
with `--idle`) and of `python -m bench.memory`, as they are in `bench/results`.
"""

from __future__ import annotations

import sys

from bench.cost.page import PAGE, page


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
