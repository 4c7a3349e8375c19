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
  key: one.name,
  name: one.name,
  kind: "number",
  objective: data.objectives.indexOf(one),
  ...one.axis,
}))];
const chosen = {
  sort: null, order: null, state: "all", ranges: new Map(), held: null, seen: null,
  colour: 0, x: 0, y: 1, curve: Object.keys(data.curves)[0],
};
const charts = [];
const NEAR = 26;  // pixels within which a pointer means a trial

function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
}

function add(parent, name, attributes = {}, text = null) {
  const node = parent.appendChild(document.createElementNS(SVG, name));
  set(node, attributes);
  if (text !== null) node.textContent = text;
  return node;
}
// Writes text in so many pixels; what is cut off stands in its title.
function write(parent, attributes, text, room) {
  const most = Math.max(3, Math.floor(room / 8.2));
  const isLong = text.length > most;
  const node = add(parent, "text", attributes, isLong ? `${text.slice(0, most - 1)}…` : text);
  if (isLong) add(node, "title", {}, text);
}

const between = (value, low, high) => Math.min(high, Math.max(low, value));
const place = (axis, trial) => axis.objective === undefined
  ? trial.at[axes.indexOf(axis)] : trial.values[axis.objective];
const pair = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const line = (points) => `M${points.map(([x, y]) => pair(x, y)).join("L")}`;
const stairs = (points) => points.map(([x, y], i) => (i ? `H${x}V${y}` : `M${x} ${y}`)).join("");

function words(axis, at) {
  if (axis.kind === "choice") {
    return axis.ticks.reduce((a, b) => (Math.abs(b[1] - at) < Math.abs(a[1] - at) ? b : a))[0];
  }
  const value = axis.log
    ? axis.low * (axis.high / axis.low) ** at
    : axis.low + (axis.high - axis.low) * at;
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
  for (const button of document.querySelectorAll("button.free")) {
    button.hidden = !chosen.ranges.size;
  }
  document.querySelector("#count").textContent =
    left.size === rows.length ? "" : `${left.size} of ${rows.length} trials`;
  show();
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
    const byNumber = a.dataset.trial - b.dataset.trial;
    if (p === null || q === null) return (p === null) - (q === null) || byNumber;
    const order = isNumber ? p - q : p.localeCompare(q, undefined, { numeric: true });
    return sign * order || byNumber;
  });
  table.tBodies[0].append(...rows);
  for (const one of heads) one.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", chosen.order);
}

