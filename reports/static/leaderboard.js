"use strict";
/* One board: sorting, filtering, the Pareto front, grouping by exact protocol; its state is in the address after '#'.
   All rows are data in the page; the table holds only those shown, in the markup of templates/leaderboard.html. */

const EPSILON = 1e-9;
const [NAME, LINK, ORIGIN, CHIPS, PLACES, NOTE, VALUES, PROTOCOL, KNOWN] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const FIELDS = ["q", "params", "flops", "origin", "front"];
const NARROW = matchMedia("(max-width: 40rem)"); // one metric at a time

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
  const ends = spans.map(([low, high]) => sign > 0 ? [low, high] : [-high, -low]);
  const lows = ends.map(e => e[0]).sort((a, b) => a - b);
  const highs = ends.map(e => e[1]).sort((a, b) => a - b);
  return ends.map(([low, high]) => {
    const step = high - low < EPSILON ? EPSILON : -EPSILON;
    const first = ends.length - countBelow(lows, high + step) + 1;
    const last = ends.length - countBelow(highs, low - step + Number.EPSILON);
    return first === last ? `${first}` : `${first}–${last}`;
  });
}

/* The span of a value; null where it is not ranked: a printed cost, whose rule and machine are the paper's own. */
function span(value, column) {
  if (!value || value[1] === null) return null;
  const [, number, , low, high] = value;
  if (high !== undefined) return [low, high];
  if (low !== undefined) return [number - low, number + low];
  return column.side === "here" ? [-Infinity, Infinity] : null;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

class Board {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.root = table.dataset.root;
    this.step = this.limit = Number(table.dataset.limit);
    this.status = document.querySelector(".status");
    this.more = document.querySelector(".more");
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [this.sheet];
    this.columns = [...table.tHead.rows[1].cells].map((th, at) =>
      ({ th, at, metric: th.dataset.metric, side: th.dataset.side, sign: th.dataset.better === "lower" ? -1 : 1 }));
    this.more.addEventListener("click", () => { this.limit += this.step; this.draw(); });
    for (const column of this.columns) this.sortable(column);
    form.addEventListener("input", event => { this.follow(event.target); this.changed(); });
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("reset", () => { this.sort = null; setTimeout(() => this.changed()); });
    for (const button of form.querySelectorAll("[data-copy-as]"))
      button.addEventListener("click", () => copy(this.written(button.dataset.copyAs), button));
    addEventListener("hashchange", () => this.fromAddress());
    NARROW.addEventListener("change", () => this.show(true));
    this.fromAddress();
    requestIdleCallback(() => this.data);
  }

  /* Parsed when the page is idle, or when first needed. */
  get data() {
    this.parsed ??= JSON.parse(document.getElementById("rows").textContent);
    return this.parsed;
  }

  sortable(column) {
    const label = column.th.querySelector(".sort");
    const button = element("button", "sort");
    button.type = "button";
    button.append(...label.childNodes);
    label.replaceWith(button);
    button.addEventListener("click", () => {
      const best = column.sign < 0 ? "ascending" : "descending";
      const other = best === "ascending" ? "descending" : "ascending";
      const again = this.sort?.column === column && this.sort.direction === best;
      this.sort = { column, direction: again ? other : best };
      this.changed();
    });
  }

  get firstColumns() { return [...this.form.querySelectorAll("[name=cols]")].filter(box => box.defaultChecked).map(box => box.value); }

  /* On a narrow screen the metric that is filtered by is the one shown. */
  follow(field) {
    const metric = field.name === "front" ? field.value : field.name;
    const option = [...this.form.elements.metric.options].find(one => one.value === metric);
    if (NARROW.matches && option && field.value) option.selected = true;
  }

  chosen() { return [...this.form.querySelectorAll("[name=cols]:checked")].map(box => box.value); }

  visible() { return NARROW.matches ? [this.form.elements.metric.value] : this.chosen(); }

  /* The state as text, without defaults. */
  toAddress() {
    const state = new URLSearchParams();
    const fields = this.form.elements;
    for (const name of FIELDS) if (fields[name]?.value) state.set(name, fields[name].value);
    if (fields.strict.checked) state.set("strict", "1");
    const metric = fields.metric.selectedOptions[0];
    if (metric && !metric.defaultSelected) state.set("metric", metric.value);
    const shown = this.chosen();
    if (shown.join() !== this.firstColumns.join()) state.set("cols", shown.join(","));
    if (this.sort) state.set("sort", `${this.sort.column.metric}.${this.sort.column.side}.${this.sort.direction}`);
    return state.toString();
  }

  fromAddress() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const fields = this.form.elements;
    for (const name of FIELDS) if (fields[name]) {
      fields[name].value = state.get(name) || "";
      if (fields[name].selectedIndex < 0) fields[name].value = "";
    }
    fields.strict.checked = state.get("strict") === "1";
    const picked = [...fields.metric.options];
    const wishes = [state.get("metric"), (state.get("sort") || "").split(".")[0], state.get("front"), ...["params", "flops"].filter(name => state.has(name))];
    const asked = wishes.find(name => picked.some(one => one.value === name));
    (picked.find(one => one.value === asked && (state.has("metric") || NARROW.matches)) || picked.find(one => one.defaultSelected) || picked[0]).selected = true;
    const wanted = state.has("cols") ? state.get("cols").split(",") : this.firstColumns;
    for (const box of this.form.querySelectorAll("[name=cols]")) box.checked = wanted.includes(box.value);
    const [metric, side, direction] = (state.get("sort") || "").split(".");
    const column = this.columns.find(one => one.metric === metric && one.side === side);
    this.sort = column ? { column, direction: direction === "ascending" ? "ascending" : "descending" } : null;
    this.show([...state].length === 0);
  }

  changed() {
    this.limit = this.step;
    const state = this.toAddress();
    history.replaceState(null, "", state ? "#" + state : location.pathname + location.search);
    this.show(false);
  }

  /* untouched: the page as it was written is what is wanted. */
  show(untouched) {
    for (const column of this.columns) {
      if (this.sort?.column === column) column.th.setAttribute("aria-sort", this.sort.direction);
      else column.th.removeAttribute("aria-sort");
    }
    const shown = this.visible();
    const metrics = [...new Set(this.columns.map(one => one.metric))];
    const style = metrics.map(name =>
      `.js .board [data-metric="${CSS.escape(name)}"] { display: ${shown.includes(name) ? "table-cell" : "none"} }`).join("\n");
    if (style !== this.style) this.sheet.replaceSync(this.style = style);
    this.table.classList.add("drawn");
    if (untouched && !this.drawn && this.table.tBodies.length) {
      const rows = this.table.querySelectorAll("tbody tr:not(.group)").length;
      if (rows < this.step) return;
    }
    this.draw();
  }

  /* A cost as measured here, else as printed; null if neither is known. */
  cost(row, metric) {
    for (const side of ["here", "printed"]) {
      const column = this.columns.find(one => one.metric === metric && one.side === side);
      const value = column && row[VALUES][column.at];
      if (value && value[1] !== null) return value[1];
    }
    return null;
  }

  fitting(section) {
    const value = name => this.form.elements[name]?.value || "";
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const origin = value("origin");
    const within = name => value(name) === "" ? null : Number(value(name));
    const limits = ["params", "flops"].map(name => [name, within(name)]).filter(one => one[1] !== null);
    const text = row => [row[NAME], ...row[CHIPS], ...row[PLACES].flatMap(one => [one[0], ...one[3]]), row[NOTE]].join(" ").toLowerCase();
    const all = !origin && !limits.length && !words.length;
    const rows = all ? section.rows : section.rows.filter(row =>
      (!origin || (origin === "measured" ? row[KNOWN] : row[ORIGIN] === origin))
      && limits.every(([name, most]) => { const cost = this.cost(row, name); return cost !== null && cost <= most; })
      && (!words.length || words.every(word => text(row).includes(word))));
    return value("front") ? this.front(rows, section.main, value("front")) : rows;
  }

  /* Rows that no other one beats in accuracy at the same or a lower cost. */
  front(rows, main, metric) {
    const accuracy = this.columns.find(one => one.metric === main);
    const points = rows.map(row => ({ row, gain: accuracy && row[VALUES][accuracy.at]?.[1], cost: this.cost(row, metric) }))
      .filter(one => typeof one.gain === "number" && one.cost !== null)
      .sort((a, b) => a.cost - b.cost || b.gain - a.gain);
    let best = -Infinity;
    const kept = new Set(points.filter(one => one.gain > best && (best = one.gain, true)).map(one => one.row));
    return rows.filter(row => kept.has(row));
  }

  ordered(rows) {
    if (!this.sort) return rows;
    const { column, direction } = this.sort;
    const sign = direction === "ascending" ? 1 : -1;
    const known = [], unknown = [];
    rows.forEach((row, i) => {
      const value = row[VALUES][column.at];
      if (value && value[1] !== null) known.push([sign * value[1], i]); else unknown.push(row);
    });
    known.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return [...known.map(one => rows[one[1]]), ...unknown];
  }

  /* [title, [row, rank]...] of one section: its rows, or those of each protocol with their ranks. */
  groups(section) {
    const rows = this.ordered(this.fitting(section));
    if (!this.form.elements.strict.checked) return [[section.title, rows.map(row => [row, ""])]];
    const found = new Map();
    for (const row of rows) {
      if (!found.has(row[PROTOCOL])) found.set(row[PROTOCOL], []);
      found.get(row[PROTOCOL]).push(row);
    }
    const column = this.sort?.column || this.columns.find(one => one.metric === section.main);
    return [...found].map(([protocol, some]) => {
      const all = section.rows.filter(row => row[PROTOCOL] === protocol);
      const ranked = column ? all.filter(row => span(row[VALUES][column.at], column)) : [];
      const places = new Map(ranked.length
        ? ranks(ranked.map(row => span(row[VALUES][column.at], column)), column.sign).map((rank, i) => [ranked[i], rank]) : []);
      return [`${section.title}: ${this.data.protocols[protocol]}`, some.map(row => [row, places.get(row) || "unranked"])];
    });
  }

  draw() {
    this.drawn = true;
    let matching = 0, total = 0, left = this.limit;
    const bodies = [];
    for (const section of this.data.sections) {
      total += section.rows.length;
      for (const [title, rows] of this.groups(section)) {
        matching += rows.length;
        const shown = rows.slice(0, left);
        left -= shown.length;
        if (shown.length) bodies.push(this.body(title, shown, section.main));
      }
    }
    for (const body of [...this.table.tBodies]) body.remove();
    this.table.append(...bodies);
    const some = matching > this.limit;
    this.status.textContent = `${matching} of ${total} rows match${some ? `; the first ${this.limit} are shown` : ""}.`;
    this.more.hidden = !some;
    this.more.textContent = `Show ${Math.min(this.step, matching - this.limit)} more`;
  }

  body(title, rows, main) {
    const body = element("tbody");
    const head = element("tr", "group");
    const cell = element("th");
    cell.scope = "rowgroup";
    cell.colSpan = this.columns.length + 1;
    cell.append(element("span", "stick", title));
    head.append(cell);
    body.append(head, ...rows.map(([row, rank]) => this.row(row, rank, main)));
    return body;
  }

  /* Where one metric is shown and that is a cost, the accuracy stands below the name. */
  accuracy(row, main) {
    if (!NARROW.matches || this.visible()[0] === main) return "";
    const column = this.columns.find(one => one.metric === main && row[VALUES][one.at]);
    return column ? element("span", "origin", `${main} ${row[VALUES][column.at][0]} ${column.side}`) : "";
  }

  row(row, rank, main) {
    const made = element("tr", row[ORIGIN]);
    const name = element("th", "name");
    name.scope = "row";
    if (rank) name.append(element("span", "rank", rank), " ");
    name.append(row[LINK] ? this.link(row[NAME], row[LINK]) : row[NAME]);
    name.append(...row[CHIPS].map(chip => element("span", "chip", chip)), this.accuracy(row, main));
    const origin = element("span", "origin");
    row[PLACES].forEach(([label, link, text, chips], i) =>
      origin.append(i ? ", " : "", this.link(label, link), text ? `: ${text}` : "", chips.length ? ` (${chips.join(", ")})` : ""));
    origin.append(row[PLACES].length ? "" : row[NOTE]);
    name.append(origin);
    made.append(name, ...this.columns.map(column => this.cell(row[VALUES][column.at], column)));
    return made;
  }

  link(text, address) {
    const made = element("a", "", text);
    made.href = this.root + address;
    return made;
  }

  cell(value, column) {
    const made = element("td", value ? column.side === "here" ? "here" : "" : "none", value ? value[0] : "·");
    made.dataset.metric = column.metric;
    if (value && value[2]) {
      const [symbol, tone] = this.data.words[value[2]];
      const mark = element("span", `mini ${tone}`), sign = element("span", "", symbol);
      mark.title = value[2];
      sign.ariaHidden = "true";
      mark.append(sign, element("span", "sr", value[2]));
      made.append(mark);
    }
    return made;
  }

  /* The visible rows as Markdown or LaTeX, one table per heading. */
  written(format) {
    const text = node => node.textContent.replace(/\s+/g, " ").trim();
    const visible = this.columns.filter(one => this.visible().includes(one.metric));
    const head = ["Method", ...visible.map(one => `${text(this.table.tHead.querySelector(`[scope=colgroup][data-metric="${CSS.escape(one.metric)}"]`))} ${one.side}`)];
    const plain = cell => cell.firstChild.textContent;
    const line = row => [text(row.cells[0].querySelector("a") || row.cells[0].firstChild), ...visible.map(one => plain(row.cells[one.at + 1]))];
    return [...this.table.tBodies].map(body => (format === "tex" ? asLatex : asMarkdown)(
      text(body.rows[0]), head, [...body.rows].slice(1).map(line))).join("\n");
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

const board = document.querySelector("table.board");
if (board) new Board(board, document.querySelector("form.controls"));
