"""This processor made to look like others, and what comes out there: `make processors` prints what differs.

NumPy, OpenBLAS, numba and the C library each choose their code by the processor that they find. Each can be told to
find less, by a variable in the environment of a process. A process that was told so first makes sure that it works: a
name that a new version no longer knows is passed over in silence.
"""

import argparse
import ctypes
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIMD = np._core._multiarray_umath.__cpu_dispatch__  # what NumPy has more than one version of some code for
GLIBC = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX,-FMA4"}

#: What `keepsafe synthesise --seed 1` wrote on every processor and Python tried. It stays as long as the search does.
SEED_1 = "b3242341de23774f1122a8ecc1a2d6c4d9f45324a5ea3f4a76e4e553b99df976"

#: Emulations by name: variables of the environment.
EMULATIONS = {
    "numpy": {"NPY_DISABLE_CPU_FEATURES": ",".join(SIMD)},
    "numpy-avx2": {"NPY_DISABLE_CPU_FEATURES": ",".join(name for name in SIMD if name != "X86_V3")},
    "openblas-haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "openblas-sandybridge": {"OPENBLAS_CORETYPE": "Sandybridge"},
    "openblas-nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "openblas-prescott": {"OPENBLAS_CORETYPE": "Prescott"},
    "numba": {"NUMBA_CPU_NAME": "generic"},
    "glibc": GLIBC,
}
EMULATIONS["together"] = EMULATIONS["numpy"] | EMULATIONS["openblas-nehalem"] | EMULATIONS["numba"] | GLIBC


def no_emulation() -> str | None:
    """Why this machine cannot pass for another one; None where it can."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return f"only x86-64 is emulated, and this is {platform.machine()}"
    if platform.libc_ver()[0] != "glibc":
        return "the C library is not glibc, which can be told to do without a feature"
    if not np._core._multiarray_umath.__cpu_features__["X86_V3"]:
        return "there is nothing to switch off: this processor has no AVX2"
    return None


def still_on() -> dict[str, object]:
    """What the environment switches off, and this process has on nevertheless."""
    faults = {}
    if off := os.environ.get("NPY_DISABLE_CPU_FEATURES"):
        there = np._core._multiarray_umath.__cpu_features__
        faults["numpy"] = [name for name in off.split(",") if there[name]]
    if core := os.environ.get("OPENBLAS_CORETYPE"):
        faults["openblas"] = set(_openblas()) ^ {{"Prescott": "Katmai"}.get(core, core)}  # as OpenBLAS calls it
    if os.environ.get("NUMBA_CPU_NAME") == "generic":
        faults["numba"] = [name for name in ("ymm", "zmm", "vfmadd") if name in _compiled()]
    if "GLIBC_TUNABLES" in os.environ:
        faults["glibc"] = ["sine"] if sine() == _sine_natively() else []
    return {name: fault for name, fault in faults.items() if fault}


def _openblas() -> list[str]:
    """The processor that each copy of OpenBLAS takes this one for."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    return [blas["architecture"] for blas in threadpool_info() if blas["internal_api"] == "openblas"]


def _compiled() -> str:
    """The machine code of a loop that wide registers and fused additions would speed up."""
    from numba import njit

    @njit(fastmath=True)
    def product(a, b):
        total = 0.0
        for i in range(a.size):
            total += a[i] * b[i]
        return total

    product(np.ones(9), np.ones(9))
    return "".join(product.inspect_asm().values())


def sine() -> int:
    """Where in the mathematical library the sine lies that it chose for this processor."""

    class Found(ctypes.Structure):
        _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p), ("name", ctypes.c_char_p),
                    ("address", ctypes.c_void_p)]  # fmt: skip

    address = ctypes.cast(ctypes.CDLL("libm.so.6").sin, ctypes.c_void_p)
    found = Found()
    ctypes.CDLL(None).dladdr(address, ctypes.byref(found))
    return address.value - found.base


