"""Turns a generated tree into a template of cookiecutter's that renders to the same tree.

    cookiecutter_template.py TREE TEMPLATE NAME

Wherever the project's name stands as a word, in contents and in paths, the template has a variable, and what already
looks like Jinja (Django's templates, workflows) is quoted, as an author would have to do.
"""

import json
import re
import shutil
import sys
from pathlib import Path


def as_template(text: str, name: str) -> str:
    text = re.sub(r"\{[{%#]", lambda match: "{{ '" + match.group() + "' }}", text)
    text = re.sub(rf"\b{name}\b", "{{ cookiecutter.slug }}", text)
    return re.sub(rf"\b{name.capitalize()}\b", "{{ cookiecutter.title }}", text)


def main() -> None:
    tree, template, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    root = template / "{{ cookiecutter.slug }}"
    for source in sorted(tree.rglob("*")):
        if not source.is_file():
            continue
        target = root / as_template(source.relative_to(tree).as_posix(), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Bytes, so that line ends stay what they are.
            text = source.read_bytes().decode()
        except UnicodeDecodeError:
            shutil.copyfile(source, target)
        else:
            target.write_bytes(as_template(text, name).encode())
        shutil.copymode(source, target)
    variables = {"slug": name, "title": "{{ cookiecutter.slug|capitalize }}"}
    (template / "cookiecutter.json").write_text(json.dumps(variables, indent=2) + "\n")


if __name__ == "__main__":
    main()
