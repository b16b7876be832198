"use strict";
// Narrows down what a page shows. It reads text and attributes, writes nothing but `hidden` and a count, and asks nobody.
(() => {
  const bar = document.querySelector(".narrow");
  const entries = [...document.querySelectorAll("[data-kind]")];
  if (!bar || entries.length < 2) return;
  const field = (name) => document.getElementById(name);
  const [words, kind, extractor, from, until] = ["words", "kind", "extractor", "from", "until"].map(field);
  const groups = [...document.querySelectorAll("[data-group]")];
  const read = new Map();
  const text = (entry) => {
    if (!read.has(entry)) read.set(entry, entry.textContent.toLowerCase());
    return read.get(entry);
  };
  let narrowed = false;
  const count = (shown) => {
    field("counted").textContent = `${shown.toLocaleString("en")} of ${entries.length.toLocaleString("en")} on this page`;
  };
  const fits = (entry, wanted) =>
    (!kind.value || entry.dataset.kind === kind.value) &&
    (!extractor.value || entry.dataset.extractor === extractor.value) &&
    (!from.value || entry.dataset.time >= from.value) &&
    (!until.value || (entry.dataset.time && entry.dataset.time <= until.value)) &&
    wanted.every((word) => text(entry).includes(word));
  const narrow = () => {
    const fields = [words, kind, extractor, from, until];
    if (!narrowed && fields.every((each) => !each.value)) return count(entries.length);
    narrowed = true;
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      entry.hidden = !fits(entry, wanted);
      shown += !entry.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector("[data-kind]:not([hidden])");
    count(shown);
  };
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(narrow, 80);
  };
  for (const each of [words, kind, extractor, from, until]) each.addEventListener("input", soon);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { words.value = ""; narrow(); }
  });
  field("clear").addEventListener("click", () => {
    for (const each of [words, kind, extractor, from, until]) each.value = "";
    narrow();
    words.focus();
  });
  bar.hidden = false;
  narrow();
})();