def _sine_natively() -> int:
    plain = {name: entry for name, entry in os.environ.items() if name != "GLIBC_TUNABLES"}
    command = [sys.executable, "-c", "from tests.processors import sine; print(sine())"]
    return int(subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout)


def start(emulation: str | None, out: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Make things in a process of its own that takes its processor for another one.

    Parameters
    ----------
    emulation : a name of `EMULATIONS`; None for this processor as it is.
    out : a folder, for report/ and the synthetic files of each seed.
    arguments : "report", or "page" for one without its PDF, and numbers for `keepsafe synthesise --seed`.
    """
    variables = {name for each in EMULATIONS.values() for name in each}
    around = {name: entry for name, entry in os.environ.items() if name not in variables}
    around |= EMULATIONS[emulation] if emulation else {}
    # compiled anew: what numba keeps does not notice a change in a function that is called from another file
    around |= {"NUMBA_CACHE_DIR": str(out / "numba"), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.processors", "--inside", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True)


def _make(out: Path, wanted: list[str]) -> None:
    """In the child: make sure of what is off, here and in a kernel, then make what is wanted."""
    if faults := still_on():
        sys.exit(f"still on: {faults}")
    if "page" in wanted:
        from keepsafe.report import rendering

        rendering.make_pdf = lambda page, summary=False: b""
    if {"page", "report"} & {*wanted}:
        from keepsafe.report.running import report

        _in_kernel("from tests.processors import still_on\nassert not still_on(), still_on()")
        report(out=out / "report", jobs=1, fresh=True)
    for seed in (name for name in wanted if name.isdigit()):
        from keepsafe.synthesis.run import synthesise_files

        synthesise_files(out / f"seed-{seed}", int(seed))


def _in_kernel(source: str) -> None:
    """Run a cell as the notebooks' cells are run."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell(source)])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()


def compared(then: Path, now: Path) -> Iterator[str]:
    """What two folders of `start` hold otherwise: cells, values, figures, tables, documents, synthetic files."""
    from keepsafe.report.verify.contents import compare_cells, compare_documents, compare_files, compare_values

    one, other = then / "report", now / "report"
    if one.is_dir():
        checks = [*compare_cells(one, other, True), *compare_values(one, other)]
        checks += [check for stage in ("figures", "tables") for check in compare_files(stage, one, other, True)]
        checks += compare_documents(one, other, False)
        yield from (f"{check.stage}: {check}" for check in checks if check.fault)
    for path in sorted(then.glob("seed-*/*")):
        there = now / path.relative_to(then)
        rows = zip(path.read_text().splitlines(), there.read_text().splitlines(), strict=False)
        if path.read_bytes() != there.read_bytes():
            yield f"{path.relative_to(then)}: {sum(a != b for a, b in rows)} other rows"


def main() -> None:
    asked = argparse.ArgumentParser(description="Make the report and synthetic files as other processors would.")
    asked.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--only", action="append", choices=EMULATIONS, help="an emulation; by default each")
    asked.add_argument("wanted", nargs="*", help="report, and seeds; by default: report 1 2 7")
    given = asked.parse_args()
    if given.inside:
        return _make(given.inside, given.wanted)
    if reason := no_emulation():
        sys.exit(reason)
    wanted, differs = given.wanted or ["report", "1", "2", "7"], False
    with tempfile.TemporaryDirectory() as place:
        for name in [None, *(given.only or EMULATIONS)]:
            out = Path(place, name or "native")
            out.mkdir()
            done = start(name, out, *wanted)
            if done.returncode:
                sys.exit(f"{name or 'native'}: {done.stderr.strip().splitlines()[-1]}")
            if name:
                found = list(compared(Path(place, "native"), out))
                print(f"{name}: " + (f"{len(found)} differences" if found else "the same"), flush=True)
                print(*(f"  {line}" for line in found[:40]), sep="\n", end="\n" if found else "", flush=True)
                differs |= bool(found)
    sys.exit(differs)


if __name__ == "__main__":
    main()
