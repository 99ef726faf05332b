// What plots and lists are made of, without a document: series with a past, axes, rhythms, alarms,
// and the names that somebody may have meant.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

process.env.TZ = "Europe/Berlin";
const { VSCP_LIBRARY: library, VSCP_CATALOG: catalogFile } = process.env;
const load = (name) => import(`${library}/${name}.js`);
const { Catalog, VscpEvent } = await load("vscp");
const { Alarms, alarmMood, alarmText, alarmWord } = await load("alarm");
const { TimeAxis, axisOf } = await load("axis");
const { rangeOf } = await load("chart");
const { DaemonClock } = await load("clock");
const { nearest } = await load("nearest");
const { Rhythm } = await load("rhythm");
const { Series } = await load("series");
const { tickTexts, timeTexts, timeTicks } = await load("ticks");

const catalog = new Catalog(JSON.parse(readFileSync(catalogFile, "utf8")));
const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A history of so many minutes from 0 on, with these values. */
const history = (...mean) => ({ from: 0, step: 60, unit: "°C", mean,
  min: mean.map((value) => value && value - 1), max: mean.map((value) => value && value + 1) });

test("the past stands where nothing was heard", () => {
  const series = new Series("air", "°C");
  series.add(2.2 * MINUTE, 25);
  series.fill(history(20, null, 22, 23), 3.2 * MINUTE);
  assert.deepEqual(series.times, [0.5, 2.2, 3.2].map((minutes) => minutes * MINUTE));
  assert.deepEqual(series.values, [20, 25, 23]); // of the running minute: nothing is later than now
  series.fill(history(20, null, 22, 23), 3.2 * MINUTE);
  assert.equal(series.times.length, 3); // told twice, there once
});

test("a past that makes no sense is no past", () => {
  const series = new Series("air", "°C");
  for (const wrong of [{ step: 0 }, { step: NaN }, { from: NaN }, { mean: ["x", {}] }]) {
    series.fill({ ...history(20, 21), ...wrong }, HOUR);
  }
  assert.equal(series.times.length, 0);
});

test("least, mean and greatest are those in sight, and of the steps in the past", () => {
  const series = new Series("air", "°C");
  series.fill(history(20, 30), HOUR);
  assert.deepEqual([series.stats(0, 2 * MINUTE).min, series.stats(0, 2 * MINUTE).max], [19, 31]);
  assert.equal(series.stats(0, MINUTE).max, 21);
  assert.equal(series.stats(HOUR, DAY), null);
});

test("in the mean a value counts for as long as it held", () => {
  const series = new Series("power", "W");
  for (let second = 0; second < 60; second += 10) series.add(second * 1000, 100);
  series.add(60000, 0);
  series.add(60100, 0); // two at once don't count for more
  const { mean } = series.stats(0, 70000);
  assert.ok(mean > 80 && mean < 90, String(mean));
});

test("there is a gap after three usual intervals, in what was heard and in the past", () => {
  const series = new Series("air", "°C");
  for (let time = 0; time < 10; time += 1) series.add(time * MINUTE, 20);
  assert.equal(series.gapLimits().heard, 3 * MINUTE);
  const slow = new Series("air", "°C");
  slow.fill(history(...Array.from({ length: 60 }, (_, at) => (at % 5 ? null : 20))), HOUR);
  assert.equal(slow.gapLimits().past, 15 * MINUTE);
});

test("an axis fits its values, and shows no noise as a mountain", () => {
  const range = (...values) => {
    const series = new Series("x", "");
    values.forEach((value, at) => series.add(at, value));
    return rangeOf([{ series, colour: "" }], 0, 1e6);
  };
  const span = ([low, high]) => high - low;
  assert.ok(span(range(21.4, 21.5)) >= 0.5 && span(range(21.4, 21.5)) < 1);
  assert.ok(span(range(231.1, 231.2)) >= 5);
  assert.ok(span(range(0, 0)) >= 1);
  const [low, high] = range(-10, 30);
  assert.ok(low > -15 && low < -10 && high > 30 && high < 35);
});

test("a value before what is in sight doesn't stretch the axis", () => {
  const series = new Series("x", "");
  series.add(0, 1000);
  series.add(HOUR, 20);
  const [, high] = rangeOf([{ series, colour: "" }], MINUTE, DAY);
  assert.ok(high < 30);
});

test("an axis' numbers have the places that tell them apart", () => {
  assert.deepEqual(tickTexts([20, 20.5, 21]), ["20.0", "20.5", "21.0"]);
  assert.deepEqual(tickTexts([0, 50, 100]), ["0", "50", "100"]);
  assert.deepEqual(tickTexts([0, 0.002, 0.004]), ["0.000", "0.002", "0.004"]);
  assert.deepEqual(tickTexts([0, 2e6]), ["0", "2M"]);
  assert.deepEqual(tickTexts([-0]), ["0"]);
});

test("times are round in local time, on the days when clocks are changed, too", () => {
  const hours = (times) => times.map((time) => new Date(time).getHours());
  for (const day of ["2026-01-15", "2026-03-29", "2026-10-25"]) {
    const from = new Date(`${day}T00:00`).getTime();
    const times = timeTicks(from, from + DAY, 4);
    assert.ok(hours(times).every((hour) => hour % 6 === 0), `${day}: ${hours(times)}`);
    assert.ok(times.every((time) => new Date(time).getMinutes() === 0));
  }
});

