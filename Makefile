# The few things one does with a checkout; the work is in tools/.
VENV ?= .venv

.PHONY: run test bench lint lint-js docs dist clean

run:                    # the daemon on the demo, in the foreground
	tools/run

test:                   # the whole test suite
	tools/test

bench:                  # measure against other servers: ten to fifteen minutes
	bench/run

lint: lint-js           # style, likely mistakes, types (on Python 3.10 and newer)
	tools/venv dev
	$(VENV)/bin/ruff check .
	@if test -x $(VENV)/bin/mypy; then $(VENV)/bin/mypy; \
	else echo "mypy: skipped, it needs Python 3.10"; fi

lint-js:                # the same for the browser's part, where npm is; CI demands it
	@if command -v npm >/dev/null; then \
		{ test -d test/browser/node_modules/eslint || \
			npm ci --prefix test/browser --silent --no-audit --no-fund; } && \
		npm run --prefix test/browser --silent lint; \
	elif [ -n "$$CI" ] || [ "$$VSCPWSD_TEST_ALL" = 1 ]; then \
		echo "lint-js: npm is missing" >&2; exit 1; \
	else echo "lint-js: skipped, there is no npm"; fi

docs:                   # manual pages, option tables and sample file, from the options' texts
	tools/venv
	$(VENV)/bin/python tools/make_docs.py

dist:                   # sdist and wheel, into dist/
	tools/venv dev
	$(VENV)/bin/pyproject-build

clean:
	rm -rf build dist lib/*.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache .coverage
