"use strict";
/* Everything is readable without this file. It adds: the theme switch. */

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

document.addEventListener("DOMContentLoaded", themeSwitch);
