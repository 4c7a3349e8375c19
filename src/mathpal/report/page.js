"use strict";
// Without this script every example is shown; with it, those that a filter leaves, some at a time.
const PAGE = 12;
const form = document.querySelector("form.filters");
const list = [...document.querySelectorAll(".example")];
const buttons = [...form.querySelectorAll("button")];
const kind = form.querySelector("select");
const count = document.querySelector("#count");
const more = document.querySelector("#more");
let flag = "all";
let limit = PAGE;

function show() {
  const left = list.filter((example) =>
    (flag === "all" || example.dataset.flags.split(" ").includes(flag)) &&
    (!kind || !kind.value || example.dataset.kind === kind.value));
  const shown = new Set(left.slice(0, limit));
  for (const example of list) example.hidden = !shown.has(example);
  for (const button of buttons) button.setAttribute("aria-pressed", button.value === flag);
  count.textContent = left.length ? `${shown.size} of ${left.length} shown` : "no example is both";
  more.hidden = shown.size === left.length;
}

for (const button of buttons) {
  button.addEventListener("click", () => { flag = button.value; limit = PAGE; show(); });
}
if (kind) kind.addEventListener("change", () => { limit = PAGE; show(); });
more.addEventListener("click", () => { limit += PAGE; show(); });
form.hidden = false;
show();
