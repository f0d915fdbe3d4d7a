# One command each; every target sets up what it needs.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/package.json web/vite.config.ts

.PHONY: setup demo test test-fast lint bench faults requirements package deploy diff data needs clean

setup: $(VENV)/.ready web/node_modules/.ready web/dist/.ready

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("需要 Python 3.11 以上 · Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo 'Debian 需另装 · Debian keeps venv apart: apt-get install --no-install-recommends python3-venv'; exit 1; }
	@echo '首次准备约 3 分钟，1/3：Python 库 · first time about 3 minutes, 1 of 3: Python libraries …'
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

web/node_modules/.ready: web/package-lock.json
	@echo '2/3：网页工具 · 2 of 3: the web build (npm ci), about half a minute …'
	@cd web && npm ci --no-progress --loglevel=error
	@touch $@

web/dist/.ready: web/node_modules/.ready $(WEB_SOURCES)
	@echo '3/3：生成网页 · 3 of 3: the web pages, a few seconds …'
	@cd web && npm run --silent build -- --logLevel=warn
	@touch $@

demo: setup # STUDY=folder of DICOM files, PORT=of the patient's page, WAIT=no to stop when the link is there
	@$(PY) -m iac.local.demo $(if $(STUDY),--study "$(STUDY)") $(if $(PORT),--port="$(PORT)") $(if $(filter no,$(WAIT)),--no-wait)

data: $(VENV)/.data

$(VENV)/.data: $(VENV)/.ready iac/local/pins.json
	$(PY) -m tests.data.fetch
	touch $@

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/cfn-lint template.yaml
	$(PY) -m pytest -q tests/architecture
	cd web && npm run --silent typecheck && npm run --silent lint

test-fast: setup data
	cd web && npm run --silent test
	$(PY) -m pytest -q -m "not cloud and not browser and not slow" -n 2

test: needs lint data # needs first, so that all that is missing is said at once
	rm -rf build/results && mkdir -p build/results
	cd web && npm run --silent test -- --reporter=default --reporter=json --outputFile.json=../build/results/web.json
	$(PY) -m pytest -q -m "not cloud and not browser" -n 2 --requirements=build/results/python.json
	$(PY) -m pytest -q -m "cloud or browser" -n 2 --dist loadfile --requirements=build/results/cloud.json
	$(PY) -m tests.tools.requirements

needs: # before there is a virtual environment
	@$(PYTHON) -m tests.tools.needs

bench: setup data
	$(PY) -m bench

package: setup # each function's bundle for Lambda in build/bundles/, which template.yaml deploys
	@$(PY) -m iac.package

diff: setup # ENV=file in iac/aws/environments: what `make deploy` would change there, changing nothing
	@$(PY) -m iac.aws.deploy diff --env "$(ENV)"

deploy: setup # ENV=file in iac/aws/environments, YES=yes not to be asked
	@$(PY) -m iac.aws.deploy deploy --env "$(ENV)" $(if $(filter yes,$(YES)),--yes)

faults: setup # SEEDS=how many, FIRST=the first of them, RECORD=yes to write the figures into docs/faults.md; a stopped run goes on
	@$(PY) -m tests.faults --seeds $(or $(SEEDS),2000) --first $(or $(FIRST),0) $(if $(filter yes,$(RECORD)),--record)

requirements: test
	@$(PY) -m tests.tools.requirements --list

clean:
	rm -rf build .lightbox web/dist web/node_modules $(VENV)
