"use strict";
/* The leaderboard: sorting, ranking, filtering and columns; its state is in the address after '#'. The page contains all
   rows; this script keeps only the visible ones in the table, so that it stays fast with thousands of them. */

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

/* Same as reports/views/ranking.py: a rank is a range where intervals overlap. */
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

const CHOICES = ["data", "evidence", "origin", "boxes", "input_size", "flip_test"];

class Board {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.status = document.querySelector(".status");
    this.first = table.dataset.first.split(" ").filter(Boolean);
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [this.sheet];
    this.headers = [...table.tHead.rows[0].cells].filter(th => th.dataset.col);
    this.place = Object.fromEntries(this.headers.map(th => [th.dataset.col, th.cellIndex]));
    table.remove(); // removing thousands of rows is fast while the table is not laid out
    this.groups = [...table.tBodies].map(body => this.group(body));
    document.querySelector(".board-place").append(table);
    this.limit = LIMIT;
    this.more = document.querySelector(".more");
    this.more.addEventListener("click", () => { this.limit += LIMIT; this.filter(); });
    for (const th of this.headers) this.sortable(th);
    form.hidden = false;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("reset", () => { this.sort = null; setTimeout(() => this.changed()); });
    for (const button of form.querySelectorAll("[data-copy-as]"))
      button.addEventListener("click", () => copy(this.written(button.dataset.copyAs), button));
    addEventListener("hashchange", () => this.fromAddress());
    this.fromAddress();
    table.classList.add("ready");
  }

  group(body) {
    const [head, ...rows] = body.rows;
    body.replaceChildren(head);
    return { body, head, rows: rows.map((row, place) => {
      const [rank, name] = row.cells;
      return { row, place, text: name.textContent.toLowerCase(), rank: rank.textContent,
        origin: row.dataset.origin, evidence: row.dataset.evidence.split(" ") };
    }) };
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

  /* The state as text, without defaults. */
  toAddress() {
    const state = new URLSearchParams();
    const fields = this.form.elements;
    for (const name of ["q", ...CHOICES]) if (fields[name]?.value) state.set(name, fields[name].value);
    if (fields.by.value !== "p") state.set("by", fields.by.value);
    const shown = this.columns();
    if (shown.join() !== this.first.join()) state.set("cols", shown.join(","));
    if (this.sort) { state.set("sort", this.sort.column); state.set("dir", this.sort.direction); }
    return state.toString();
  }

  fromAddress() {
    if (location.hash && !location.hash.includes("=")) { this.show(); return; }
    const state = new URLSearchParams(location.hash.slice(1));
    const fields = this.form.elements;
    fields.q.value = state.get("q") || "";
    for (const name of CHOICES) if (fields[name]) {
      fields[name].value = state.get(name) || "";
      if (fields[name].selectedIndex < 0) fields[name].value = "";
    }
    fields.by.value = state.get("by") === "h" ? "h" : "p";
    const wanted = state.has("cols") ? state.get("cols").split(",") : this.first;
    for (const box of this.form.querySelectorAll("[name=cols]")) box.checked = wanted.includes(box.value);
    this.sort = state.get("sort") in this.place
      ? { column: state.get("sort"), direction: state.get("dir") === "ascending" ? "ascending" : "descending" } : null;
    this.show();
  }

  columns() {
    return [...this.form.querySelectorAll("[name=cols]:checked")].map(box => box.value);
  }

  changed() {
    this.limit = LIMIT;
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
    for (const group of this.groups) group.head.cells[0].colSpan = shown.length + 3;
    const order = JSON.stringify([this.sort, this.form.elements.by.value]);
    if (order !== this.ordered) for (const group of this.groups) this.order(group);
    this.ordered = order;
    this.filter();
  }

  /* Rows of a group in the chosen order with their ranks; those without a value come last. */
  order(group) {
    const { sort } = this;
    group.order = group.rows.map(item => ({ item, label: item.rank }));
    if (!sort) return;
    const mark = "measured" in group.body.dataset || this.form.elements.by.value === "h" || ["flops", "fps"].includes(sort.column) ? "h" : "p";
    const at = this.place[sort.column];
    const better = this.headers.find(th => th.dataset.col === sort.column).dataset.better;
    const all = group.rows.map(item => ({ item, label: "unranked", span: span(item.row.cells[at], mark) }));
    const ranked = all.filter(one => one.span);
    ranks(ranked.map(one => one.span), better === "lower" ? -1 : 1).forEach((rank, i) => { ranked[i].label = rank; });
    const sign = sort.direction === "ascending" ? 1 : -1;
    ranked.sort((a, b) => sign * (a.span.value - b.span.value) || a.item.place - b.item.place);
    group.order = [...ranked, ...all.filter(one => !one.span)];
  }

  filter() {
    const value = name => this.form.elements[name]?.value || "";
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const origin = value("origin"), evidence = value("evidence");
    let matching = 0, total = 0, left = this.limit;
    for (const { body, head, order } of this.groups) {
      const inGroup = (!value("data") || body.dataset.split === value("data"))
        && ["boxes", "input_size", "flip_test"].every(part => !value(part) || body.dataset[part] === value(part));
      const fits = !inGroup ? [] : order.filter(({ item }) => (!origin || item.origin === origin)
        && (!evidence || item.evidence.includes(evidence)) && words.every(word => item.text.includes(word)));
      const shown = fits.slice(0, left);
      for (const { item, label } of shown)
        if (item.row.cells[0].textContent !== label) item.row.cells[0].textContent = label;
      body.replaceChildren(head, ...shown.map(({ item }) => item.row));
      body.hidden = !shown.length;
      total += order.length;
      matching += fits.length;
      left -= shown.length;
    }
    const some = matching > this.limit;
    this.status.textContent = `${matching} of ${total} entries match${some ? `; the first ${this.limit} are shown` : ""}.`;
    this.more.hidden = !some;
    this.more.textContent = `Show ${Math.min(LIMIT, matching - this.limit)} more`;
  }

  /* The visible rows as Markdown or LaTeX, one table per protocol. */
  written(format) {
    const text = node => node.textContent.replace(/\s+/g, " ").trim();
    const shown = cell => {
      const [printed, here, note] = [".printed", "b", ".unit"].map(part => cell.querySelector(part));
      if (cell.matches("td[data-col]")) {
        const sides = [printed ? text(printed) : "–", ...(here ? [text(here)] : [])];
        return sides.join(" / ") + (note ? ` (${text(note)})` : "");
      }
      const plain = cell.cloneNode(true);
      for (const extra of plain.querySelectorAll(".sr, .origin")) extra.remove();
      return text(plain);
    };
    const cells = row => [...row.cells].filter(cell => cell.offsetParent).map(shown);
    const head = cells(this.table.tHead.rows[0]);
    const groups = this.groups.filter(({ body }) => !body.hidden);
    const title = ({ head: row }) => `${row.cells[0].firstElementChild.firstChild.textContent.trim()} (printed / measured here)`;
    const rows = ({ body }) => [...body.rows].slice(1).map(cells);
    return groups.map(group => format === "tex" ? asLatex(title(group), head, rows(group)) : asMarkdown(title(group), head, rows(group))).join("\n");
  }
}

function asMarkdown(title, head, rows) {
  const line = row => `| ${row.map(text => text.replace(/[\\`*_{}[\]()#+!|<>~&]/g, "\\$&")).join(" | ")} |`;
  return [`**${title}**`, "", line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line), ""].join("\n");
}

const LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}",
  "–": "--", "−": "\\ensuremath{-}", "×": "\\ensuremath{\\times}", "↑": "\\ensuremath{\\uparrow}", "↓": "\\ensuremath{\\downarrow}",
  "⇒": "\\ensuremath{\\Rightarrow}", "✓": "\\ensuremath{\\checkmark}", "○": "\\ensuremath{\\circ}" };

function asLatex(title, head, rows) {
  const safe = text => text.replace(/[\\~^<>–−×↑↓⇒✓○]|[{}$&#_%]/g, one => LATEX[one] || `\\${one}`);
  const line = row => `${row.map(safe).join(" & ")} \\\\`;
  return [`% ${title}`, `\\begin{tabular}{ll${"c".repeat(head.length - 2)}}`, "\\toprule", line(head), "\\midrule",
    ...rows.map(line), "\\bottomrule", "\\end{tabular}", ""].join("\n");
}

document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("table.board");
  if (table) new Board(table, document.querySelector("form.controls"));
});
