"""Prints what tests/bench/run.sh measured as the tables of docs/PERFORMANCE.md.

    report.py RESULTS TREE
"""

import json
import os
import platform
import sys
from pathlib import Path


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main() -> None:
    results, tree = Path(sys.argv[1]), Path(sys.argv[2])
    runs = {path.stem: json.loads(path.read_text())["results"][0] for path in results.glob("*.json")}
    memory = {path.stem: int(path.read_text().split()[-1]) / 1024 for path in results.glob("*.kib")}
    median = {name: run["median"] for name, run in runs.items()}
    files = [path for path in tree.rglob("*") if path.is_file()]

    print(f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(f"the tree: {len(files)} files, {sum(path.stat().st_size for path in files) / 1024:.0f} KiB")
    print()
    print("| what | median | fastest to slowest | peak memory |")
    print("|---|---|---|---|")
    for name, what in [
        ("start", "`scaffold --version`"),
        ("new", "`scaffold new django --with auth`, warm"),
        ("first", "the same with an empty cache"),
        ("copy", "`cp -r` of the same tree"),
        ("cookiecutter", "cookiecutter rendering the same tree"),
    ]:
        run = runs[name]
        peak = f"{memory[name]:.0f} MiB" if name in memory else ""
        spread = f"{milliseconds(run['min'])} to {milliseconds(run['max'])}"
        print(f"| {what} | {milliseconds(run['median'])} | {spread} | {peak} |")
    print()
    print("| goal | measured | reached |")
    print("|---|---|---|")
    for what, value, reached in [
        ("warm, at most 2 × `cp -r`", f"{median['new'] / median['copy']:.1f} ×", median["new"] <= 2 * median["copy"]),
        (
            "warm, at least 30 × faster than cookiecutter",
            f"{median['cookiecutter'] / median['new']:.0f} ×",
            median["cookiecutter"] >= 30 * median["new"],
        ),
        ("first run with an empty cache, at most 1 s", milliseconds(median["first"]), median["first"] <= 1),
    ]:
        print(f"| {what} | {value} | {'yes' if reached else '**no**'} |")


if __name__ == "__main__":
    main()
