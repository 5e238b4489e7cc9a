"use strict";

// The sign-in: the code is in the fragment, which no request has, and is sent once.
const opening = document.getElementById("sign-in");
if (opening) {
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/");
  fetch("/sign-in", { method: "POST", body: code, headers: { "Content-Type": "text/plain" } })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((answer) => {
      if (answer) location.replace(answer.path);
      else opening.textContent = "This link has been used, or is older than a minute. Run rollcall console for another.";
    })
    .catch(() => { opening.textContent = "The console does not answer. Run rollcall console for another."; });
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// A moment as an input takes it: in the zone of the reader, without naming it.
function timeOfDay(moment) {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60000);
  return shifted.toISOString().slice(0, 16);
}

// What is entered in the zone of the reader is sent in UTC.
document.addEventListener("htmx:configRequest", (event) => {
  for (const each of event.target.querySelectorAll("input[data-local]")) {
    if (each.value) event.detail.parameters[each.name] = new Date(each.value).toISOString().slice(0, 16);
  }
});

function showTimes(root) {
  for (const each of root.querySelectorAll("time:not([title])")) {
    const instant = each.dateTime;
    const moment = new Date(instant);
    if (isNaN(moment)) continue;
    if (instant.length < 11) { // a day, which is the same in each zone
      each.textContent = moment.toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" });
      each.title = instant;
      continue;
    }
    each.textContent = moment.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    each.title = `${instant} UTC, shown in ${zone}`;
  }
  for (const each of root.querySelectorAll("[data-instant]")) {
    const moment = new Date(each.dataset.instant);
    each.textContent = moment.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  }
  for (const each of root.querySelectorAll("input[data-utc]")) {  // a time of day in UTC, as the server has it
    delete each.dataset.utc;
    each.dataset.local = "";
    if (each.value) each.value = timeOfDay(new Date(`${each.value}Z`));
  }
  for (const each of root.querySelectorAll("[data-zone]")) each.textContent = zone;
}

const dialog = document.getElementById("act");
let isChanged = false;

document.addEventListener("htmx:afterSwap", (event) => {
  showTimes(document);
  if (event.detail.target.id !== "act-content") return;
  if (!dialog.open) dialog.showModal();
  isChanged = isChanged || !!dialog.querySelector("[data-changed]");
  const told = dialog.querySelector("[data-told]");
  document.getElementById("told").textContent = told ? `Done. ${told.textContent}` : "";
  const first = dialog.querySelector("[autofocus], input:not([type=hidden]), h2");
  if (first) first.focus();
});
document.addEventListener("htmx:sendError", () => { document.getElementById("lost").hidden = false; });
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401) return;
  event.preventDefault();
  document.getElementById("lost").hidden = false;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-close]")) dialog.close();
  if (button.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    button.textContent = "Copied";
  }
});
if (dialog) dialog.addEventListener("close", () => {
  document.getElementById("act-content").replaceChildren();
  if (isChanged) location.reload();
});

// Files are dropped onto their form; those that are too large together are refused before they are sent.
const dropping = document.querySelector("form[data-drop]");
if (dropping) {
  const field = dropping.querySelector(`[name="${dropping.dataset.drop}"]`);
  const checkSize = () => {
    const files = [...dropping.querySelectorAll("[type=file]")].flatMap((each) => [...each.files]);
    const size = files.reduce((sum, each) => sum + each.size, 0);
    const most = Number(dropping.dataset.most) - 65536; // the other fields are sent as well
    const megabytes = (number) => Math.round(number / 1048576);
    field.setCustomValidity(size <= most ? "" : `These files have ${megabytes(size)} MB together, ${megabytes(most)} MB are the most: nothing is sent.`);
    field.reportValidity();
  };
  dropping.addEventListener("change", checkSize);
  dropping.addEventListener("dragover", (event) => { event.preventDefault(); dropping.classList.add("dropping"); });
  dropping.addEventListener("dragleave", () => dropping.classList.remove("dropping"));
  dropping.addEventListener("drop", (event) => {
    dropping.classList.remove("dropping");
    if (event.target.type === "file") return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
    checkSize();
  });
}

showTimes(document);
