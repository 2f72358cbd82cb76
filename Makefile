# make demo   trains, exports, samples and scores a small DeLiGAN
# make test   passes the tests that take seconds each
# make test-slow  passes the others: kills, the page in a browser, benchmarks, the wheel
# make lint   checks the style
# make bench  measures how fast all this is, into runs/benchmarks/speed
# make docs   builds the pages of docs/ into build/docs
# Each sets up .venv once; afterwards none of them needs a network.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
DEMO := runs/demo
DEMO_FLAGS ?=
BENCH ?= runs/benchmarks/speed
BENCH_PYTHON ?= $(RUN)

.PHONY: bench demo docs lint test test-slow

# pip would compile on one core, for two fifths of its time; a few files of packages do not compile.
$(VENV)/installed: requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-compile \
		--constraint constraints.txt --editable '.[dev]'
	$(RUN) -m compileall -qq -j 0 $(VENV)/lib 2> /dev/null || true
	touch $@

lint: $(VENV)/installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

MARKED_test := not slow
MARKED_test-slow := slow

# One thread of NumPy's in each test process: more would wait for cores that others hold.
test test-slow: $(VENV)/installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest --numprocesses=auto \
		--dist=loadfile --no-loadscope-reorder -m '$(MARKED_$@)'

demo: $(VENV)/installed
	rm -rf $(DEMO)
	$(RUN) -m zoo.train --config=deligan_digits --workdir=$(DEMO)/run $(DEMO_FLAGS)
	$(RUN) -m zoo.export --workdir=$(DEMO)/run --out=$(DEMO)/deligan_digits
	$(RUN) -m zoo.sample --model=$(DEMO)/deligan_digits --out=$(DEMO)/samples.png
	$(RUN) -m zoo.evaluate --model=$(DEMO)/deligan_digits --out=$(DEMO)/report.json
	@echo
	@echo 'Pictures: $(DEMO)/samples.png, and on the way there: $(DEMO)/run/samples/'
	@echo 'Report:   $(DEMO)/report.json'
	@echo 'Model:    $(DEMO)/deligan_digits/ (.keras for Python, 1/ for TF Serving)'
	@echo 'Look at:  $(RUN) -m zoo.explore --model=$(DEMO)/deligan_digits'

# One after the other: each measures alone. PyTorch takes part where BENCH_PYTHON has it.
bench: $(VENV)/installed
	for each in step sampling evaluation startup input; do \
		$(BENCH_PYTHON) -m zoo.benchmarks.$$each --out=$(BENCH) || exit; \
	done
