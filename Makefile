# Velory: `make demo` to try it, `make test` and `make check` before a commit. `make help` lists all.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py

# The demo is production on SQLite without HTTPS. What it keeps lies in var/, which git ignores.
DEMO_ENV = ENV_FILE= DEBUG=false DEMO=true HTTPS=false PORT=$(PORT) ALLOWED_HOSTS=127.0.0.1,localhost,[::1] \
	DATABASE_URL=sqlite:///var/demo.sqlite3 SECRET_KEY=$$(cat var/secret_key) EMAIL_URL= TRUSTED_PROXIES=0 \
	SUPPORT_CONTACT=support@velory.example TIME_ZONE=Europe/Stockholm

# A whole configuration as a server has it, for checks that touch no data.
PRODUCTION_ENV = ENV_FILE= DEBUG=false DEMO=false HTTPS=true ALLOWED_HOSTS=velory.example TRUSTED_PROXIES=1 \
	DATABASE_URL=sqlite:///var/check.sqlite3 SECRET_KEY=$$(cat var/secret_key) \
	EMAIL_URL=smtp+tls://user:password@mail.example MAIL_FROM=velory@velory.example \
	SUPPORT_CONTACT=support@velory.example TIME_ZONE=Europe/Stockholm

.PHONY: help demo demo-reset dev test check fuzz hostile races chaos tenants foreign bench bench-export bench-import bench-search cost weight addresses messages lock
.DEFAULT_GOAL := help

help:
	@echo "make demo [PORT=8123]   serve the demo, as production does, on 127.0.0.1; keeps its data"
	@echo "make demo-reset         the same, with fresh data"
	@echo "make dev [PORT=8123]    the demo's data on a server that reloads as the code changes"
	@echo "make test               every test that this machine can run, and what it cannot"
	@echo "make fuzz [GAMES=100]   random people against a model of the register, longer than the suite's round"
	@echo "make hostile [INPUTS=5000]  what nobody should send, to every form and import, on both databases, likewise"
	@echo "make races [ROUNDS=200] people who act at the same moment, on both databases, likewise"
	@echo "make chaos [KILLS=20]   moves while gunicorn and PostgreSQL are killed under them: none is lost, none is half"
	@echo "make tenants            people of other companies with real ids, in every address and field, on both databases"
	@echo "make foreign            whether the time of an answer tells another company's id from none"
	@echo "make bench-export       how fast a million devices are taken out, held against psycopg and csv alone"
	@echo "make bench-search       what a search costs that nothing matches, held against one that finds something"
	@echo "make bench-import       how fast 100,000 devices come in, held against a bare COPY and the checks of the fields"
	@echo "make cost               what row level security and the chain of the event log cost"
	@echo "make weight             what a first visit to each page of the demo costs over the wire"
	@echo "make addresses          whether the time of an answer tells who has an account, on both databases"
	@echo "make check              linters, types, contracts, configuration, migrations"
	@echo "make messages           bring the translations up to date with the code, and compile them"
	@echo "make lock               pin the dependencies of pyproject.toml anew"

demo: var/static/staticfiles.json
	@$(DEMO_ENV) $(MANAGE) migrate --verbosity 0
	@$(DEMO_ENV) $(MANAGE) load_demo
	@exec env $(DEMO_ENV) $(MANAGE) serve

demo-reset:
	@rm -f var/demo.sqlite3 var/demo.sqlite3-shm var/demo.sqlite3-wal
	@$(MAKE) --no-print-directory demo

dev: $(VENV)/development var/secret_key
	@$(DEMO_ENV) DEBUG=true $(MANAGE) migrate --verbosity 0
	@$(DEMO_ENV) DEBUG=true $(MANAGE) load_demo
	@exec env $(DEMO_ENV) DEBUG=true $(MANAGE) runserver 127.0.0.1:$(PORT)

test: $(VENV)/development
	@$(BIN)/python -m tests

GAMES ?= 100
INPUTS ?= 5000
ROUNDS ?= 200
KILLS ?= 20

fuzz: $(VENV)/development
	VELORY_FUZZ=$(GAMES) $(BIN)/python -m pytest tests/test_state_machine.py

