// Questionnaires by keyboard: a digit chooses the answer with that value and goes on to the
// next question; before anything has the focus, it answers the first open one. Everything also works without this file.
"use strict";

const isAtRest = (place) => place === document.body || place.matches("main");
const firstOpen = () =>
  [...document.querySelectorAll("[data-item]")].find((item) => !item.querySelector(":checked"));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
  const item = event.target.closest("[data-item]") ?? (isAtRest(event.target) ? firstOpen() : null);
  const answer = item?.querySelector(`input[type="radio"][value="${event.key}"]`);
  if (!answer || event.target.matches("textarea, input:not([type='radio'])")) return;
  event.preventDefault();
  answer.checked = true;
  answer.dispatchEvent(new Event("change", { bubbles: true }));
  const items = [...document.querySelectorAll("[data-item]")];
  const next = items[items.indexOf(item) + 1]?.querySelector("input[type='radio']");
  (next ?? document.querySelector("[data-after-items]") ?? answer).focus();
});
