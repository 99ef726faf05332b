"""The alarms and the dashboard: promtool takes them, and the daemon has all that they look at."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import needs
from appstage import FRAME, Stage
from certificate import make_certificate
from vscpws.settings import TlsSettings

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "doc" / "monitoring" / "alerts.yml"
DASHBOARD = json.loads((ROOT / "doc" / "monitoring" / "dashboard.json").read_text("utf-8"))
RULES_TEST = ROOT / "test" / "monitoring" / "alerts.test.yml"
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

EXPRESSIONS = re.findall(r"^ +expr: (.*)$", RULES.read_text("utf-8"), re.M) + [
    target["expr"] for panel in PANELS for target in panel["targets"]]
SELECTOR = re.compile(r"\b((?:vscpwsd|process)_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? \S+$", re.M)
FROM_SCRAPE = {"job", "instance"}      # labels that Prometheus adds


def promtool(*arguments):
    done = subprocess.run([needs.tool("promtool"), *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def exposed(tmp_path_factory):
    """What a daemon exposes on which a bit has happened: values by name and label."""
    folder = tmp_path_factory.mktemp("exposed")
    with Stage(folder, "monitoring", tls=TlsSettings(*make_certificate(folder, "tls"))) as stage:
        stage.until(lambda: stage.service.health()["status"] == "ok")
        stage.bus.send(FRAME)
        stage.until(lambda: stage.shell.report()["hub"]["came"]["bus"])
        stage.service.clients.answers["200"] += 1
        stage.service.clients.closed["1000"] += 1
        stage.service.clients.dismissed["too slow"] += 1
        found = {}
        for name, labels in SAMPLE.findall(stage.metrics()):
            values = found.setdefault(name, {})
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                values.setdefault(label, set()).add(value)
        return found


def test_promtool_takes_the_rules():
    assert "SUCCESS" in promtool("check", "rules", RULES)


def test_each_alarm_comes_and_goes_as_it_should():
    assert "SUCCESS" in promtool("test", "rules", RULES_TEST)


def test_each_alarm_is_tested_both_ways():
    alarms = re.findall(r"alert: (\w+)$", RULES.read_text("utf-8"), re.M)
    text = RULES_TEST.read_text("utf-8")
    raised = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels", text))
    silent = set(re.findall(r"alertname: (\w+)}", text))
    assert raised == silent == set(alarms) and len(alarms) == len(set(alarms)) > 10


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_metric_label_and_value_that_is_looked_at_is_there(exposed, expression):
    selectors = SELECTOR.findall(expression)
    assert selectors or expression.startswith("up{")
    for name, matchers in selectors:
        assert name in exposed
        for label, _, value in MATCHER.findall(matchers):
            if label not in FROM_SCRAPE:
                assert set(value.split("|")) <= exposed[name][label], (name, label)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_grouping_is_by_labels_that_are_there(exposed, expression):
    known = FROM_SCRAPE.union(*(exposed[name] for name, _ in SELECTOR.findall(expression)))
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert set(labels.split(", ")) <= known


def test_promtool_takes_every_expression_of_the_dashboard(tmp_path):
    lines = ["groups:", "- name: dashboard", "  rules:"]
    for number, expression in enumerate(EXPRESSIONS):
        lines += ["  - record: dashboard:%d" % number,
                  "    expr: " + json.dumps(expression.replace("$__rate_interval", "1m"))]
    rules = tmp_path / "rules.yml"
    rules.write_text("\n".join(lines) + "\n")
    promtool("check", "rules", rules)


@pytest.mark.parametrize("name", ["vscpwsd_events_dropped_total", "vscpwsd_refused_total"])
def test_each_reason_is_explained(exposed, name):
    page = " ".join((ROOT / "doc" / "operations.md").read_text("utf-8").split())
    assert {reason for reason in exposed[name]["reason"] if "(`%s`" % reason not in page} == set()


class TestDashboard:
    def test_every_panel_has_its_number_its_title_and_its_place(self):
        panels = DASHBOARD["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        covered = set()
        for panel in panels:
            assert panel["title"]
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            assert not cells & covered, panel["title"]
            covered |= cells

    def test_no_data_source_is_written_into_it(self):
        sources = {json.dumps(each["datasource"]) for panel in PANELS
                   for each in [panel, *panel["targets"]]}
        assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}

    def test_each_legend_names_labels_that_the_expression_leaves(self, exposed):
        for panel in PANELS:
            for target in panel["targets"]:
                groups = re.findall(r"\bby \(([^)]*)\)", target["expr"])
                known = set(groups[0].split(", ")) if groups else FROM_SCRAPE.union(
                    *(exposed[name] for name, _ in SELECTOR.findall(target["expr"])))
                assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= known

    def test_every_metric_has_its_place_in_it_or_in_an_alarm(self, exposed):
        """But for those that only make sense in others' company."""
        named = {name for expression in EXPRESSIONS for name, _ in SELECTOR.findall(expression)}
        bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed}
        assert bases - {re.sub(r"_bucket$", "", name) for name in named} == {
            "vscpwsd_start_time_seconds", "vscpwsd_clients_accepted_total",
            "vscpwsd_hub_batches_total", "process_virtual_memory_bytes"}
