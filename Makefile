# Seuil: `make demo` shows it, `make test` checks it, `make help` lists the rest.

PY := .venv/bin/python
STAMP := .venv/.complete
LOCK := deploy/requirements-dev.txt
WITHOUT := # what to leave out of a series: make e2e WITHOUT="--ignore …"
TIMED := tests/exchange/test_demo.py# starts and stops within so many seconds: alone
# without the pages, the readers of files and what starts processes: these ask PostgreSQL nothing of their own
KEPT := tests/access tests/architecture tests/audit tests/commission tests/core tests/dossiers tests/housing \
	tests/journeys tests/reporting tests/security tests/support tests/vault tests/exchange/test_all_or_nothing.py \
	$(wildcard tests/accounts/test_grants*.py) $(wildcard tests/exchange/test_undo*.py) \
	--ignore-glob "*_views.py" --ignore-glob "*_pages.py" --ignore-glob "*/test_addresses.py" \
	--ignore-glob "*/test_matrix.py" --ignore-glob "*/test_non_interference.py" --ignore-glob "*/test_inline.py"
TESTING := SEUIL_ENV=test SEUIL_DATA=$${SEUIL_DATA:-.local/test}
COMPILE := $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-kept test-long e2e e2e-paths check bench lock

help: ## Cette liste
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 20

setup: $(STAMP) ## Prépare l’environnement Python (.venv)

$(STAMP): $(LOCK)
	@python=; for candidate in python3.11 python3; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 manque : installez-le (par exemple « apt install python3.11 python3.11-venv »), puis relancez." >&2; exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "Le module venv de Python 3.11 manque : installez-le (par exemple « apt install python3.11-venv »), puis relancez." >&2; exit 1; \
	fi; \
	echo "Préparation de l’environnement Python (.venv)…" >&2; \
	$(PY) -c '' 2>/dev/null || $$python -m venv --clear .venv || exit 1; \
	if ! $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK); then \
	  echo "Les paquets de $(LOCK) n’ont pas pu être installés : vérifiez l’accès à l’index des paquets Python, puis relancez." >&2; exit 1; \
	fi; \
	touch $(STAMP)

demo: $(STAMP) ## Sert la démonstration sur http://127.0.0.1:8000 (SEUIL_PORT, SEUIL_DATA)
	@SEUIL_ENV=demo SEUIL_LAUNCHER=$$PPID exec $(PY) manage.py demo

test: $(STAMP) ## Les tests
	@exec $(PY) -m pytest -m "not long and not browser" -n 2 --dist worksteal

test-kept: $(STAMP) ## Ceux de ce que PostgreSQL garde : droits, lignes, contraintes, journal, opérations
	@exec $(PY) -m pytest -m "not long and not browser" -n 2 --dist worksteal $(KEPT)

test-long: $(STAMP) ## Les tests longs
	@$(PY) -m pytest -m "long and not browser" -n 2 --dist worksteal --ignore $(TIMED) $(WITHOUT)
	@exec $(PY) -m pytest -m "long and not browser" $(TIMED)

e2e: $(STAMP) ## Les tests dans un vrai navigateur (Chromium)
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then \
	  echo "Chromium manque : installez-le (par exemple « apt install chromium »), puis relancez." >&2; exit 1; \
	fi
	@exec $(PY) -m pytest tests/browser -m browser -n 2 --dist worksteal $(WITHOUT)

e2e-paths: ## Les mêmes, sans ceux qui parcourent chaque page d’un rôle
	@$(MAKE) --no-print-directory e2e WITHOUT="$(patsubst %,--ignore tests/browser/test_%.py,pages zoom keyboard)"

check: $(STAMP) ## Style, types, tour des applications, gabarits, migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	.venv/bin/lint-imports
	$(PY) -m djlint --lint --quiet .
	$(TESTING) $(PY) manage.py makemigrations --check --dry-run
	$(TESTING) $(PY) manage.py check --fail-level WARNING

bench: $(STAMP) ## Les mesures de vitesse
	@status=0; for name in vault documents import_register list_page search population secrecy access outbox; do echo "== $$name"; $(PY) -m bench.$$name || status=1; done; exit $$status

lock: $(STAMP) ## Refait les listes de paquets figées, à partir de pyproject.toml
	$(COMPILE) --output-file deploy/requirements.txt
	$(COMPILE) --group dev --output-file $(LOCK)
