"use strict";
/* Everything is readable without scripts. This one adds a theme switch, copy buttons, and cards that open when the
   pointer hovers over a cell. The leaderboard and the comparison have their own scripts. */

// ---------------------------------------------------------------- theme

const themes = { auto: "system", light: "light", dark: "dark" };

function storedTheme() {
  try {
    return localStorage.getItem("theme") in themes ? localStorage.getItem("theme") : "auto";
  } catch { // storage may be blocked for local files; then the choice holds for this page only
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
  const label = button.querySelector(".name");
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

/* The outcome is shown on the button for a moment and announced to screen readers. */
async function copy(text, button) {
  const before = button.dataset.before ??= button.textContent;
  const outcome = await navigator.clipboard.writeText(text).then(() => "Copied", () => "The browser does not allow copying here");
  button.textContent = outcome;
  announce(outcome);
  setTimeout(() => { button.textContent = before; }, 1500);
}

function announce(text) {
  let place = document.getElementById("announcement");
  if (!place) {
    place = document.createElement("p");
    place.id = "announcement";
    place.className = "sr";
    place.setAttribute("role", "status");
    document.querySelector("main").append(place);
  }
  place.textContent = text;
}

/* A badge's addresses begin at the site's root; on the web the root is known. */
const ROOT = new URL("../", document.currentScript.src).href;

function badgeAddresses() {
  if (!ROOT.startsWith("http")) return;
  for (const source of document.querySelectorAll("pre.source[data-name^='Badge']")) source.textContent = source.textContent.replaceAll("](", `](${ROOT}`);
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
  for (const source of document.querySelectorAll("pre.source")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${source.dataset.name}`);
    button.addEventListener("click", () => copy(source.textContent, button));
    source.closest("details").after(button);
  }
}

// ---------------------------------------------------------------- cards

/* A cell's card opens by click and keyboard without this script; this adds opening on hover. */
function hoverCards() {
  if (!matchMedia("(hover: hover)").matches) return;
  let waiting = 0;
  for (const button of document.querySelectorAll("td.judged > button")) {
    const cell = button.parentElement;
    const card = document.getElementById(button.getAttribute("popovertarget"));
    let hovered = false;
    const close = () => { if (hovered && card.matches(":popover-open")) card.hidePopover(); hovered = false; };
    cell.addEventListener("pointerenter", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        if (document.querySelector(".card:popover-open")) return;
        hovered = true;
        place(card, button.getBoundingClientRect());
      }, 350);
    });
    cell.addEventListener("pointerleave", () => { clearTimeout(waiting); waiting = setTimeout(close, 200); });
    button.addEventListener("click", event => { // clicking a card that opened on hover keeps it open
      clearTimeout(waiting);
      if (!hovered) return;
      event.preventDefault();
      hovered = false;
    });
    card.addEventListener("toggle", event => { if (event.newState === "closed") card.removeAttribute("style"); });
  }
}

/* Next to its cell, within the window. */
function place(card, cell) {
  card.style.margin = "0";
  card.showPopover();
  const { width, height } = card.getBoundingClientRect();
  const right = cell.right + 2 + width <= innerWidth;
  card.style.left = `${Math.max(8, right ? cell.right + 2 : cell.left - width - 2)}px`;
  card.style.top = `${Math.max(8, Math.min(cell.top, innerHeight - height - 8))}px`;
}

/* Filters are open, but on a narrow screen (until the page is read, the style sheet hides them there). */
function foldFilters() {
  const narrow = matchMedia("(max-width: 40rem)");
  const fold = () => { for (const one of document.querySelectorAll("details.filters")) one.open = !narrow.matches; };
  fold();
  narrow.addEventListener("change", fold);
  document.documentElement.classList.add("read");
}

/* A table that fits scrolls with the page, so that its head can stay in sight. */
function fittingTables() {
  const seen = new ResizeObserver(all => { for (const one of all) { const box = one.target.closest(".scroll"); box.classList.toggle("fits", box.scrollWidth <= box.clientWidth); } });
  for (const table of document.querySelectorAll(".scroll > table")) seen.observe(table);
}

document.addEventListener("DOMContentLoaded", () => {
  fittingTables();
  badgeAddresses();
  foldFilters();
  themeSwitch();
  copyButtons();
  hoverCards();
});
