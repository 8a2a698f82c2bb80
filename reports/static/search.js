"use strict";
/* Search over the whole site, from any page: a field in the head that '/' focuses. What it searches is loaded when it is
   first used. Without scripts there is a link to search.html, which lists everything. All of it is in a block: other
   scripts of a page share its global names. */

{
const here = document.currentScript.src; // .../static/search.js
const MOST = 12;
const BOOST = { page: 3, paper: 4, method: 2.5, model: 2, table: 2, protocol: 2, notes: 1, claim: .5, row: .5 };

function load(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`../${path}`, here);
    script.onload = resolve;
    script.onerror = () => reject(new Error(path));
    document.head.append(script);
  });
}

let engine;
function ready() {
  return engine ??= Promise.all([load("static/minisearch/minisearch.js"), load("files/search.js")]).then(() => {
    const made = new MiniSearch({
      fields: ["title", "text"],
      storeFields: ["kind", "title", "url"],
      tokenize: text => text.split(/[^\p{L}\p{N}]+/u), // "DEKR†" is "dekr"; its own splitting keeps symbols
      searchOptions: {
        combineWith: "AND", prefix: true, boost: { title: 3 },
        boostDocument: (id, term, stored) => BOOST[stored.kind] ?? 1,
      },
    });
    made.addAll(SEARCH.map(([kind, title, text, url], id) => ({ id, kind, title, text, url })));
    return made;
  });
}

/* Exact words first; what is misspelt is found only if nothing else is. */
async function find(query) {
  const index = await ready();
  const found = index.search(query.replaceAll("×", "x"));
  return found.length ? found : index.search(query, { fuzzy: .25 });
}

const address = one => new URL(`../${one.url}`, here).href;

class SearchBox {
  constructor(box) {
    this.input = box.querySelector("input");
    this.list = box.querySelector("[role=listbox]");
    this.status = box.querySelector("[role=status]");
    this.at = -1;
    this.input.addEventListener("focus", () => ready().catch(() => {}), { once: true });
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", event => this.key(event));
    box.addEventListener("focusout", event => { if (!box.contains(event.relatedTarget)) this.close(); });
    document.addEventListener("keydown", event => {
      const writing = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || writing) return;
      event.preventDefault();
      this.input.focus();
      this.input.select();
    });
  }

  async show() {
    const query = this.input.value.trim();
    if (!query) return this.close();
    let found;
    try { found = await find(query); } catch { this.status.textContent = "The search could not be loaded."; return; }
    if (query !== this.input.value.trim()) return; // typed on meanwhile
    this.at = -1;
    this.list.replaceChildren(...found.slice(0, MOST).map((one, i) => option(one, i)));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = found.length ? `${found.length} found` : "Nothing found";
    this.status.classList.toggle("sr", found.length > 0);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = "";
    this.at = -1;
  }

  key(event) {
    const options = [...this.list.children];
    if (event.key === "Escape") { this.close(); return; }
    if (event.key === "Enter") {
      const chosen = options[Math.max(this.at, 0)];
      if (chosen && !this.list.hidden) location.href = chosen.firstElementChild.href;
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !options.length) return;
    event.preventDefault();
    this.at = (this.at + step + options.length + (this.at < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((one, i) => one.setAttribute("aria-selected", String(i === this.at)));
    options[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }
}

function option(one, i) {
  const item = document.createElement("li");
  item.id = `found-${i}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const link = document.createElement("a");
  link.href = address(one);
  link.tabIndex = -1;
  const kind = document.createElement("span");
  kind.textContent = one.kind;
  link.append(one.title, " ", kind);
  item.append(link);
  return item;
}

document.addEventListener("DOMContentLoaded", () => new SearchBox(document.querySelector(".search")));
}
