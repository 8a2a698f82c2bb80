"use strict";
/* Everything is readable without this file. It adds: theme switch, copy buttons, and the leaderboard's
   sorting, ranking, filtering and columns, whose state lives in the address after '#'. */

// ---------------------------------------------------------------- theme

const themes = { auto: "system", light: "light", dark: "dark" };

function storedTheme() {
  try {
    return localStorage.getItem("theme") in themes ? localStorage.getItem("theme") : "auto";
  } catch { // storage may be forbidden for files; then the choice lasts for one page
    return document.documentElement.dataset.theme || "auto";
  }
}

function showTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

showTheme(storedTheme());
document.documentElement.classList.add("js");

function themeSwitch() {
  const button = document.querySelector("button.theme");
  const label = button.querySelector("span");
  button.hidden = false;
  label.textContent = themes[storedTheme()];
  button.addEventListener("click", () => {
    const names = Object.keys(themes);
    const next = names[(names.indexOf(storedTheme()) + 1) % names.length];
    try { localStorage.setItem("theme", next); } catch { /* see storedTheme */ }
    showTheme(next);
    label.textContent = themes[next];
  });
}

// ---------------------------------------------------------------- copying

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copying is not allowed here";
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}

function copyButtons() {
  for (const code of document.querySelectorAll("code.command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(code.textContent, button));
    code.after(button);
  }
  for (const button of document.querySelectorAll("button[data-copy=link]")) {
    button.addEventListener("click", () => copy(location.href, button));
  }
}

// ---------------------------------------------------------------- leaderboard

const LIMIT = 400;
const EPSILON = 1e-9;

/* Number of elements of an ascending list below `value`. */
function countBelow(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

/* As reports/ranking.py: a rank is a range wherever intervals overlap. */
function ranks(spans, sign) {
  const ends = spans.map(s => sign > 0 ? [s.low, s.high] : [-s.high, -s.low]);
  const lows = ends.map(e => e[0]).sort((a, b) => a - b);
  const highs = ends.map(e => e[1]).sort((a, b) => a - b);
  return ends.map(([low, high]) => {
    const step = high - low < EPSILON ? EPSILON : -EPSILON;
    const first = ends.length - countBelow(lows, high + step) + 1;
    const last = ends.length - countBelow(highs, low - step + Number.EPSILON);
    return first === last ? `${first}` : `${first}–${last}`;
  });
}

function span(cell, mark) {
  if (!cell || cell.dataset[mark] === undefined) return null;
  const end = (name, unknown) => name in cell.dataset ? Number(cell.dataset[name]) : unknown;
  return { value: Number(cell.dataset[mark]), low: end(mark + "l", -Infinity), high: end(mark + "u", Infinity) };
}

class Board {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.status = document.querySelector(".status");
    this.first = table.dataset.first.split(" ").filter(Boolean);
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [this.sheet];
    this.groups = [...table.tBodies].map(body => ({
      body, head: body.rows[0], rows: [...body.rows].slice(1).map((row, place) => ({
        row, place, text: row.cells[1].textContent.toLowerCase(), rank: row.cells[0].textContent,
        cells: Object.fromEntries([...row.cells].filter(c => c.dataset.col).map(c => [c.dataset.col, c])),
      })),
    }));
    this.all = false;
    this.headers = [...table.tHead.rows[0].cells].filter(th => th.dataset.col);
    for (const th of this.headers) this.sortable(th);
    form.hidden = false;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("reset", () => { this.sort = null; setTimeout(() => this.changed()); });
    addEventListener("hashchange", () => this.fromAddress());
    this.fromAddress();
    table.classList.add("ready");
  }

  sortable(th) {
    const label = th.querySelector(".sort");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = label.textContent;
    label.replaceWith(button);
    button.addEventListener("click", () => {
      const best = th.dataset.better === "lower" ? "ascending" : "descending";
      const other = best === "ascending" ? "descending" : "ascending";
      const again = this.sort && this.sort.column === th.dataset.col && this.sort.direction === best;
      this.sort = { column: th.dataset.col, direction: again ? other : best };
      this.changed();
    });
  }

  /* The state as text; what is as at first is left out. */
  toAddress() {
    const state = new URLSearchParams();
    const fields = this.form.elements;
    for (const name of ["q", "data", "evidence", "origin"]) if (fields[name].value) state.set(name, fields[name].value);
    if (fields.by.value !== "p") state.set("by", fields.by.value);
    const shown = this.columns();
    if (shown.join() !== this.first.join()) state.set("cols", shown.join(","));
    if (this.sort) { state.set("sort", this.sort.column); state.set("dir", this.sort.direction); }
    return state.toString();
  }

  fromAddress() {
    if (location.hash && !location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1));
    const fields = this.form.elements;
    for (const name of ["q", "data", "evidence", "origin"]) fields[name].value = state.get(name) || "";
    for (const name of ["data", "evidence", "origin"]) if (fields[name].selectedIndex < 0) fields[name].value = "";
    fields.by.value = state.get("by") === "h" ? "h" : "p";
    const wanted = state.has("cols") ? state.get("cols").split(",") : this.first;
    for (const box of this.form.querySelectorAll("[name=cols]")) box.checked = wanted.includes(box.value);
    const known = this.headers.some(th => th.dataset.col === state.get("sort"));
    this.sort = known ? { column: state.get("sort"), direction: state.get("dir") === "ascending" ? "ascending" : "descending" } : null;
    this.show();
  }

  columns() {
    return [...this.form.querySelectorAll("[name=cols]:checked")].map(box => box.value);
  }

  changed() {
    this.all = false;
    const state = this.toAddress();
    history.replaceState(null, "", state ? "#" + state : location.pathname + location.search);
    this.show();
  }

  show() {
    for (const th of this.headers) {
      if (this.sort && this.sort.column === th.dataset.col) th.setAttribute("aria-sort", this.sort.direction);
      else th.removeAttribute("aria-sort");
    }
    const shown = this.columns();
    const hidden = this.headers.map(th => th.dataset.col).filter(name => !shown.includes(name));
    this.sheet.replaceSync(hidden.map(name => `.board [data-col="${CSS.escape(name)}"] { display: none }`).join("\n"));
    for (const group of this.groups) {
      group.head.cells[0].colSpan = shown.length + 3;
      this.order(group);
    }
    this.filter();
  }

  order(group) {
    const { sort } = this;
    let rows = [...group.rows].sort((a, b) => a.place - b.place);
    const labels = new Map(rows.map(item => [item, item.rank]));
    if (sort) {
      const mark = "measured" in group.body.dataset || this.form.elements.by.value === "h" || ["flops", "fps"].includes(sort.column) ? "h" : "p";
      const header = this.headers.find(th => th.dataset.col === sort.column);
      const spans = new Map(rows.map(item => [item, span(item.cells[sort.column], mark)]));
      const ranked = rows.filter(item => spans.get(item));
      const found = ranks(ranked.map(item => spans.get(item)), header.dataset.better === "lower" ? -1 : 1);
      rows.forEach(item => labels.set(item, "unranked"));
      ranked.forEach((item, i) => labels.set(item, found[i]));
      const sign = sort.direction === "ascending" ? 1 : -1;
      ranked.sort((a, b) => sign * (spans.get(a).value - spans.get(b).value) || a.place - b.place);
      rows = [...ranked, ...rows.filter(item => !spans.get(item))];
    }
    for (const item of rows) if (item.row.cells[0].textContent !== labels.get(item)) item.row.cells[0].textContent = labels.get(item);
    const now = [...group.body.rows]; // a live list is slow to index
    if (rows.some((item, i) => now[i + 1] !== item.row)) {
      const moved = document.createDocumentFragment();
      for (const item of rows) moved.append(item.row);
      group.body.append(moved);
    }
  }

  filter() {
    const fields = this.form.elements;
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let matching = 0, total = 0;
    for (const group of this.groups) {
      const inData = !fields.data.value || group.body.dataset.split === fields.data.value;
      let here = 0;
      for (const { row, text } of group.rows) {
        const fits = inData && words.every(word => text.includes(word))
          && (!fields.origin.value || row.dataset.origin === fields.origin.value)
          && (!fields.evidence.value || row.dataset.evidence.split(" ").includes(fields.evidence.value));
        total += 1;
        if (fits) { matching += 1; here += 1; }
        row.hidden = !fits || (!this.all && matching > LIMIT);
      }
      group.body.hidden = !here || (!this.all && matching - here >= LIMIT);
    }
    this.status.textContent = `${matching} of ${total} entries match. `;
    if (matching > LIMIT && !this.all) this.offerAll(matching);
  }

  offerAll(matching) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `The first ${LIMIT} are shown; show all ${matching}`;
    button.addEventListener("click", () => { this.all = true; this.filter(); });
    this.status.append(button);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  themeSwitch();
  copyButtons();
  const table = document.querySelector("table.board");
  if (table) new Board(table, document.querySelector("form.controls"));
});
