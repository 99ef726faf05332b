// The elements for pages of your own; importing this module makes them known to the browser.
//
//   <script type="module" src="/vscp/elements.js"></script>
//   <vscp-connection><vscp-value vscp-class="measurement" vscp-type="temperature"></vscp-value>
//   </vscp-connection>

import { VscpAlarm } from "./alarm-element.js";
import { VscpConnectionElement } from "./connection-element.js";
import { VscpButton, VscpSlider, VscpSwitch } from "./controls.js";
import { VscpCover } from "./cover.js";
import { VscpGauge } from "./gauge.js";
import { VscpLog } from "./log.js";
import { VscpNodes } from "./nodes-element.js";
import { VscpPlot, VscpSeries } from "./plot.js";
import { VscpSetpoint } from "./setpoint.js";
import { VscpStat } from "./stat.js";
import { VscpValue } from "./value.js";

// The connection first: the others look for it.
const ELEMENTS = {
  "vscp-connection": VscpConnectionElement, "vscp-value": VscpValue, "vscp-gauge": VscpGauge,
  "vscp-series": VscpSeries, "vscp-plot": VscpPlot, "vscp-button": VscpButton,
  "vscp-switch": VscpSwitch, "vscp-slider": VscpSlider, "vscp-log": VscpLog,
  "vscp-setpoint": VscpSetpoint, "vscp-cover": VscpCover, "vscp-alarm": VscpAlarm,
  "vscp-nodes": VscpNodes, "vscp-stat": VscpStat,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
