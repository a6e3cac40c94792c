// Single keys: "?" for the sheet that names them, "/" to find a person, "g" and a letter to go
// somewhere, "[" and "]" for the parts of a record. They can be switched off in the sheet, and do
// nothing while somebody types. Everything also works without this file.
"use strict";

const OFF = "mooring-keys-off";
const sheet = document.querySelector("dialog#shortcuts");
const areOn = () => localStorage.getItem(OFF) === null;
const isTyping = (place) => place.closest("input:not([type='radio'], [type='checkbox']), textarea, select, [contenteditable]");
const places = { t: "/", p: "/patients" };
let awaiting = false;

const step = (by) => {
  const parts = [...document.querySelectorAll(".person .tabs a")];
  const here = parts.findIndex((part) => part.hasAttribute("aria-current"));
  parts[here + by]?.click();
};

const open = () => {
  if (!sheet || sheet.open) return;
  sheet.showModal();
};

const acts = {
  "?": open,
  // A list that has a search of its own takes the key itself.
  "/": () => {
    if (!document.querySelector("#find")) document.querySelector("[data-find]")?.focus();
  },
  "[": () => step(-1),
  "]": () => step(1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!areOn() || sheet?.open || isTyping(event.target)) return;
  if (awaiting) {
    awaiting = false;
    const link = document.querySelector(`.top nav a[href="${places[event.key]}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") {
    awaiting = true;
    setTimeout(() => { awaiting = false; }, 1500);
    return;
  }
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

document.querySelector("[data-sheet='keys']")?.addEventListener("click", (event) => {
  if (!sheet) return;
  event.preventDefault();
  open();
});

for (const part of document.querySelectorAll("[data-keys]")) {
  const box = part.querySelector("[data-keys-on]");
  part.hidden = false;
  box.checked = areOn();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
}
