"""The library code that a notebook uses: what it imports, what that imports, and so on, read from the sources."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

import keepsafe

PACKAGE = Path(keepsafe.__file__).parent


def library_files(source: str, beside: Path) -> list[Path]:
    """Every file of this library, and every file beside the notebook, that running this code may load.

    Imports inside functions count. Where code does not say which part of the library it uses (a magic, a star
    import, a computed name, the package handed on as a whole), all of it counts: too much costs a run, too little
    gives a wrong result.

    Parameters
    ----------
    source : Python code, such as a notebook's code cells together.
    beside : the notebook's folder; modules that a user keeps there count as well.

    Examples
    --------
    >>> used = library_files("from keepsafe import paths", Path("notebooks"))
    >>> [path.name for path in used]
    ['__init__.py', 'paths.py', 'problems.py']
    """
    known = _modules()
    found, waiting = set(), list(_mentioned(source))
    while waiting:
        name = waiting.pop()
        path = known.get(name) or _beside(beside, name)
        if path and path not in found:
            found.add(path)
            waiting.extend(_mentioned(path.read_text(encoding="utf-8"), name))
    return sorted(found)


@cache
def _modules() -> dict[str, Path]:
    """Every module of this library by its dotted name."""
    dotted = {path: ".".join(("keepsafe", *path.relative_to(PACKAGE).with_suffix("").parts))
              for path in PACKAGE.rglob("*.py")}  # fmt: skip
    return {name.removesuffix(".__init__"): path for path, name in dotted.items()}


def _beside(folder: Path, name: str) -> Path | None:
    places = folder / f"{name.replace('.', '/')}.py", folder / name.replace(".", "/") / "__init__.py"
    return next((place for place in places if place.is_file()), None)


@cache
def _mentioned(source: str, module: str = "") -> frozenset[str]:
    """Dotted names of modules that a module's source may import, with the packages that they are in."""
    try:
        tree = ast.parse(source)
        names = {*_named(tree), *_called_for(tree, module)}
    except SyntaxError:
        names = set(_modules())
    return frozenset(part for name in names for part in accumulate(name.split("."), "{}.{}".format))


def _named(tree: ast.Module) -> Iterator[str]:
    whole = set()  # names under which the package itself is known here
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            whole |= {alias.asname for alias in node.names if alias.name == "keepsafe" and alias.asname}
            whole |= {"keepsafe" for alias in node.names if alias.name.split(".")[0] == "keepsafe" and not alias.asname}
        elif isinstance(node, ast.ImportFrom):
            if node.level or (node.module == "keepsafe" and node.names[0].name == "*"):
                yield from _modules()
            elif node.module == "keepsafe":
                yield from (_home(alias.name) for alias in node.names)
            else:
                yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in whole:
            yield _home(node.attr)
        elif isinstance(node, ast.Name) and node.id in whole and id(node) not in inside:
            yield from _modules()


def _called_for(tree: ast.Module, module: str) -> Iterator[str]:
    """What import_module may be asked for: all that is below this module where the name starts with its own."""
    if module == "keepsafe":
        return  # its public names, which `_home` finds
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            below = module and ast.unparse(node.args[0]).startswith(("f'{__name__}.", 'f"{__name__}.'))
            yield from (name for name in _modules() if not below or name.startswith(f"{module}."))


def _home(name: str) -> str:
    """Where a name of the package lives: its public names are found in other modules."""
    return f"keepsafe.{keepsafe._HOMES.get(name, name)}"
