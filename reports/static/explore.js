"use strict";
/* One image, two networks: the poses of any two runs on one test image, and the keypoints on which they disagree.
   Each run's poses are a script of their own (files/poses), which calls `addPoses`. The choice is in the address. */

const KINDS = { g: "good", j: "jitter", i: "inversion", s: "swap", m: "miss" };
const SHAPES = {
  good: "M-3 0A3 3 0 1 0 3 0A3 3 0 1 0 -3 0Z", jitter: "M-3 -3H3V3H-3Z", inversion: "M0 -4L4 0L0 4L-4 0Z", swap: "M0 -4L4 3H-4Z",
  miss: "M-4 -2.5L-2.5 -4L0 -1.5L2.5 -4L4 -2.5L1.5 0L4 2.5L2.5 4L0 1.5L-2.5 4L-4 2.5L-1.5 0Z",
};
const loaded = new Map();

function addPoses(data) {
  loaded.set(data.run, data);
}

function make(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function draw(name, attributes = {}, title = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (title) made.append(Object.assign(document.createElementNS(made.namespaceURI, "title"), { textContent: title }));
  return made;
}

const symbol = (kind, x, y, title) => draw("path", { class: `kind k-${kind}`, d: SHAPES[kind], transform: `translate(${x} ${y})` }, title);
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const kindOf = (person, k) => person.annotated[k] ? (person.predicted ? KINDS[person.kinds[k]] ?? "not judged" : "not detected") : "";

/* Keypoints of an image that exactly one of two runs places well: [index of the person, keypoint]. */
function disagreements(one, two) {
  return one.people.flatMap((person, p) => person.annotated
    .map((_, k) => [p, k])
    .filter(([, k]) => person.annotated[k] && (person.kinds[k] === "g") !== (two.people[p]?.kinds[k] === "g")));
}

class Explorer {
  constructor(form) {
    this.form = form;
    this.root = new URL(".", document.baseURI).href;
    this.place = document.querySelector(".explore-shown");
    this.said = document.querySelector(".explore-said");
    this.runs = [...document.querySelectorAll(".explore-runs li")].map(item => item.dataset).filter(run => run.file);
    if (!this.runs.length) return;
    for (const item of document.querySelectorAll(".explore-key [data-kind]")) item.querySelector("svg").append(symbol(item.dataset.kind, 0, 0));
    document.querySelector(".explore-key").hidden = form.hidden = false;
    for (const [group, runs] of this.grouped()) form.elements.a.append(make("optgroup", { label: group }, ...this.options(runs)));
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("input", () => this.changed());
    form.querySelector(".swap").addEventListener("click", () => {
      const { a, b } = form.elements;
      [a.value, b.value] = [b.value, a.value];
      this.changed();
    });
    for (const button of form.querySelectorAll(".step")) button.addEventListener("click", () => this.step(Number(button.value)));
    addEventListener("hashchange", () => this.fromAddress());
    this.fromAddress();
  }

  grouped() {
    const found = new Map();
    for (const run of this.runs) found.set(run.group, [...found.get(run.group) ?? [], run]);
    return found;
  }

  options(runs) {
    return runs.map(run => make("option", { value: run.run }, run.run));
  }

  fromAddress() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const { a, d } = this.form.elements;
    a.value = state.get("a");
    if (a.selectedIndex < 0) a.selectedIndex = 0;
    d.checked = state.get("d") === "1";
    this.show(state.get("b"), state.get("i"));
  }

  changed() {
    this.show(this.form.elements.b.value, this.form.elements.i.value).then(() => {
      const { a, b, i, d } = this.form.elements;
      history.replaceState(null, "", `#${new URLSearchParams({ a: a.value, b: b.value, i: i.value, ...d.checked && { d: 1 } })}`);
    });
  }

  step(by) {
    const { i } = this.form.elements;
    if (!i.length) return;
    i.selectedIndex = (i.selectedIndex + by + i.length) % i.length;
    this.changed();
  }

  load(name) {
    if (loaded.has(name)) return Promise.resolve(loaded.get(name));
    const file = this.runs.find(run => run.run === name).file;
    return new Promise((done, failed) => {
      const script = make("script", { src: new URL(file, this.root).href });
      script.addEventListener("load", () => done(loaded.get(name)));
      script.addEventListener("error", () => failed(new Error(`${file} could not be loaded`)));
      document.head.append(script);
    });
  }

  async show(second, image) {
    const { a, b, i, d } = this.form.elements;
    const group = this.runs.find(run => run.run === a.value).group;
    const others = this.runs.filter(run => run.group === group);
    b.replaceChildren(...this.options(others));
    b.value = second;
    if (b.selectedIndex < 0) b.selectedIndex = Math.max(0, others.findIndex(run => run.run !== a.value));
    const turn = this.turn = (this.turn ?? 0) + 1;
    try {
      const [one, two] = [await this.load(a.value), await this.load(b.value)];
      if (turn !== this.turn) return; // another choice was made while these were loaded
      const pairs = one.images.map(first => [first, two.images.find(other => other.number === first.number)]).filter(([, other]) => other)
        .map(([first, other]) => ({ first, other, apart: disagreements(first, other) }));
      const shown = d.checked ? pairs.filter(pair => pair.apart.length).sort((x, y) => y.apart.length - x.apart.length) : pairs;
      i.replaceChildren(...shown.map(({ first, apart }) => make("option", { value: first.number }, `${first.number} (${count(apart.length, "difference")})`)));
      i.value = image;
      if (i.selectedIndex < 0) i.selectedIndex = 0;
      this.draw(one, two, shown[i.selectedIndex], shown.length, pairs.length);
    } catch (error) {
      this.said.textContent = error.message;
      this.place.replaceChildren();
    }
  }

  draw(one, two, pair, shown, all) {
    if (!pair) {
      this.said.textContent = all ? `The two agree on every keypoint of ${count(all, "image")}.` : "The two share no image.";
      this.place.replaceChildren();
      return;
    }
    this.said.textContent = `Image ${pair.first.number}: ${count(pair.apart.length, "keypoint")} placed well by only one of the two, ringed in white. ${shown} of ${count(all, "image")} to choose from.`;
    const sides = [[one, pair.first, "First"], [two, pair.other, "Second"]];
    this.place.replaceChildren(...sides.map(side => this.figure(...side, pair.apart)), this.table(one, two, pair), ...sides.map(side => this.attention(...side)));
  }

  figure(run, image, side, apart) {
    const [file, width, height] = image.picture;
    const svg = draw("svg", { class: "pose", viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.append(draw("image", { href: new URL(file, this.root).href, width, height }));
    const all = image.people.flatMap(person => person.annotated.map((_, k) => kindOf(person, k))).filter(Boolean);
    const counts = [...Object.values(KINDS), "not judged", "not detected"].filter(kind => all.includes(kind)).map(kind => `${all.filter(other => other === kind).length} ${kind}`).join(", ") || "nothing annotated";
    svg.setAttribute("aria-label", `${side}: ${run.run} on image ${image.number}. Keypoints: ${counts}`);
    image.unmatched.forEach(points => this.limbs(svg, run, points, "other"));
    image.people.forEach((person, p) => this.person(svg, run, person, apart.filter(([other]) => other === p).map(([, k]) => k)));
    const score = image.people.map(person => person.score.toFixed(2)).join(", ");
    return make("figure", {}, make("figcaption", {}, make("b", {}, `${side}: ${run.run}`), `${run.of}; ${run.measure} ${score || "none"}; ${counts}${image.unmatched.length ? "; dashed: matches nobody" : ""}`), svg);
  }

  limbs(svg, run, points, name) {
    for (const [from, to] of run.limbs) {
      if (!points[from] || !points[to]) continue;
      const ends = { x1: points[from][0], y1: points[from][1], x2: points[to][0], y2: points[to][1] };
      if (name === "limb") svg.append(draw("line", { class: "rim", ...ends }));
      svg.append(draw("line", { class: name, ...ends }));
    }
  }

  person(svg, run, person, apart) {
    if (person.predicted) this.limbs(svg, run, person.predicted, "limb");
    this.limbs(svg, run, person.annotated, "truth");
    person.annotated.forEach((point, k) => {
      if (!point) return;
      const [x, y] = point;
      svg.append(draw("rect", { class: "truth", x: x - 2.5, y: y - 2.5, width: 5, height: 5 }, `${run.names[k]}, annotated`));
      const kind = kindOf(person, k);
      const [px, py] = person.predicted?.[k] ?? point;
      if (kind in SHAPES) svg.append(symbol(kind, px, py, `${run.names[k]}: ${kind}`));
      if (apart.includes(k)) svg.append(draw("circle", { class: "apart", cx: px, cy: py, r: 6.5 }));
    });
  }

  attention(run, image, side) {
    const own = run.figures.filter(figure => figure.image === image.number);
    const box = make("section", { "aria-label": `${side}: what ${run.run} attends to` });
    for (const figure of own) {
      const pictures = figure.pictures.map(([file, width, height, title, alt]) => make("figure", {},
        make("img", { src: new URL(file, this.root).href, width, height, alt, loading: "lazy" }), make("figcaption", {}, title)));
      box.append(make("h2", {}, figure.title), make("p", { class: "muted" }, figure.caption), make("div", { class: "pictures" }, ...pictures));
    }
    if (own.length) return box;
    const with_ = [...new Set(run.figures.map(figure => figure.image))].filter(number => run.images.some(other => other.number === number));
    box.append(make("p", { class: "muted" }, `${side}: no picture of what ${run.run} attends to in this image${with_.length ? `; there is one of image ${with_.join(", ")}` : ""}.`));
    return box;
  }

  table(one, two, { first, other, apart }) {
    const table = make("table", { class: "list" }, make("caption", {}, `Error type of each annotated keypoint of image ${first.number}; bold: placed well by only one`));
    table.createTHead().append(make("tr", {}, ...["Keypoint", one.run, two.run].map(text => make("th", { scope: "col" }, text))));
    const rows = first.people.flatMap((person, p) => person.annotated.flatMap((point, k) => {
      if (!point) return [];
      const name = first.people.length > 1 ? `Person ${p + 1}, ${one.names[k]}` : one.names[k];
      const differs = apart.some(([q, other]) => q === p && other === k);
      const kinds = [person, other.people[p]].map(who => make("td", {}, who ? kindOf(who, k) : "not evaluated"));
      return [make("tr", differs ? { class: "differs" } : {}, make("th", { scope: "row" }, name), ...kinds)];
    }));
    table.createTBody().append(...rows);
    return make("div", { class: "scroll types", role: "region", tabindex: "0", "aria-label": "Error types" }, table);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.explore");
  if (form) new Explorer(form);
});
