"use strict";
// Draws the charts from #data, where every value is a place between 0 and 1 on its axis, and keeps
// charts and table together: a trial that is pointed at or held is shown in all of them, and what
// a state or a range of an axis leaves out is left out of all. The address holds what was chosen.
const data = JSON.parse(document.querySelector("#data").textContent);
const SVG = document.querySelector("svg").namespaceURI;
const table = document.querySelector("#table");
const reading = document.querySelector("#reading");
const trials = new Map(data.trials.map((trial) => [trial.number, trial]));
const rows = table ? [...table.tBodies[0].rows] : [];
const rowOf = new Map(rows.map((row) => [Number(row.dataset.trial), row]));
const heads = table ? [...table.tHead.rows[0].cells] : [];
const states = document.querySelector("form.states");
const axes = [...data.parameters, ...data.objectives.filter((one) => one.axis).map((one) => ({
  key: one.name, name: one.name, kind: "number", objective: data.objectives.indexOf(one), ...one.axis,
}))];
const chosen = {
  sort: null, order: null, state: "all", ranges: new Map(), held: null, seen: null,
  colour: 0, x: 0, y: 1, curve: Object.keys(data.curves)[0],
};
const charts = [];
const NEAR = 26;  // pixels within which a pointer means a trial

function add(parent, name, attributes = {}, text = null) {
  const node = parent.appendChild(document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  return node;
}
const between = (value, low, high) => Math.min(high, Math.max(low, value));
const place = (axis, trial) => axis.objective === undefined
  ? trial.at[axes.indexOf(axis)] : trial.values[axis.objective];
const line = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function words(axis, at) {
  if (axis.kind === "choice") {
    return axis.ticks.reduce((a, b) => (Math.abs(b[1] - at) < Math.abs(a[1] - at) ? b : a))[0];
  }
  const value = axis.log ? axis.low * (axis.high / axis.low) ** at : axis.low + (axis.high - axis.low) * at;
  return axis.kind === "int" ? String(Math.round(value)) : Number(value.toPrecision(3)).toString();
}

// What is left by the state that was chosen and the ranges of the axes.
function isLeft(trial) {
  if (chosen.state !== "all" && trial.state !== chosen.state) return false;
  for (const [axis, [low, high]] of chosen.ranges) {
    const at = place(axis, trial);
    if (at === null || at < low - 1e-4 || at > high + 1e-4) return false;
  }
  return true;
}

function filter() {
  const left = new Set(data.trials.filter(isLeft).map((trial) => trial.number));
  for (const [number, row] of rowOf) row.hidden = !left.has(number);
  for (const chart of charts) {
    for (const mark of chart.marks) mark.node.classList.toggle("out", !left.has(mark.number));
    if (chart.mend) chart.mend();
  }
  for (const button of states.querySelectorAll("button[value]")) {
    button.setAttribute("aria-pressed", button.value === chosen.state);
  }
  for (const button of document.querySelectorAll("button.free")) button.hidden = !chosen.ranges.size;
  document.querySelector("#count").textContent = left.size === rows.length ? "" : `${left.size} of ${rows.length} trials`;
}

function sort() {
  const head = heads.find((one) => one.dataset.key === chosen.sort);
  if (!head) return;
  const column = heads.indexOf(head);
  const sign = chosen.order === "descending" ? -1 : 1;
  const isNumber = head.dataset.kind === "number";
  const keys = new Map(rows.map((row) => {
    const text = row.cells[column].dataset.value;
    const key = isNumber ? Number.parseFloat(text) : text;
    return [row, text === "" || Number.isNaN(key) ? null : key];
  }));
  rows.sort((a, b) => {
    const [p, q] = [keys.get(a), keys.get(b)];
    if (p === null || q === null) return (p === null) - (q === null) || a.dataset.trial - b.dataset.trial;
    const order = isNumber ? p - q : p.localeCompare(q, undefined, { numeric: true });
    return sign * order || a.dataset.trial - b.dataset.trial;
  });
  table.tBodies[0].append(...rows);
  for (const one of heads) one.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", chosen.order);
}

// Show one trial everywhere: the one that is pointed at, else the one that is held.
function show() {
  const number = chosen.seen ?? chosen.held;
  for (const chart of charts) {
    chart.svg.classList.toggle("lit", number !== null && chart.marks.some((mark) => mark.number === number));
    for (const mark of chart.marks) {
      const isOn = mark.number === number;
      if (isOn !== mark.node.classList.contains("on")) {
        mark.node.classList.toggle("on", isOn);
        if (isOn) mark.node.parentNode.append(mark.node);
      }
    }
  }
  for (const [of, row] of rowOf) {
    row.classList.toggle("on", of === number);
    row.querySelector(".hold").setAttribute("aria-pressed", of === chosen.held);
  }
  reading.hidden = number === null;
  document.body.classList.toggle("held", chosen.held !== null);
  if (number !== null) read(number);
}

function read(number) {
  const row = rowOf.get(number);
  const said = document.createElement("p");
  const strong = document.createElement("b");
  strong.textContent = `Trial ${number}`;
  said.append(strong);
  heads.forEach((head, i) => {
    const text = row.cells[i].querySelector("summary, time")?.textContent ?? row.cells[i].textContent.trim();
    if (i === 0 || text === "" || text === "–" || head.dataset.key === "started") return;
    const part = document.createElement("span");
    const name = head.textContent.trim();
    part.textContent = ["state", "reason"].includes(name) ? text.replace(/\s+/g, " ") : `${name} ${text}`;
    said.append(part);
  });
  const link = row.querySelector("a").cloneNode();
  link.textContent = "open its report";
  said.append(link);
  if (number === chosen.held) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "let go";
    button.addEventListener("click", () => hold(null));
    said.append(button);
  }
  reading.replaceChildren(said);
}

