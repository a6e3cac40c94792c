// Today's list by keyboard: j and k go from row to row, Enter opens, n says why not, f finds.
// Switched off with all other single keys. Everything also works without this file.
"use strict";

const rows = () => [...document.querySelectorAll("#list .rows > li")];
const current = () => document.activeElement?.closest("#list .rows > li");
const toRow = (by) => {
  const all = rows();
  const at = all.indexOf(current());
  const to = at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by;
  all[to]?.querySelector("[data-open]").focus();
};
const ON_LIST = {
  j: () => toRow(1),
  k: () => toRow(-1),
  n: () => current()?.querySelector("[data-else]")?.click(),
  f: () => document.getElementById("name").focus(),
};

let isGoingSomewhere = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (localStorage.getItem("mooring-keys-off") !== null) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) return;
  const wasGoing = isGoingSomewhere;
  isGoingSomewhere = event.key === "g";
  const act = wasGoing ? undefined : ON_LIST[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