// Show one trial everywhere: the one that is pointed at, else the one that is held.
function show() {
  const number = chosen.seen ?? chosen.held;
  for (const chart of charts) {
    const shown = chart.marks.filter((mark) => mark.number === number);
    const isLit = shown.some((mark) => !mark.node.classList.contains("out"));
    chart.svg.classList.toggle("lit", isLit);
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
    const cell = row.cells[i];
    const text = (cell.querySelector("summary") ?? cell).textContent.trim().replace(/\s+/g, " ");
    if (i === 0 || text === "" || text === "–" || head.dataset.key === "started") return;
    const part = document.createElement("span");
    const name = head.textContent.trim();
    part.textContent = ["state", "reason"].includes(name) ? text : `${name} ${text}`;
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
  const at = {
    x: (t) => left + t * wide,
    y: (t) => top + (1 - t) * high,
    left,
    right: left + wide,
    base: top + high,
  };
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
  const below = { x: (left + at.right) / 2, y: chart.tall - 5, "text-anchor": "middle" };
  write(group, below, xName, wide);
  return at;
}

function wholeTicks(last, wide) {
  const rough = Math.max(1, last / Math.max(2, Math.floor(wide / 90)));
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((one) => one >= rough);
  const ticks = [];
  for (let mark = 0; mark <= last; mark += step) {
    ticks.push([mark.toLocaleString("en"), mark / last]);
  }
  return ticks;
}

function dot(chart, parent, trial, x, y, shape = trial.state) {
  trace(chart, parent, trial.number, [[x, y]], "use", {
    href: `#mark-${shape}`, class: `dot ${shape}`, transform: `translate(${pair(x, y)})`,
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
  const height = (number) => at.y(trials.get(number).values[index]);
  const records = objective.records.map((number) => [x(number), height(number)]);
  if (records.length) add(svg, "path", { class: "step", d: `${stairs(records)}H${x(last)}` });
  const group = add(svg, "g");
  for (const trial of data.trials) {
    const value = trial.values[index];
    dot(chart, group, trial, x(trial.number), value === null ? at.base + 16 : at.y(value));
  }
  if (without.length) {
    add(svg, "text", { x: at.left - 8, y: at.base + 20, "text-anchor": "end" }, "none");
  }
  const best = objective.records.at(-1);
  const told = best === undefined ? "None is complete." : `The best is trial ${best}.`;
  const label = `${objective.name} of ${data.trials.length} trials by number. ${told}`;
  svg.setAttribute("aria-label", label);
}

function drawFront(chart) {
  const svg = begin(chart);
  const [one, other] = [data.objectives[chosen.x], data.objectives[chosen.y]];
  const at = frame(chart, one.axis, other.axis, `${one.name}, against ${other.name} upwards`);
  const point = (trial) => [at.x(trial.values[chosen.x]), at.y(trial.values[chosen.y])];
  const shown = data.trials.filter((trial) => trial.state === "complete" &&
    trial.values[chosen.x] !== null && trial.values[chosen.y] !== null);
  // How much is lost by either objective; on the front of more than two, some trials are beaten in
  // these two, and are not joined.
  const loss = (trial) => [[chosen.x, one], [chosen.y, other]].map(([index, { direction }]) =>
    (direction === "maximize" ? -1 : 1) * trial.values[index]);
  const ordered = shown.filter((trial) => trial.best)
    .sort((a, b) => loss(a)[0] - loss(b)[0] || loss(a)[1] - loss(b)[1]);
  const joined = [];
  for (const trial of ordered) {
    if (!joined.length || loss(trial)[1] < loss(joined.at(-1))[1]) joined.push(trial);
  }
  add(svg, "path", { class: "front", d: stairs(joined.map(point)) });
  const group = add(svg, "g");
  for (const trial of shown) {
    dot(chart, group, trial, ...point(trial), trial.best ? "complete" : "beaten");
  }
  svg.setAttribute("aria-label", `${shown.length} complete trials by ${one.name} and ` +
    `${other.name}, ${ordered.length} of them on the front.`);
}

function drawCurves(chart) {
  const svg = begin(chart);
  const curve = data.curves[chosen.curve];
  const scale = curve.y.log ? " (logarithmic scale)" : "";
  document.querySelector("#curve-name").textContent = curve.name + scale;
  const at = frame(chart, curve.x, curve.y, "step");
  const group = add(svg, "g");
  const drawn = data.trials.filter((trial) => curve.lines[trial.number]).sort(byRank);
  for (const trial of drawn) {
    const points = curve.lines[trial.number].map(([x, y]) => [at.x(x), at.y(y)]);
    const whole = add(group, "g");
    const node = add(whole, "path", { class: "trace", d: line(points) });
    node.classList.toggle("best", trial.best);
    colour(node, trial);
    chart.marks.push({ number: trial.number, node: whole }, { number: trial.number, node });
    chart.traces.push({ number: trial.number, node: whole, points });
    if (trial.state !== "complete") {
      add(whole, "use", {
        href: `#mark-${trial.state}`,
        class: `dot end ${trial.state}`,
        transform: `translate(${pair(...points.at(-1))})`,
      });
    }
  }
  svg.setAttribute("aria-label", `Loss over steps, ${curve.name}, of ${drawn.length} trials.`);
}

function isWhole(trial) {
  return ["complete", "pruned"].includes(trial.state) && trial.ranks.some((rank) => rank !== null);
}

const isUnused = (axis, trial) => axis.objective === undefined && place(axis, trial) === null;

// Axes side by side, or one below the other where there is no room.
function drawParallel(chart) {
  const isAcross = chart.box.clientWidth < Math.max(560, 95 * axes.length);
  chart.height = () => (isAcross ? 66 * axes.length + 16 : 400);
  const svg = begin(chart);
  svg.classList.toggle("across", isAcross);
  svg.setAttribute("role", "group");
  const drawn = data.trials.filter(isWhole).sort(byRank);
  const hasUnused = axes.some((axis) => drawn.some((trial) => isUnused(axis, trial)));
  const layout = laidOut(chart, isAcross, hasUnused);
  const group = add(svg, "g", { "aria-hidden": "true" });
  for (const trial of drawn) {
    const points = axes.flatMap((axis, i) => {
      const t = place(axis, trial);
      return t === null && !isUnused(axis, trial) ? [] : [layout.point(i, layout.pixel(t))];
    });
    const attributes = { class: "trace", d: line(points) };
    const node = trace(chart, group, trial.number, points, "path", attributes);
    node.classList.toggle("cut", trial.state === "pruned");
    node.classList.toggle("best", trial.best);
    colour(node, trial);
  }
  const mends = axes.map((axis, i) => {
    const node = add(svg, "g", { class: "axis" });
    drawScale(chart, node, axis, i, layout);
    if (drawn.some((trial) => isUnused(axis, trial))) {
      const [x, y] = layout.point(i, layout.pixel(null));
      const spot = isAcross ? { x, y: y + 20, "text-anchor": "middle" } : { x: x + 8, y: y + 4 };
      add(node, "text", { class: "tick", ...spot }, "unused");
    }
    return drawGrips(chart, node, axis, i, layout);
  });
  chart.mend = () => mends.forEach((mend) => mend());
}

// Where an axis, and a place on it, lie; trials that do not use a parameter pass before its start.
function laidOut(chart, isAcross, hasUnused) {
  const margin = isAcross ? 16 : 50;
  const gap = !hasUnused ? 0 : isAcross ? 60 : 46;
  const length = isAcross ? chart.width - 2 * margin - gap : chart.tall - 62 - gap;
  const apart = (chart.width - 2 * margin) / Math.max(1, axes.length - 1);
  const side = axes.length < 2 ? chart.width / 2 : margin;
  const across = (i) => (isAcross ? 34 + 66 * i : side + apart * i);
  const pixel = (t) => {
    const from = t === null ? -0.7 * gap : t * length;
    return isAcross ? margin + gap + from : chart.tall - 22 - gap - from;
  };
  const point = (i, at) => (isAcross ? [at, across(i)] : [across(i), at]);
  return { isAcross, length, across, pixel, point };
}

// The name of an axis, its line and its marks, as many as there is room for.
function drawScale(chart, node, axis, i, { isAcross, across, pixel }) {
  const here = across(i);
  const [from, to] = [pixel(0), pixel(1)];
  const d = isAcross ? `M${from} ${here}H${to}` : `M${here} ${from}V${to}`;
  add(node, "path", { class: "base", d });
  const isLast = i === axes.length - 1;
  if (isAcross) {
    write(node, { class: "title", x: 4, y: here - 12 }, axis.name, chart.width - 8);
  } else {
    const isStaggered = axes.length > 5;
    const [anchor, x] = i === 0 ? ["start", 0] : isLast ? ["end", chart.width] : ["middle", here];
    const y = isStaggered && i % 2 ? 32 : 16;
    const room = (isStaggered ? 1.8 : 0.9) * chart.width / axes.length;
    write(node, { class: "title", x, y, "text-anchor": anchor }, axis.name, room);
  }
  const share = isAcross ? (axis.kind === "choice" ? axis.ticks.length : 1) : axes.length;
  const room = 0.9 * chart.width / share;
  let taken = -Infinity;
  for (const [text, t] of axis.ticks) {
    const half = isAcross ? Math.min(4 * text.length, room / 2) : 7;
    const at = isAcross ? between(pixel(t), half + 2, chart.width - half) : -pixel(t);
    if (at - half < taken) continue;
    taken = at + half + (isAcross ? 6 : 0);
    const beside = isLast ? { x: here - 8, "text-anchor": "end" } : { x: here + 8 };
    const spot = isAcross
      ? { x: at, y: here + 20, "text-anchor": "middle" }
      : { ...beside, y: pixel(t) + 4 };
    write(node, { class: "tick", ...spot }, text, room);
  }
}

// What an axis is brushed with; returns what brings it up to date.
function drawGrips(chart, node, axis, i, { isAcross, length, across, pixel, point }) {
  const here = across(i);
  const [from, to] = [pixel(0), pixel(1)];
  const start = Math.min(from, to) - 8;
  const span = add(node, "rect", { class: "span" });
  const reach = add(node, "rect", { class: "reach", ...(isAcross
    ? { x: start, y: here - 12, width: length + 16, height: 24 }
    : { x: here - 12, y: start, width: 24, height: length + 16 }) });
  const now = () => chosen.ranges.get(axis) ?? [0, 1];
  const grips = ["from", "to"].map((end, which) => {
    const slider = add(node, "g", {
      role: "slider",
      tabindex: 0,
      "aria-label": `${axis.key}, ${end}`,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-orientation": isAcross ? "horizontal" : "vertical",
    });
    add(slider, "circle", { class: "reach", r: 14 });
    add(slider, "circle", { class: "grip", r: 5 });
    slider.addEventListener("keydown", (event) => step(event, axis, which, now()));
    return slider;
  });
  const value = (event) => {
    const box = chart.svg.getBoundingClientRect();
    const at = isAcross ? event.clientX - box.left : event.clientY - box.top;
    return between((at * chart.width / box.width - from) / (to - from), 0, 1);
  };
  drag(node, value, (low, high) => range(axis, low, high), now, [reach, ...grips]);
  return () => {
    const [low, high] = now();
    const [a, b] = [pixel(low), pixel(high)];
    const size = chosen.ranges.has(axis) ? Math.abs(b - a) : 0;
    set(span, isAcross
      ? { x: Math.min(a, b), y: here - 6, width: size, height: 12 }
      : { x: here - 6, y: Math.min(a, b), width: 12, height: size });
    [low, high].forEach((t, which) => set(grips[which], {
      transform: `translate(${point(i, pixel(t)).join(" ")})`,
      "aria-valuenow": Math.round(100 * t),
      "aria-valuetext": words(axis, t),
    }));
  };
}

const WAYS = {
  ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1,
  PageUp: 4, PageDown: -4, Home: -1000, End: 1000,
};

// Move an end of a range with the keyboard, or free its axis.
function step(event, axis, which, [low, high]) {
  const size = axis.kind === "choice" ? 1 / Math.max(1, axis.ticks.length - 1) : 0.05;
  const way = size * WAYS[event.key];
  if (event.key === "Escape") range(axis, 0, 1);
  else if (!way) return;
  else if (which) range(axis, low, between(high + way, low, 1));
  else range(axis, between(low + way, 0, high), high);
  event.preventDefault();
  event.stopPropagation();
}

// A drag from one place of an axis to another makes a range; a drag of a grip moves one end of it.
function drag(node, value, choose, now, [reach, ...grips]) {
  let begun = null;
  let other = null;
  let isDrag = false;
  for (const part of [reach, ...grips]) {
    part.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      see(null);
      begun = value(event);
      other = part === grips[0] ? now()[1] : part === grips[1] ? now()[0] : begun;
      isDrag = part !== reach;
      part.setPointerCapture(event.pointerId);
    });
    part.addEventListener("pointermove", (event) => {
      if (begun === null) return;
      const at = value(event);
      isDrag ||= Math.abs(at - begun) > 0.015;
      if (isDrag) choose(Math.min(at, other), Math.max(at, other));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      part.addEventListener(end, () => { begun = null; });
    }
  }
  node.addEventListener("click", (event) => { if (isDrag) event.stopPropagation(); });
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
  for (const [axis, [low, high]] of chosen.ranges) {
    kept.append("range", `${low.toFixed(3)},${high.toFixed(3)},${axis.key}`);
  }
  if ([...kept].length) history.replaceState(null, "", `#${kept}`);
  else if (location.hash.includes("=")) history.replaceState(null, "", "#trials");
}

function recall() {
  if (!location.hash.includes("=")) return;
  const kept = new URLSearchParams(location.hash.slice(1));
  const columns = heads.map((head) => head.dataset.key);
  const known = [...states.querySelectorAll("button[value]")].map((button) => button.value);
  const held = kept.has("trial") ? Number(kept.get("trial")) : null;
  chosen.sort = columns.includes(kept.get("sort")) ? kept.get("sort") : null;
  chosen.order = kept.get("order") === "descending" ? "descending" : "ascending";
  chosen.state = known.includes(kept.get("state")) ? kept.get("state") : "all";
  chosen.held = trials.has(held) ? held : null;
  chosen.ranges.clear();
  for (const text of kept.getAll("range")) {
    const [low, high, ...key] = text.split(",");
    const axis = axes.find((one) => one.key === key.join(","));
    const ends = [Number(low), Number(high)];
    if (axis && ends[0] <= ends[1]) chosen.ranges.set(axis, ends);
  }
  sort();
  filter();
}

function draw(kinds = null) {
  for (const chart of charts) if (!kinds || kinds.includes(chart.kind)) chart.draw(chart);
  filter();
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
  const drawers = {
    history: drawHistory, front: drawFront, curves: drawCurves, parallel: drawParallel,
  };
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
    row.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") see(number);
    });
    row.addEventListener("pointerleave", () => see(null));
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a, summary, button, pre")) hold(number);
    });
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
    select.addEventListener("change", () => {
      chosen[select.name] = Number(select.value);
      draw(["front"]);
    });
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
