"use strict";
/* Compares two results: metrics, protocols, and the images that only one of them gets right. The choice is in the
   address after '#'. */

const RIGHT = 50;
const MOST = 200;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function listing(caption, head, rows, texts = false) {
  const table = element("table", undefined, { class: `list numbers${texts ? "" : " aligned"}` });
  table.append(element("caption", caption));
  const line = (cells, kind) => {
    const row = element("tr");
    cells.forEach((text, i) => row.append(kind === "head" ? element("th", text, { scope: "col" })
      : i ? element("td", text) : element("th", text, { scope: "row" })));
    return row;
  };
  table.createTHead().append(line(head, "head"));
  table.createTBody().append(...rows.map(row => line(row)));
  const around = element("div", undefined, { class: "scroll", role: "region", tabindex: "0", "aria-label": caption });
  around.append(table);
  return around;
}

const decimals = value => value === undefined ? "not measured" : value.toFixed(2).replace("-", "−");
const signed = value => `${value > 0 ? "+" : ""}${decimals(value)}`;

class Pair {
  constructor(form) {
    this.form = form;
    this.place = document.querySelector(".pair-shown");
    this.rows = [...document.querySelectorAll("table.results tr[data-name]")];
    for (const select of [form.elements.a, form.elements.b])
      for (const row of this.rows) select.append(element("option", row.dataset.name, { value: row.dataset.name }));
    form.hidden = false;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", event => event.preventDefault());
    form.querySelector(".swap").addEventListener("click", () => {
      const { a, b } = form.elements;
      [a.value, b.value] = [b.value, a.value];
      this.changed();
    });
    addEventListener("hashchange", () => this.fromAddress());
    this.fromAddress();
  }

  fromAddress() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const { a, b } = this.form.elements;
    a.value = state.get("a");
    b.value = state.get("b");
    if (a.selectedIndex < 0) a.selectedIndex = 0;
    if (b.selectedIndex < 0) b.selectedIndex = Math.min(1, this.rows.length - 1);
    this.show();
  }

  changed() {
    const { a, b } = this.form.elements;
    history.replaceState(null, "", `#${new URLSearchParams({ a: a.value, b: b.value })}`);
    this.show();
  }

  show() {
    const [one, two] = ["a", "b"].map(name => this.rows[this.form.elements[name].selectedIndex]);
    const [first, second] = [one, two].map(row => JSON.parse(row.dataset.metrics));
    const metrics = [...new Set([...Object.keys(first), ...Object.keys(second)])];
    const parts = [listing("Metrics", ["Metric", "First", "Second", "Second − first"], metrics.map(name => [name, decimals(first[name]),
      decimals(second[name]), name in first && name in second ? signed(second[name] - first[name]) : "not known"]))];
    parts.unshift(this.protocols(one, two), this.flips(one, two));
    this.place.replaceChildren(...[parts[2], parts[0], parts[1]].flat());
  }

  protocols(one, two) {
    const [first, second] = [one, two].map(row => JSON.parse(row.dataset.protocol));
    const rows = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort()
      .map(key => [key.replaceAll("_", " "), first[key] ?? "not stated", second[key] ?? "not stated"])
      .filter(([, a, b]) => a !== b);
    if (!rows.length) return element("p", "Both were evaluated under the same protocol.");
    return listing("Differences in protocol, which may explain differences in the metrics", ["Part", "First", "Second"], rows, true);
  }

  flips(one, two) {
    const scores = row => row.dataset.scores.split(" ").filter(Boolean).map(Number);
    const [first, second] = [scores(one), scores(two)];
    if (!first.length || !second.length) return element("p", "Which images changed is not known: at least one result has no scores per image. Run it again.");
    if (one.parentElement !== two.parentElement) return element("p", "The two results were evaluated on different people; their images cannot be compared.");
    const flipped = one.parentElement.dataset.images.split(" ").map((image, i) => [image, first[i], second[i]])
      .filter(([, a, b]) => (a >= RIGHT) !== (b >= RIGHT)).sort((x, y) => Math.abs(y[1] - y[2]) - Math.abs(x[1] - x[2]));
    const won = flipped.filter(([, a, b]) => b > a).length;
    const summary = element("p", `${flipped.length} of ${first.length} images changed (correct only in the second: ${won}, only in the first: ${flipped.length - won}).`);
    if (!flipped.length) return summary;
    const rows = flipped.slice(0, MOST).map(([image, a, b]) => [image, `${a} %`, `${b} %`, b > a ? "second" : "first"]);
    const caption = `Images that changed${flipped.length > MOST ? `, the ${MOST} with the largest difference` : ""}`;
    return [summary, listing(caption, ["Image", "First", "Second", "Correct in"], rows)];
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.pair");
  if (form) new Pair(form);
});