test("a date stands where a day begins, and nowhere where all is in one day", () => {
  const noon = new Date("2026-01-15T12:00").getTime();
  const dates = (from, to) => {
    const times = timeTicks(from, to, 6);
    return timeTexts(times, from, to).map(({ date }) => date);
  };
  assert.ok(dates(noon - 2 * HOUR, noon).every((date) => date === ""));
  const crossed = dates(noon - DAY, noon);
  assert.equal(crossed.filter(Boolean).length, 2);
  assert.match(crossed[0], /14/);
});

test("all plots with one clock and span have one axis", () => {
  const clock = new DaemonClock(() => 1000);
  assert.equal(axisOf(clock, HOUR), axisOf(clock, HOUR));
  assert.notEqual(axisOf(clock, HOUR), axisOf(clock, DAY));
  assert.notEqual(axisOf(clock, HOUR), axisOf(new DaemonClock(), HOUR));
});

test("an axis that is held stays, and goes along when the clock is set", () => {
  const side = { time: DAY };
  const clock = new DaemonClock(() => side.time);
  const axis = new TimeAxis(clock, HOUR);
  assert.equal(axis.end, DAY);
  axis.move(-HOUR);
  side.time += MINUTE;
  assert.equal(axis.end, DAY - HOUR);
  clock.offset = HOUR;
  assert.equal(axis.end, DAY);
  axis.move(DAY);
  assert.equal(axis.isPaused, false);
  axis.span = 1;
  assert.equal(axis.span, 5000);
});

test("three times what is usual is old, as soon as anything is usual", () => {
  const rhythm = new Rhythm();
  for (let time = 0; time <= 3; time += 1) {
    assert.equal(rhythm.limit, Infinity);
    rhythm.hear(time * MINUTE);
  }
  assert.equal(rhythm.limit, 3 * MINUTE);
  rhythm.hear(DAY); // one long silence changes nothing
  assert.equal(rhythm.limit, 3 * MINUTE);
});

const alarm = (vscpClass, type, data, node = 5) => new VscpEvent({ head: 0, class: vscpClass, type,
  obid: 1, datetime: "2026-01-02T03:04:05Z", timestamp: 0, data,
  guid: `${"00:".repeat(15)}0${node}` }, catalog);

test("an alarm stays until it is reset, by its node or for its zone", () => {
  for (const [raised, reset, left] of [
    [alarm(1, 2, [0, 2, 1]), alarm(1, 13, [0, 2, 1]), 0],
    [alarm(1, 2, [0, 2, 1]), alarm(1, 13, [0, 2, 1], 9), 0], // a panel's
    [alarm(1, 2, [0, 2, 1]), alarm(1, 13, [0, 255, 255], 9), 0],
    [alarm(1, 2, [0, 2, 1]), alarm(1, 13, [0, 3, 1]), 1],
    [alarm(1, 2, [0, 0, 0]), alarm(1, 13, [0, 0, 0], 9), 1], // no zone: another node's
    [alarm(513, 2, [...Array(16).fill(0), 0, 2, 1]), alarm(1, 13, [0, 2, 1]), 0],
    [alarm(2, 6, [0, 2, 1]), alarm(1, 13, [0, 2, 1]), 0],
    [alarm(1, 6, [0, 2, 1]), alarm(1, 8, [0, 2, 1]), 0],
    [alarm(1, 7, [0, 2, 1]), alarm(1, 8, [0, 2, 1]), 1],
    [alarm(1, 2, []), alarm(1, 13, []), 0],
  ]) {
    const alarms = new Alarms();
    assert.ok(alarms.add(raised));
    alarms.add(raised);
    assert.equal(alarms.count, 1);
    alarms.add(reset);
    assert.equal(alarms.count, left, `${raised.text} / ${reset.text}`);
  }
});

test("what happens every day is no alarm, but has its word", () => {
  const alarms = new Alarms();
  for (const event of [alarm(2, 1, [0, 1, 1]), alarm(2, 9, [0, 1, 1]), alarm(1, 10, []),
    alarm(20, 3, [0, 1, 1]), alarm(10, 6, [0x88, 1])]) assert.equal(alarms.add(event), false);
  assert.deepEqual([alarmWord(alarm(2, 1, [])), alarmWord(alarm(1, 2, [])),
    alarmWord(alarm(20, 3, []))], ["Security", "Alarm", ""]);
  assert.deepEqual([alarmMood(alarm(2, 9, [])), alarmMood(alarm(1, 13, [])),
    alarmMood(alarm(1, 2, []))], ["security", "", "alarm"]);
  assert.deepEqual([alarmText(alarm(2, 6, [])), alarmText(alarm(1, 2, []))],
    ["Security: Smoke sensor", "Alarm occurred"]);
});

test("however many alarms there are, so many are remembered", () => {
  const alarms = new Alarms();
  for (let index = 0; index < 1000; index += 1) alarms.add(alarm(1, 2, [index & 255, index >> 8]));
  assert.equal(alarms.count, 256);
});

test("a mistyped name is told with the nearest", () => {
  for (const [typed, meant] of [["mesurement", "Measurement"], ["temprature", "Temperature"],
    ["NODE_HARTBEAT", "Node Heartbeat"], ["xyzzy", null], ["", null]]) {
    assert.equal(nearest(typed, ["Measurement", "Temperature", "Node Heartbeat"]), meant, typed);
  }
  assert.throws(() => catalog.typeNumber("measurement", "temprature"),
    /no type of class Measurement is called "temprature"; did you mean "Temperature"\?/);
});
