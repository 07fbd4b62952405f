# make demo    the five problem sheets as PDF, and six solutions as LaTeX, in English and Chinese, into output/
# make test    ruff, mypy, pytest
# make gallery every problem as a site of static files, into output/site
# make pages   output/*.tex to PDF
# make pictures docs/*.png and docs/graph.svg, the four pictures of the gallery that the README shows
# make fuzz    random graphs against autograd
# make bench   the benchmarks
# make coverage what of torch's lists and of the Matrix Cookbook can be written, into docs/coverage.md
# make clean   remove what make made, except the sheets

PYTHON ?= python3
PYTEST ?= -n 2 --dist worksteal
BIN := .venv/bin
INSTALL = $(BIN)/pip install --quiet --constraint constraints.txt --editable
LATEXMK = latexmk -norc -interaction=nonstopmode -halt-on-error -no-shell-escape -auxdir=build/pages -outdir=output

SHEETS = bptt lstm logistic relu-mse weight-norm l1
OPTIONS_bptt = --T 5
OPTIONS_lstm = --T 3

.PHONY: demo test gallery pages pictures fuzz bench coverage clean

# The lines of one sheet; the empty line keeps them apart.
define sheet
$(BIN)/derive $(1) $(OPTIONS_$(1)) --lang en -o output/$(1).tex
$(BIN)/derive $(1) $(OPTIONS_$(1)) --lang zh -o output/$(1).zh.tex

endef

demo: .venv/installed
	mkdir -p output
	$(BIN)/derive sheet 0 1 2 3 4 --lang en,zh --format pdf -o output/
	$(foreach name,$(SHEETS),$(call sheet,$(name)))

# pytest comes last: its closing line closes the output.
test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(PYTEST)

gallery: .venv/installed
	$(BIN)/derive gallery -o output/site

pages:
	set -e; for tex in output/*.tex; do \
	  case $$tex in *.zh.tex) engine=-xelatex ;; *) engine=-pdf ;; esac; \
	  $(LATEXMK) $$engine "$$tex"; \
	done

SHOWN = build/shown
pictures: .venv/installed
	$(BIN)/derive gallery logistic lstm rnn -o $(SHOWN)
	pdftoppm -png -r 72 -f 1 -singlefile $(SHOWN)/logistic/solution.en.pdf docs/page
	pdftoppm -png -r 60 -f 1 -singlefile $(SHOWN)/lstm/exercise.zh.pdf docs/exercise
	chromium --headless --no-sandbox --hide-scrollbars --window-size=700,1000 --screenshot=docs/browser.png \
	  "file://$(CURDIR)/$(SHOWN)/logistic/index.html#answers=hidden"
	cp $(SHOWN)/rnn/graph.svg docs/graph.svg

fuzz: .venv/installed
	$(BIN)/python tests/fuzz.py 20000

bench: .venv/installed-benchmarks
	$(BIN)/python tests/benchmarks/run.py

coverage: .venv/installed
	PYTHONPATH=tests $(BIN)/python -m coverage_of_torch

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis output/*.pdf
	find derive problems tests -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(INSTALL) '.[dev]'
	touch $@

.venv/installed-benchmarks: .venv/installed
	$(INSTALL) '.[dev,benchmarks]'
	touch $@
