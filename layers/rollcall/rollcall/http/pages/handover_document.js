
"use strict";
// What the page does to its document.

const at = (id) => document.getElementById(id);
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const when = (text, format = moment) => format.format(new Date(text));
const show = (id, shown = true) => { at(id).hidden = !shown; };
const say = (text) => { at("said").textContent = text; };
const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

function address(url, ...places) {
  // It may be parted behind a slash, and nowhere else as long as it fits.
  for (const shown of places) {
    const parts = url.split(/(?<=\/)(?!\/)/);
    shown.replaceChildren(...parts.flatMap((part) => [part, document.createElement("wbr")]));
  }
}

function sentence(text) {
  // An id is not parted at its hyphens; only a URL is too long for a line.
  const words = text.split(" ").map((word) =>
    Object.assign(element("span", word), { className: word.length > 40 ? "" : "whole" }));
  const line = element("li", "");
  line.append(...words.flatMap((word) => [word, " "]));
  return line;
}