function see(number) {
  if (number === chosen.seen) return;
  chosen.seen = number;
  show();
}

function hold(number) {
  chosen.held = number === chosen.held ? null : number;
  chosen.seen = null;
  show();
  remember();
}

// Charts: each has `marks`, the nodes of trials, and `traces`, where these lie in pixels.
function nearest(chart, event) {
  const box = chart.svg.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let found = null;
  let least = NEAR ** 2;
  for (const { number, points, node } of chart.traces) {
    if (node.classList.contains("out")) continue;
    for (let i = 0; i < points.length; i += 1) {
      const [ax, ay] = points[i];
      const [bx, by] = points[Math.min(i + 1, points.length - 1)];
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const t = length ? between(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1) : 0;
      const distance = (ax + t * (bx - ax) - x) ** 2 + (ay + t * (by - ay) - y) ** 2;
      if (distance < least) [least, found] = [distance, number];
    }
  }
  return found;
}

function begin(chart) {
  const width = chart.box.clientWidth;
  const height = chart.height ? chart.height(width) : chart.box.clientHeight;
  const svg = document.createElementNS(SVG, "svg");
  svg.classList.toggle("many", data.trials.length > 100);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  if (chart.height) svg.style.height = `${height}px`;
  Object.assign(chart, { svg, width, tall: height, marks: [], traces: [], mend: null });
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) see(nearest(chart, event));
  });
  svg.addEventListener("pointerleave", () => see(null));
  svg.addEventListener("click", (event) => {
    const number = nearest(chart, event);
    if (number !== null) hold(number);
  });
  chart.box.replaceChildren(svg);
  svg.setAttribute("role", "img");
  return svg;
}

function trace(chart, parent, number, points, shape, attributes) {
  const node = add(parent, shape, attributes);
  chart.marks.push({ number, node });
  chart.traces.push({ number, node, points });
  return node;
}

function colour(node, trial) {
  const rank = trial.ranks[chosen.colour];
  if (rank === null) return;
  node.classList.add("ranked");
  node.style.setProperty("--rank", `${Math.round(100 * rank)}%`);
}

const byRank = (a, b) => (a.ranks[chosen.colour] ?? -1) - (b.ranks[chosen.colour] ?? -1);

