"""The map of the library, keepsafe/README.md: `make map` writes it from the docstrings, and a test holds it."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# The house

A sentence a module, from its own docstring (`make map` writes this page). What notebooks and students call is
`import keepsafe as ks`, and `help(ks)` lists it by chapter; the rest makes it run. A wing imports only from those
below it, which a test holds. A wing's heading is its folder, and the sentence beneath it that of the folder's
`__init__.py`: its door, and often a module of its own, as that of study, which reads the study file.
"""


def sentence(module: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    first = re.split(r"(?<=[.?!])\s|\n\n", text, maxsplit=1)[0]
    return " ".join(first.split()).replace("|", r"\|")


def floors(root: Path) -> list[list[str]]:
    """Wings and loose modules from the top down, as pyproject.toml has them for import-linter."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [re.findall(r"\w+", layer) for layer in layers]


def house(root: Path = ROOT) -> str:
    """The map as it should stand."""
    package, lines, loose = root / "keepsafe", [HEAD], []
    for name in [name for floor in floors(root) for name in floor]:
        wing = package / name
        if not wing.is_dir():
            loose.append(f"| `{name}.py` | {sentence(package / f'{name}.py')} |")
            continue
        modules = sorted(wing.rglob("*.py"), key=lambda path: (path.parent, path.name))
        listed = [path for path in modules if path != wing / "__init__.py"]
        rows = [f"| `{path.relative_to(wing).as_posix()}` | {sentence(path)} |" for path in listed]
        head = f"## {name}\n\n{sentence(wing / '__init__.py')}\n"
        lines.append("\n".join([head, "| module | what it is |", "|---|---|", *rows, ""] if rows else [head]))
    lines.append("## beside the wings\n\n| module | what it is |\n|---|---|\n" + "\n".join(loose) + "\n")
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "keepsafe" / "README.md").write_text(house(), encoding="utf-8")
