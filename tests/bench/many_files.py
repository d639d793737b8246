"""Writes the folders of packages that make many files between them, and prints their names.

    many_files.py FOLDER FILES
"""

import pathlib
import random
import sys

GENERATORS = 10
MOST = 9_900  # a package holds ten thousand files, its manifest among them


def main() -> None:
    folder, files = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    generators = max(GENERATORS, -(-files // MOST))
    # The same files on every run.
    chance = random.Random(files)
    for number in range(generators):
        share = files // generators + (number < files % generators)
        package = folder / f"g{number}"
        for file in range(share):
            path = package / "template" / f"g{number}" / f"part{file % 50}" / f"file{file}.py.jinja"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f"name_{chance.getrandbits(40):x} = \"{{{{ project_name }}}}\"\n" for _ in range(20)]
            path.write_text(f"# {{{{ project_title }}}}: {file}\n" + "".join(lines))
        kind = "module" if number else "project"
        (package / "scaffold.toml").write_text(
            f'[package]\nname = "acme/g{number}"\nversion = "1.0.0"\nkind = "{kind}"\nsummary = "Many files."\n'
            'license = "MIT"\nengine = "scaffold/template@^1"\n\n'
            '[[writes]]\npattern = "**"\nreason = "All of it."\n'
        )
        print(f"g{number}")


main()
