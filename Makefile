# Every target sets itself up: from a bare python3 (3.11 or newer) to the environment of requirements.lock, hash by hash;
# for a report to that of requirements-report.lock, which is the part of it that a report needs.
# Arguments for the program behind a target go into ARGS:   make report ARGS="--jobs 1"
# Another Python, in a folder of its own:                    make test PYTHON=python3.13 VENV=.venv-3.13

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
READY  := $(VENV)/.ready
TESTS  := $(VENV)/.ready-tests

export UV_PYTHON_DOWNLOADS := never
# One thread for linear algebra: the tables are small, and two threads are slower.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# What a shell has set for another environment stays out of this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test verify processors lab notebooks bench trials map oracles lock licences

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

report: $(READY) ## run the notebooks and write reports/report.html
	@$(BIN)/keepsafe report $(ARGS)

test: $(TESTS) ## run the tests, the examples in the docstrings and the notebooks, outputs compared
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --nbval --nbval-current-env tests keepsafe notebooks $(ARGS)

verify: $(READY) ## make the last report again in a clean place, and compare
	@$(BIN)/keepsafe verify $(ARGS)

processors: $(TESTS) ## make report and synthetic files as other processors would, and say what differs (ARGS="--only numba 1")
	@$(BIN)/python -m tests.processors $(ARGS)

lab: $(TESTS) ## open JupyterLab on the notebooks
	@$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_published.ipynb $(ARGS)

notebooks: $(READY) ## run the notebooks in place and refresh their committed outputs
	@$(BIN)/keepsafe notebooks $(ARGS)

bench: $(TESTS) ## measure, with peers where they are installed (ARGS=--quick to try it)
	@for script in $$(find tests/benchmarks -name 'bench_*.py' | sort); do \
	  echo "$$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

trials: $(TESTS) ## try synthetic files where the truth is known: data/trials anew (20 minutes on two cores)
	@$(BIN)/python -c "from keepsafe.synthesis.run import make_trials; make_trials()"

map: $(READY) ## write keepsafe/README.md, the map of the library, from its docstrings
	@$(BIN)/python -m tests.house

oracles: ## write the expected values in tests/oracles/ anew (needs R)
	@command -v Rscript >/dev/null || { echo "make oracles needs R (Rscript was not found)"; exit 1; }
	@for script in $$(find tests/oracles -name '*.R' | sort); do \
	  echo "$$script"; (cd "$$(dirname "$$script")" && Rscript --vanilla "$$(basename "$$script")") || exit 1; done

lock: $(UV) ## bring requirements.lock up to date with pyproject.toml (ARGS=--upgrade for newer versions)
	@$(UV) pip compile pyproject.toml --all-extras --group setup --python-version 3.11 --universal \
	  --fork-strategy fewest --generate-hashes --no-header --quiet --output-file requirements.lock $(ARGS)
	@$(UV) pip compile pyproject.toml --extra report --extra files --extra cluster --group setup --python-version 3.11 \
	  --universal --constraint requirements.lock --fork-strategy fewest --generate-hashes --no-header --quiet \
	  --output-file requirements-report.lock

licences: $(TESTS) ## list the licences of dependencies anew, after make lock
	@$(BIN)/python LICENSES/dependencies.py

# The environment is the lock and nothing else; keepsafe itself is linked in, built by the lock's own flit_core. Bytecode
# is left to the first import: to compile all that is there takes longer than a first report saves by it.
$(READY): requirements-report.lock pyproject.toml $(UV)
	@test ! -e $(TESTS) || $(MAKE) --no-print-directory $(TESTS)
	@test -e $(TESTS) || { $(call sync,requirements-report.lock); }
	@touch $@

$(TESTS): requirements.lock pyproject.toml $(UV)
	@$(call sync,requirements.lock)
	@touch $(READY) $@

sync = echo "setting up $(VENV) from $(1)" && \
  $(UV) pip sync --quiet --python $(BIN)/python --require-hashes $(1) && \
  $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .

# uv comes by pip, held to its hash in the lock; a folder that holds no recent Python is made anew.
$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "keepsafe needs Python 3.11 or newer, and there is no $(PYTHON)"; exit 1; }
	@$(PYTHON) $(RECENT) || { echo "keepsafe needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1);" \
	  "name a newer one: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12"; exit 1; }
	@$(BIN)/python $(RECENT) 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@awk '/^[^ ]/ { uv = /^uv==/ } uv' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