// The two axes of a plot; returns the pixel of a place on each.
function frame(chart, x, y, xName, bottom = 44) {
  const left = 10 + 7.5 * Math.max(...y.ticks.map(([text]) => text.length));
  const [top, right] = [10, 10];
  const [wide, high] = [chart.width - left - right, chart.tall - top - bottom];
  const at = { x: (t) => left + t * wide, y: (t) => top + (1 - t) * high, left, right: left + wide, base: top + high };
  const group = add(chart.svg, "g", { "aria-hidden": "true" });
  for (const [text, t] of y.ticks) {
    add(group, "path", { class: "rule", d: `M${left} ${at.y(t)}H${at.right}` });
    add(group, "text", { x: left - 8, y: at.y(t) + 4, "text-anchor": "end" }, text);
  }
  add(group, "path", { class: "base", d: `M${left} ${at.base}H${at.right}` });
  let free = -Infinity;
  for (const [text, t] of x.ticks) {
    const half = 4 * text.length;
    const centre = between(at.x(t), left + half - 8, chart.width - half);
    if (centre - half < free) continue;
    free = centre + half + 8;
    add(group, "text", { x: centre, y: chart.tall - 24, "text-anchor": "middle" }, text);
  }
  add(group, "text", { x: (left + at.right) / 2, y: chart.tall - 5, "text-anchor": "middle" }, xName);
  return at;
}

function wholeTicks(last, wide) {
  const rough = Math.max(1, last / Math.max(2, Math.floor(wide / 90)));
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((one) => one >= rough);
  const ticks = [];
  for (let mark = 0; mark <= last; mark += step) ticks.push([mark.toLocaleString("en"), last ? mark / last : 0.5]);
  return ticks;
}

function dot(chart, parent, trial, x, y, shape = trial.state) {
  trace(chart, parent, trial.number, [[x, y]], "use", {
    href: `#mark-${shape}`, class: `dot ${shape}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
  });
}

function drawHistory(chart) {
  const svg = begin(chart);
  const index = Number(chart.box.dataset.objective);
  const objective = data.objectives[index];
  const last = Math.max(...data.trials.map((trial) => trial.number), 1);
  const without = data.trials.filter((trial) => trial.values[index] === null);
  const inside = (t) => 0.01 + 0.98 * t;
  const ticks = wholeTicks(last, chart.width).map(([text, t]) => [text, inside(t)]);
  const at = frame(chart, { ticks }, objective.axis, "trial", without.length ? 70 : 44);
  const x = (number) => at.x(inside(number / last));
  const records = objective.records.map((number) => [x(number), at.y(trials.get(number).values[index])]);
  if (records.length) {
    const steps = records.map(([px, py], i) => (i ? `H${px}V${py}` : `M${px} ${py}`)).join("");
    add(svg, "path", { class: "step", d: `${steps}H${x(last)}` });
  }
  const group = add(svg, "g");
  for (const trial of data.trials) {
    const value = trial.values[index];
    dot(chart, group, trial, x(trial.number), value === null ? at.base + 16 : at.y(value));
  }
  if (without.length) {
    add(svg, "text", { x: at.left - 8, y: at.base + 20, "text-anchor": "end" }, "none");
  }
  const best = objective.records.at(-1);
  svg.setAttribute("aria-label", `${objective.name} of ${data.trials.length} trials by number.` +
    (best === undefined ? " None is complete." : ` The best so far was found ${objective.records.length} times, last by trial ${best}.`));
}

function drawFront(chart) {
  const svg = begin(chart);
  const [one, other] = [data.objectives[chosen.x], data.objectives[chosen.y]];
  const at = frame(chart, one.axis, other.axis, `${one.name}, against ${other.name} upwards`);
  const shown = data.trials.filter((t) => t.state === "complete" && t.values[chosen.x] !== null && t.values[chosen.y] !== null);
  const less = (objective, value) => (objective.direction === "maximize" ? -value : value);
  const point = (t) => [at.x(t.values[chosen.x]), at.y(t.values[chosen.y])];
  // Of those on the front, the ones that no other beats in these two objectives are joined.
  let lowest = Infinity;
  const joined = shown.filter((t) => t.best)
    .sort((a, b) => less(one, a.values[chosen.x]) - less(one, b.values[chosen.x]) || less(other, a.values[chosen.y]) - less(other, b.values[chosen.y]))
    .filter((t) => less(other, t.values[chosen.y]) < lowest && ((lowest = less(other, t.values[chosen.y])), true));
  add(svg, "path", { class: "front", d: joined.map(point).map(([x, y], i) => (i ? `H${x}V${y}` : `M${x} ${y}`)).join("") });
  const group = add(svg, "g");
  for (const trial of shown) {
    dot(chart, group, trial, ...point(trial), trial.best ? "complete" : "beaten");
  }
  svg.setAttribute("aria-label", `${shown.length} complete trials by ${one.name} and ${other.name}, ${shown.filter((t) => t.best).length} of them on the front.`);
}

function drawCurves(chart) {
  const svg = begin(chart);
  const curve = data.curves[chosen.curve];
  document.querySelector("#curve-name").textContent = curve.name + (curve.y.log ? " (logarithmic scale)" : "");
  const at = frame(chart, curve.x, curve.y, "step");
  const group = add(svg, "g");
  const drawn = data.trials.filter((trial) => curve.lines[trial.number]).sort(byRank);
  for (const trial of drawn) {
    const points = curve.lines[trial.number].map(([x, y]) => [at.x(x), at.y(y)]);
    const whole = add(group, "g");
    const node = add(whole, "path", { class: trial.best ? "trace best" : "trace", d: line(points) });
    colour(node, trial);
    chart.marks.push({ number: trial.number, node: whole }, { number: trial.number, node });
    chart.traces.push({ number: trial.number, node: whole, points });
    if (trial.state !== "complete") {
      const [x, y] = points.at(-1);
      add(whole, "use", { href: `#mark-${trial.state}`, class: `dot end ${trial.state}`, transform: `translate(${x} ${y})` });
    }
  }
  svg.setAttribute("aria-label", `Loss over steps, ${curve.name}, of ${drawn.length} trials.`);
}

