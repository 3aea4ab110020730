# make demo | test | bench-quick | figures | notebooks | notebooks-full | site |
#      playground | lock | clean.
# PYTHON=python3.12 chooses the Python (3.11 to 3.13).
# What each does stands in requirements/, tests/run.py and benchmarks/quick.py, which
# also run without make.

# The first Python that fits; without one, any Python, which then says what is missing.
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python python3.13 python3.12 python3.11; do \
	$$p -c '$(FITS)' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV_PYTHON = .venv/bin/python

.PHONY: demo test bench-quick figures notebooks notebooks-full site playground \
	lock clean

demo: .venv/installed
	.venv/bin/keras-gen demo $(ARGS)

test: .venv/installed
	$(VENV_PYTHON) tests/run.py $(ARGS)

bench-quick: .venv/installed
	$(VENV_PYTHON) benchmarks/quick.py $(ARGS)

figures: .venv/installed
	$(VENV_PYTHON) lectures/figures/draw.py $(ARGS)

notebooks: .venv/installed
	$(VENV_PYTHON) notebooks/build.py

notebooks-full: notebooks
	$(VENV_PYTHON) notebooks/execute.py $(ARGS)

site: .venv/installed
	$(VENV_PYTHON) site/build.py $(ARGS)

playground: .venv/installed
	.venv/bin/keras-gen playground $(ARGS)

lock: .venv/installed
	$(VENV_PYTHON) requirements/lock.py $(ARGS)

.venv: .venv/installed

.venv/installed: requirements/pinned.txt pyproject.toml requirements/install.py
	@$(PYTHON) -c '' || { echo "Python 3.11 to 3.13 is needed: none was found."; exit 1; }
	$(PYTHON) requirements/install.py
	@touch $@

clean:
	rm -rf .venv .venv-peers .venv-measures .pytest_cache .ruff_cache build dist keras_gen.egg-info
