"""Leaves what `contents.txt` names in a folder of packages: `python contents.py FOLDER`."""

import sys
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

LIST = Path(__file__).with_suffix(".txt")
ONLY_FOR_TOOLS = {".pyi", ".typed"}
"""Suffixes of what nothing reads when a program runs."""


def main() -> None:
    """Remove the other files, and print how large each package was that lost something."""
    folder = Path(sys.argv[1])
    left_out: Counter[str] = Counter()
    for each in [each for each in folder.rglob("*") if each.is_file() or each.is_symlink()]:
        path = PurePosixPath(each.relative_to(folder))
        if not stays(path, lines()):
            left_out[path.parts[0]] += each.stat().st_size
            each.unlink()
    for each in sorted(folder.rglob("*"), reverse=True):  # what is below a folder comes first
        if each.is_dir() and not any(each.iterdir()):
            each.rmdir()
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    largest = ", ".join(f"{name} {_megabytes(lost)}" for name, lost in left_out.most_common(8))
    print(f"{_megabytes(size)} MB stay, {_megabytes(left_out.total())} are left out: {largest}")


def lines(file: Path = LIST) -> list[str]:
    """Return the lines of the list."""
    return [each for each in file.read_text().splitlines() if each and not each.startswith("#")]


def stays(path: PurePosixPath, named: Iterable[str]) -> bool:
    """Tell whether a line of the list names a file, or a folder that it is in."""
    return path.suffix not in ONLY_FOR_TOOLS and any(_names(each, path) for each in named)


def _names(line: str, path: PurePosixPath) -> bool:
    parts = line.split("/")
    if "*" in parts[-1] and len(parts) != len(path.parts):
        return False
    return len(parts) <= len(path.parts) and all(map(fnmatchcase, path.parts, parts))


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"


if __name__ == "__main__":
    main()