// Axes side by side, or one below the other where there is no room.
function drawParallel(chart) {
  const isAcross = chart.box.clientWidth < Math.max(560, 95 * axes.length);
  chart.height = (width) => (isAcross ? 66 * axes.length + 16 : 400);
  const svg = begin(chart);
  svg.classList.toggle("across", isAcross);
  svg.setAttribute("role", "group");
  const margin = isAcross ? 16 : 50;
  const isAbsent = axes.some((axis) => data.trials.some((t) => place(axis, t) === null && isDrawn(t)));
  const gap = isAbsent ? (isAcross ? 60 : 46) : 0;
  const along = isAcross ? (chart.width - 2 * margin - gap) : chart.tall - 62 - gap;
  const across = (i) => isAcross ? 34 + 66 * i
    : margin + (axes.length < 2 ? 0.5 : i / (axes.length - 1)) * (chart.width - 2 * margin);
  const pixel = (t) => {
    const from = t === null ? -gap * 0.7 : t * along;
    return isAcross ? margin + gap + from : chart.tall - 22 - gap - from;
  };
  const point = (i, t) => (isAcross ? [pixel(t), across(i)] : [across(i), pixel(t)]);
  const group = add(svg, "g", { "aria-hidden": "true" });
  const drawn = data.trials.filter(isDrawn).sort(byRank);
  for (const trial of drawn) {
    const points = axes.flatMap((axis, i) => {
      const t = place(axis, trial);
      return axis.objective !== undefined && t === null ? [] : [point(i, t)];
    });
    const node = trace(chart, group, trial.number, points, "path", { class: "trace", d: line(points) });
    node.classList.toggle("cut", trial.state === "pruned");
    node.classList.toggle("best", trial.best);
    colour(node, trial);
  }
  const mends = axes.map((axis, i) => drawAxis(chart, axis, i, { isAcross, across: across(i), pixel, along, gap, isLast: i === axes.length - 1 }));
  chart.mend = () => mends.forEach((mend) => mend());
}

function isDrawn(trial) {
  return ["complete", "pruned"].includes(trial.state) && trial.ranks.some((rank) => rank !== null);
}

