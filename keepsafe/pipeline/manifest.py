"""What a run was made of: inputs, parameters, versions; no dates and no paths, so that equal runs agree."""

import platform
from importlib.metadata import version

from keepsafe import runs
from keepsafe.pipeline.inputs import checksums
from keepsafe.pipeline.parameters import Parameter

PACKAGES = (
    "ipykernel",
    "matplotlib",
    "nbconvert",
    "numba",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "seaborn",
    "statsmodels",
)


def describe(run: runs.Run, declared: list[Parameter], chosen: dict[str, dict]) -> dict:
    """The facts of a run.

    Returns
    -------
    Dictionary of synthetic (bool), inputs (name to SHA-256), parameters (list of notebook, name, value,
    default,
    help) and versions (name to version).
    """
    from keepsafe import __version__

    parameters = []
    for entry in declared:
        value = repr(chosen.get(entry.notebook, {}).get(entry.name, entry.default)).strip("'\"")
        parameters.append(
            {
                "notebook": entry.notebook,
                "name": entry.name,
                "value": value,
                "default": entry.default.strip("'\""),
                "help": entry.help,
            }
        )
    versions = {"keepsafe": __version__, "Python": platform.python_version()}
    return {
        "synthetic": run.synthetic,
        "inputs": checksums(run),
        "parameters": parameters,
        "versions": versions | {name: version(name) for name in PACKAGES},
    }