races: $(VENV)/development
	VELORY_RACES=$(ROUNDS) $(BIN)/python -m pytest tests/test_races.py
	VELORY_RACES=$(ROUNDS) $(BIN)/python -m tests.postgres $(BIN)/python -m pytest tests/test_races.py
	@DJANGO_SETTINGS_MODULE=tests.settings ROUNDS=$(ROUNDS) $(BIN)/python -m tests.races

hostile: $(VENV)/development
	VELORY_HOSTILE=$(INPUTS) $(BIN)/python -m pytest tests/test_hostile_forms.py tests/test_hostile_files.py
	VELORY_HOSTILE=$(INPUTS) $(BIN)/python -m tests.postgres $(BIN)/python -m pytest tests/test_hostile_forms.py \
		tests/test_hostile_files.py

chaos: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings KILLS=$(KILLS) $(BIN)/python -m tests.chaos

tenants: $(VENV)/development
	VELORY_TENANTS=1 $(BIN)/python -m pytest -q -s --show-capture=no tests/test_strangers.py
	VELORY_TENANTS=1 $(BIN)/python -m tests.postgres $(BIN)/python -m pytest -q -s --show-capture=no tests/test_strangers.py

foreign: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.foreign_ids

bench: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.hardware

bench-export: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.export

bench-import: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.importing

bench-search: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.mistyped

cost: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.cost

weight: $(VENV)/development var/static/staticfiles.json
	@$(DEMO_ENV) $(MANAGE) migrate --verbosity 0
	@$(DEMO_ENV) $(MANAGE) load_demo > /dev/null
	@$(DEMO_ENV) DJANGO_SETTINGS_MODULE=velory.settings $(BIN)/python -m tests.bench.weight

addresses: $(VENV)/development
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.bench.addresses
	@DJANGO_SETTINGS_MODULE=tests.settings DURABLE=1 $(BIN)/python -m tests.postgres $(BIN)/python -m tests.bench.addresses

check: $(VENV)/development var/secret_key
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	find templates -name '*.html' -exec $(BIN)/djade --check {} +
	@echo "manage.py check --deploy, makemigrations --check (with a configuration as in production)"
	@$(PRODUCTION_ENV) $(MANAGE) check --deploy --fail-level WARNING
	@$(PRODUCTION_ENV) $(MANAGE) makemigrations --check --dry-run

# Lines keep their length and no line says when: a diff of the catalogue shows what changed in it, and nothing else.
CATALOGUE = locale/sv/LC_MESSAGES/django.po

messages: $(VENV)/development var/secret_key
	@command -v msgfmt xgettext > /dev/null || { echo "gettext is missing (Debian: apt-get install gettext)."; exit 1; }
	@$(DEMO_ENV) $(MANAGE) makemessages --locale sv --no-obsolete --no-wrap --add-location file --ignore var --ignore tests
	@sed -i.bak '/^"POT-Creation-Date: /d' $(CATALOGUE) && rm $(CATALOGUE).bak
	@$(DEMO_ENV) $(MANAGE) compilemessages --locale sv --ignore $(VENV)

# uv records neither the index nor the address of a file this way, and pip checks every hash.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

lock:
	@command -v uv > /dev/null || { echo "uv is missing: https://docs.astral.sh/uv/"; exit 1; }
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra metrics --output-file requirements-metrics.txt
	$(LOCK) --extra saml --output-file requirements-saml.txt
	$(LOCK) --extra sso --output-file requirements-sso.txt
	$(LOCK) --extra dev --output-file requirements-dev.txt

# What the targets above stand on. Each file is made once, and again when what it comes from has changed.

$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { echo \
		"Velory needs Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv); another one: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.txt | $(BIN)/python
	@echo "Installing Velory's packages into $(VENV), once …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/runtime | $(BIN)/python
	@echo "Installing the packages for tests and checks into $(VENV), once …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@

var/secret_key: | $(BIN)/python
	@mkdir -p var
	@(umask 077 && $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))' > $@)

var/static/staticfiles.json: $(shell find static -type f 2> /dev/null) velory/settings.py $(VENV)/runtime var/secret_key
	@$(DEMO_ENV) $(MANAGE) collectstatic --no-input --clear --verbosity 0