function drawAxis(chart, axis, i, { isAcross, across, pixel, along, gap, isLast }) {
  const group = add(chart.svg, "g", { class: "axis" });
  const [from, to] = [pixel(0), pixel(1)];
  const start = Math.min(from, to);
  const spot = (at, off = 0) => (isAcross ? { x: at, y: across + off } : { x: across + off, y: at });
  add(group, "path", { class: "base", d: isAcross ? `M${from} ${across}H${to}` : `M${across} ${from}V${to}` });
  const anchor = i === 0 ? "start" : isLast ? "end" : "middle";
  add(group, "text", isAcross
    ? { class: "title", x: 4, y: across - 12 }
    : { class: "title", x: anchor === "start" ? 0 : anchor === "end" ? chart.width : across, y: 16 + (axes.length > 5 && i % 2 ? 16 : 0), "text-anchor": anchor }, axis.name);
  const isRight = !isAcross && isLast;
  let free = -Infinity;
  for (const [text, t] of axis.ticks) {
    if (isAcross) {
      const half = 4 * text.length;
      const centre = between(pixel(t), half + 2, chart.width - half);
      if (centre - half < free) continue;
      free = centre + half + 6;
      add(group, "text", { class: "tick", x: centre, y: across + 20, "text-anchor": "middle" }, text);
    } else {
      add(group, "text", { class: "tick", x: across + (isRight ? -8 : 8), y: pixel(t) + 4, "text-anchor": isRight ? "end" : "start" }, text);
    }
  }
  if (gap && data.trials.some((trial) => isDrawn(trial) && axis.objective === undefined && place(axis, trial) === null)) {
    const end = isAcross ? { x: pixel(null), y: across + 20, "text-anchor": "middle" } : { x: across + 8, y: pixel(null) + 4 };
    add(group, "text", { class: "tick", ...end }, "unused");
  }
  const span = add(group, "rect", { class: "span" });
  const reach = add(group, "rect", {
    class: "reach", x: isAcross ? start - 8 : across - 12, y: isAcross ? across - 12 : start - 8,
    width: isAcross ? along + 16 : 24, height: isAcross ? 24 : along + 16,
  });
  const grips = ["from", "to"].map((end, which) => {
    const slider = add(group, "g", {
      role: "slider", tabindex: 0, "aria-label": `${axis.key}, ${end}`, "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-orientation": isAcross ? "horizontal" : "vertical",
    });
    add(slider, "circle", { class: "reach", r: 14 });
    add(slider, "circle", { class: "grip", r: 5 });
    slider.addEventListener("keydown", (event) => {
      const step = axis.kind === "choice" ? 1 / Math.max(1, axis.ticks.length - 1) : 0.05;
      const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 4, PageDown: -4, Home: -1e3, End: 1e3 }[event.key];
      if (event.key === "Escape") range(axis, 0, 1);
      else if (way) {
        const now = [...(chosen.ranges.get(axis) ?? [0, 1])];
        now[which] = which ? between(now[1] + way * step, now[0], 1) : between(now[0] + way * step, 0, now[1]);
        range(axis, ...now);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return slider;
  });
  const value = (event) => {
    const box = chart.svg.getBoundingClientRect();
    const scale = box.width / chart.width;
    const at = (isAcross ? event.clientX - box.left : event.clientY - box.top) / scale;
    return between((at - from) / (to - from), 0, 1);
  };
  drag(group, value, (a, b) => range(axis, a, b), () => chosen.ranges.get(axis) ?? [0, 1], [reach, ...grips]);
  return () => {
    const [low, high] = chosen.ranges.get(axis) ?? [0, 1];
    const [a, b] = [pixel(low), pixel(high)];
    const isFree = !chosen.ranges.has(axis);
    const size = { [isAcross ? "width" : "height"]: isFree ? 0 : Math.abs(b - a), [isAcross ? "height" : "width"]: 12 };
    for (const [key, one] of Object.entries({ ...spot(Math.min(a, b), -6), ...size })) span.setAttribute(key, one);
    [low, high].forEach((t, which) => {
      const { x, y } = spot(pixel(t));
      grips[which].setAttribute("transform", `translate(${x} ${y})`);
      grips[which].setAttribute("aria-valuenow", Math.round(100 * t));
      grips[which].setAttribute("aria-valuetext", words(axis, t));
    });
  };
}

// A drag from one place of an axis to another makes a range; a drag of a grip moves one end of it.
function drag(group, value, set, get, [reach, ...grips]) {
  let other = null;
  let begun = null;
  for (const node of [reach, ...grips]) {
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      begun = value(event);
      other = node === grips[0] ? get()[1] : node === grips[1] ? get()[0] : begun;
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener("pointermove", (event) => {
      if (begun === null) return;
      const now = value(event);
      if (node !== reach || Math.abs(now - begun) > 0.015) set(Math.min(now, other), Math.max(now, other));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, (event) => {
        const moved = begun !== null && Math.abs(value(event) - begun) > 0.015;
        begun = null;
        if (moved || node !== reach) group.addEventListener("click", (click) => click.stopPropagation(), { once: true });
      });
    }
  }
}

function range(axis, low, high) {
  if (low <= 0.002 && high >= 0.998) chosen.ranges.delete(axis);
  else chosen.ranges.set(axis, [low, high]);
  filter();
  remember();
}

// The address keeps what was chosen, as #sort=eval_loss&state=complete&trial=3.
let isReady = false;
function remember() {
  if (!isReady) return;
  const kept = new URLSearchParams();
  if (chosen.sort) kept.set("sort", chosen.sort);
  if (chosen.sort && chosen.order === "descending") kept.set("order", "descending");
  if (chosen.state !== "all") kept.set("state", chosen.state);
  if (chosen.held !== null) kept.set("trial", chosen.held);
  for (const [axis, [low, high]] of chosen.ranges) kept.append("range", `${low.toFixed(3)},${high.toFixed(3)},${axis.key}`);
  if ([...kept].length) history.replaceState(null, "", `#${kept}`);
  else if (location.hash.includes("=")) history.replaceState(null, "", "#trials");
}

function recall() {
  if (!location.hash.includes("=")) return;
  const kept = new URLSearchParams(location.hash.slice(1));
  const known = [...states.querySelectorAll("button[value]")].map((button) => button.value);
  chosen.sort = heads.some((head) => head.dataset.key === kept.get("sort")) ? kept.get("sort") : null;
  chosen.order = kept.get("order") === "descending" ? "descending" : "ascending";
  chosen.state = known.includes(kept.get("state")) ? kept.get("state") : "all";
  chosen.held = kept.has("trial") && trials.has(Number(kept.get("trial"))) ? Number(kept.get("trial")) : null;
  chosen.ranges.clear();
  for (const text of kept.getAll("range")) {
    const [low, high, ...key] = text.split(",");
    const axis = axes.find((one) => one.key === key.join(","));
    if (axis && Number(low) <= Number(high)) chosen.ranges.set(axis, [Number(low), Number(high)]);
  }
  sort();
  filter();
  show();
}

function draw(kinds = null) {
  for (const chart of charts) if (!kinds || kinds.includes(chart.kind)) chart.draw(chart);
  filter();
  show();
}

function copying() {
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentNode.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 2000);
    });
  }
}

