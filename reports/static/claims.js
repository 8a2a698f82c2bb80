"use strict";
/* Filters claims by paper and judgement with the chips at the top; the choice is in the address after '#'. Without scripts the
   chips are links to the sections. */

const chosen = { section: "", paper: "" };
const chips = [...document.querySelectorAll(".chip[data-key]")];
const claims = [...document.querySelectorAll("article.claim")];
const status = document.querySelector(".status");
const sections = [...document.querySelectorAll("section.claims")];
const firstOpen = new Map(sections.map(section => [section, section.firstElementChild.open]));

function show() {
  for (const chip of chips) {
    const on = chosen[chip.dataset.key] === chip.dataset.value;
    chip.setAttribute("aria-pressed", String(on));
    const count = claims.filter(claim => matches(claim, { ...chosen, [chip.dataset.key]: chip.dataset.value })).length;
    chip.querySelector("b").textContent = count;
  }
  const filtered = Object.values(chosen).some(Boolean);
  let left = 0;
  for (const claim of claims) {
    claim.hidden = !matches(claim, chosen);
    if (!claim.hidden) left += 1;
  }
  for (const section of sections) {
    const shown = section.querySelectorAll("article:not([hidden])").length;
    section.hidden = !shown;
    const fold = section.firstElementChild;
    fold.open = filtered || firstOpen.get(section);
    section.querySelector("h2 span").textContent = shown;
  }
  status.textContent = left === claims.length ? "" : `${left} of ${claims.length} claims`;
}

const matches = (claim, wanted) => (!wanted.paper || claim.dataset.paper === wanted.paper)
  && (!wanted.section || claim.closest("section").dataset.section === wanted.section);

/* '#paper=transpose&section=fails' filters; '#fails' and '#claim-...' are places on the page. */
function fromAddress() {
  const text = location.hash.slice(1);
  const state = new URLSearchParams(text.includes("=") ? text : "");
  for (const key of Object.keys(chosen)) {
    const value = state.get(key) ?? "";
    chosen[key] = chips.some(chip => chip.dataset.key === key && chip.dataset.value === value) ? value : "";
  }
  show();
  const target = text && !text.includes("=") && document.getElementById(text);
  for (let fold = target; fold; fold = fold.parentElement.closest("details")) if (fold.matches("details")) fold.open = true;
  const formula = target && target.matches("article.claim") && target.querySelector("details");
  if (formula) formula.open = true;
  if (target) target.scrollIntoView();
}

for (const chip of chips) {
  chip.setAttribute("role", "button");
  const toggle = event => {
    event.preventDefault();
    const { key, value } = chip.dataset;
    chosen[key] = chosen[key] === value ? "" : value;
    const state = new URLSearchParams(Object.entries(chosen).filter(([, text]) => text));
    history.replaceState(null, "", `#${state}`);
    show();
  };
  chip.addEventListener("click", toggle);
  chip.addEventListener("keydown", event => { if (event.key === " ") toggle(event); });
}
addEventListener("hashchange", fromAddress);
fromAddress();
