"use strict";
/* Compares two results entry by entry, and checks files against stored digests. Nothing leaves the computer.
   The choice is in the address after '#'. */

const node = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

// ---------------------------------------------------------------- two results

/* All entries of a result by name: what it shares with others and what is its own. */
const entries = result => Object.assign({}, ...result.parts.map(at => EVIDENCE.parts[at]), result.own);

class Difference {
  constructor(form, place) {
    [this.form, this.place] = [form, place];
    for (const select of [form.elements.a, form.elements.b])
      for (const one of EVIDENCE.results) select.append(node("option", one.subject, { value: one.file }));
    form.hidden = false;
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("input", () => {
      const { a, b } = form.elements;
      history.replaceState(null, "", `#${new URLSearchParams({ a: a.value, b: b.value })}`);
      this.show();
    });
    addEventListener("hashchange", () => this.fromAddress());
    this.fromAddress();
  }

  fromAddress() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const { a, b } = this.form.elements;
    a.value = state.get("a");
    if (a.selectedIndex < 0) a.selectedIndex = 0;
    b.value = state.get("b");
    if (b.selectedIndex < 0) b.selectedIndex = this.nearest(a.selectedIndex);
    this.show();
  }

  /* Of the results of the same folder the next one; else the next of all. */
  nearest(at) {
    const folder = file => file.slice(0, file.lastIndexOf("/"));
    const all = EVIDENCE.results;
    const alike = all.findIndex((one, i) => i !== at && folder(one.file) === folder(all[at].file));
    return alike >= 0 ? alike : (at + 1) % all.length;
  }

  show() {
    const [a, b] = ["a", "b"].map(name => EVIDENCE.results[this.form.elements[name].selectedIndex]);
    const [left, right] = [entries(a), entries(b)];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
    const differ = keys.filter(key => left[key] !== right[key]);
    const shown = this.form.elements.all.checked ? keys : differ;
    const table = node("table", undefined, { class: "list difference" });
    table.append(node("caption", `${differ.length} of ${keys.length} entries differ`));
    const head = table.createTHead().insertRow();
    for (const text of ["Entry", a.subject, b.subject]) head.append(node("th", text, { scope: "col" }));
    const body = table.createTBody();
    for (const key of shown) {
      const row = body.insertRow();
      row.append(node("th", key, { scope: "row" }));
      for (const side of [left, right]) row.append(node("td", side[key] ?? "not stated"));
    }
    const around = node("div", undefined, { class: "scroll", role: "region", tabindex: "0", "aria-label": "Differences of the two results" });
    around.append(table);
    this.place.replaceChildren(around);
  }
}

// ---------------------------------------------------------------- files

const hexadecimal = buffer => [...new Uint8Array(buffer)].map(byte => byte.toString(16).padStart(2, "0")).join("");

/* What a digest belongs to: nodes to show. `wanted` is that of one result, else all results are searched. */
function verdictOn(digest, wanted) {
  if (wanted) return [digest === wanted ? "Yes: these are the stored predictions." : `No: this file has SHA-256 ${digest}.`];
  const found = EVIDENCE.results.filter(one => digest in one.digests);
  if (!found.length) return [`No stored result has this SHA-256: ${digest}. A file that was unpacked or packed again has another one.`];
  return found.flatMap(one => [`${one.digests[digest]}: `, node("a", one.subject, { href: one.page }), " "]);
}

for (const check of document.querySelectorAll(".check")) {
  const status = check.querySelector(".status");
  check.hidden = false;
  check.querySelector("input").addEventListener("change", async event => {
    const [file] = event.target.files;
    if (!file) return;
    if (!crypto.subtle) { status.textContent = "This browser computes no digests here; open the page from disk or over https."; return; }
    status.textContent = "Computing…";
    try {
      const digest = hexadecimal(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      status.replaceChildren(...verdictOn(digest, check.dataset.sha256));
    } catch (error) {
      status.textContent = `The file cannot be read: ${error.message}`;
    }
  });
}

const form = document.querySelector("form.pair");
if (form && EVIDENCE.results.length > 1) new Difference(form, document.querySelector(".evidence-diff"));