function start() {
  const drawers = { history: drawHistory, front: drawFront, curves: drawCurves, parallel: drawParallel };
  for (const box of document.querySelectorAll(".chart")) {
    charts.push({ box, kind: box.dataset.chart, draw: drawers[box.dataset.chart] });
  }
  for (const form of document.querySelectorAll("form.filters")) form.hidden = false;
  for (const button of states.querySelectorAll("button[value]")) {
    button.addEventListener("click", () => { chosen.state = button.value; filter(); remember(); });
  }
  for (const button of document.querySelectorAll("button.free")) {
    button.addEventListener("click", () => { chosen.ranges.clear(); filter(); remember(); });
  }
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      chosen.order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      chosen.sort = head.dataset.key;
      sort();
      remember();
    });
  }
  for (const [number, row] of rowOf) {
    row.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") see(number); });
    row.addEventListener("pointerleave", () => see(null));
    row.addEventListener("click", (event) => { if (!event.target.closest("a, summary, button, pre")) hold(number); });
    row.querySelector(".hold").addEventListener("click", () => hold(number));
  }
  for (const button of document.querySelectorAll("form.kinds button")) {
    button.addEventListener("click", () => {
      chosen.curve = button.value;
      for (const one of button.form.elements) one.setAttribute("aria-pressed", one === button);
      draw(["curves"]);
    });
  }
  document.querySelector("form.colours select")?.addEventListener("change", (event) => {
    chosen.colour = Number(event.target.value);
    draw(["parallel", "curves"]);
  });
  for (const select of document.querySelectorAll("form.axes select")) {
    select.addEventListener("change", () => { chosen[select.name] = Number(select.value); draw(["front"]); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen.held !== null) hold(null);
  });
  window.addEventListener("hashchange", recall);
  let width = 0;
  new ResizeObserver(() => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    draw();
  }).observe(document.body);
  draw();
  recall();
  isReady = true;
}

copying();
if (table) start();
