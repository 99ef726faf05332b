# The few things one does with a checkout; the work is in tools/.
VENV ?= .venv

.PHONY: run test bench lint lint-js docs dist clean

run:                    # the daemon on the demo, in the foreground
	tools/run

test:                   # the whole test suite
	tools/test

bench:                  # measure against other servers: ten to fifteen minutes
	bench/run

lint: lint-js           # style and likely mistakes
	tools/venv dev
	$(VENV)/bin/ruff check .

lint-js:                # the same for the browser's part, where npm is
	@if command -v npm >/dev/null; then \
		{ test -d test/browser/node_modules/eslint || \
			npm ci --prefix test/browser --silent --no-audit --no-fund; } && \
		npm run --prefix test/browser --silent lint; \
	else echo "lint-js: skipped, there is no npm"; fi

docs:                   # manual pages, option tables and sample file, from the options' texts
	tools/venv
	$(VENV)/bin/python tools/make_docs.py

dist:                   # sdist and wheel, into dist/
	tools/venv dev
	$(VENV)/bin/pyproject-build

clean:
	rm -rf build dist lib/*.egg-info .pytest_cache .hypothesis .ruff_cache .coverage
