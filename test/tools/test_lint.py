"""`make lint` on machines that have not all of its tools."""

import subprocess
from pathlib import Path

import pytest

import needs

ROOT = Path(__file__).resolve().parents[2]


def lint_js_without_npm(folder, **environment):
    for tool in ("sh", "make"):
        (folder / tool).symlink_to(needs.tool(tool))
    return subprocess.run(
        [str(folder / "make"), "lint-js"], cwd=str(ROOT), env=dict(environment, PATH=str(folder)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True, timeout=60)


def test_without_npm_the_browser_s_part_is_left_out_and_says_so(tmp_path):
    done = lint_js_without_npm(tmp_path)
    assert (done.returncode, done.stdout) == (0, "lint-js: skipped, there is no npm\n")


@pytest.mark.parametrize("demand", [{"CI": "true"}, {"VSCPWSD_TEST_ALL": "1"}])
def test_where_every_tool_is_demanded_a_missing_npm_is_a_failure(tmp_path, demand):
    done = lint_js_without_npm(tmp_path, **demand)
    assert done.returncode != 0
    assert "lint-js: npm is missing" in done.stdout
