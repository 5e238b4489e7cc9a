
(() => {
  const code = location.hash.slice(1);
  const base = location.pathname.replace(/\/+$/, "");
  let told = null;      // what the server said last
  let copied = true;    // whether the secret, while it is shown, was copied
  let waited = 0;       // how often the server was asked since something happened

  async function post(path, more = {}) {
    const answer = await fetch(`${base}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code, ...more }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    if (answer.ok) return answer.json();
    const { mistakes } = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(path), { status: answer.status, mistakes });
  }

  // ── What is always there ─────────────────────────────────────────────────────────────────────

  function contacts() {
    const { support, help } = document.body.dataset;
    for (const place of document.querySelectorAll("[data-contact]")) {
      if (!support) { place.textContent = "whoever sent you this link"; continue; }
      const link = Object.assign(document.createElement("a"), { href: help, textContent: support });
      link.rel = "noreferrer";
      place.replaceChildren(link);
    }
  }

  function refuse(title, text) {
    show("loading", false);
    show("page", false);
    show("problem");
    at("problem-title").textContent = title;
    at("problem-text").textContent = text;
    at("problem-title").focus();
  }

  const expired = () => refuse("This link is not valid",
    "It has expired, was replaced by a newer one, or is not complete. Nothing was lost: what is "
    + "connected stays connected.");

  // ── The sign-in method ───────────────────────────────────────────────────────────────────────

  const METHODS = {
    federation: { name: "workload identity federation", press: "Trust this identity" },
    client_secret: { name: "OAuth client credentials", press: "Show the client and its secret" },
    token: { name: "bearer token", press: "Show the connection details" },
  };
  const ENTRIES = ["issuer", "jwks", "subject", "audience"];

  const way = () => told?.way ?? document.querySelector("[name=way]:checked").value;
  const secret = () => (way() === "token" ? "Secret Token" : "Client Secret");

  function choose() {
    for (const place of document.querySelectorAll("[data-way]"))
      place.hidden = !place.dataset.way.split(" ").includes(way());
    at("show").textContent = METHODS[way()].press;
    at("copy-token").setAttribute("aria-label", `Copy the ${secret()}`);
  }

  function mistakes(found) {
    for (const name of ENTRIES) {
      at(`${name}-mistake`).textContent = found[name] ?? "";
      if (found[name]) at(name).setAttribute("aria-invalid", "true");
      else at(name).removeAttribute("aria-invalid");
    }
    const first = ENTRIES.find((name) => found[name]);
    if (first) at(first).focus();
  }

  // ── The steps and their ticks ────────────────────────────────────────────────────────────────

  const boxes = [...document.querySelectorAll(".steps input")];
  const kept = () => `handover:${told.tenant}`;

  function progress() {
    const done = boxes.filter((box) => box.checked).length;
    at("progress").textContent =
      done ? `${done} of ${boxes.length} done` : "Tick a number when its step is done";
    at("bar").max = boxes.length;
    at("bar").value = done;
  }

  function restore() {
    try {
      const ticks = JSON.parse(localStorage.getItem(kept()) || "[]");
      boxes.forEach((box, number) => { box.checked = ticks.includes(number); });
    } catch { /* without storage, ticks last as long as the page */ }
    progress();
  }

  function keep() {
    try {
      const ticks = boxes.flatMap((box, number) => (box.checked ? [number] : []));
      localStorage.setItem(kept(), JSON.stringify(ticks));
    } catch { /* as above */ }
    progress();
  }

  function tick(step) {
    const box = at(step).querySelector("input");
    if (!box.checked) { box.checked = true; keep(); }
  }

  // ── The connection ───────────────────────────────────────────────────────────────────────────

  function signal(id, state, text) {
    const line = at(`signal-${id}`), detail = line.querySelector("span");
    line.className = state;
    if (detail.textContent !== text) detail.textContent = text;
  }

  function connection() {
    const { shown, firstUse, lastUse, lastRequest, users, groups, duplicates, live, open, tenant } = told;
    show("connection", Boolean(shown));
    show("closed", !open);
    show("no-template", !told.template);
    if (!shown) return;
    show("dead", !live);
    signal("shown", "done", when(shown));
    const arrived = Boolean(firstUse), waiting = !arrived && live && open;
    const first = arrived
      ? `arrived ${when(firstUse)}, by ${METHODS[told.way].name}, for the tenant ${tenant}` : "";
    const last = arrived && lastUse !== firstUse.slice(0, 10)
      ? `, last request on ${lastRequest ? when(lastRequest) : when(lastUse, day)}` : "";
    signal("test", arrived ? "done" : waiting ? "waiting" : "",
      arrived ? first + last : waiting ? "waiting for Entra ID…" : "has not arrived");
    const some = arrived && users + groups > 0;
    const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
    const counted = `${many(users, "user")}, ${many(groups, "group")}`;
    signal("accounts", some ? "done" : arrived ? "waiting" : "",
      some ? counted : "none yet");
    show("duplicates", duplicates > 0);
    const people = `${duplicates === 1 ? "1 person seems" : `${duplicates} people seem`} to have two accounts`;
    if (at("duplicates-count").textContent !== people) at("duplicates-count").textContent = people;
    show("arrival", arrived || waiting);
    at("arrival").className = arrived ? "arrival done" : "arrival";
    const sentence = arrived
      ? `✓ The first request ${first}.` : "Waiting for the first request from Entra ID…";
    if (at("arrival").textContent !== sentence) at("arrival").textContent = sentence;
    if (arrived) tick("step-test");
    at("told").textContent =
      `Until ${when(told.toldUntil, day)} this link shows the steps and the connection, never a secret.`;
  }

  // ── The values ───────────────────────────────────────────────────────────────────────────────

  function details({ url, tokenUrl, clientId, trust }) {
    address(url, at("url"), at("filled").querySelector("code"));
    show("filled");
    at("flagged").textContent = `${url}?aadOptscim062020`;
    if (clientId) address(tokenUrl, at("token-url"));
    at("client-id").textContent = clientId ?? "";
    for (const id of ["token-url", "client-id"])
      at(id).closest(".value").hidden = !clientId;
    show("trusted", Boolean(trust));
    const titles = { issuer: "Issuer", subject: "Subject", audience: "Audience" };
    at("trust").replaceChildren(...Object.entries(trust ? titles : {}).flatMap(([name, title]) =>
      [element("dt", title), element("dd", trust[name])]));
  }

  function values() {
    const ready = !told.shown;
    show("ready", ready && told.open);
    show("values", !ready);
    at("opens").textContent = `The button works until ${when(told.opensUntil)}.`;
    if (ready) return;
    details(told);
    if (at("token").textContent) return;
    show("token-field", false);
    show("gone");
    at("gone").textContent = `Shown ${when(told.shown)} and kept nowhere. If it was lost before it was `
      + "entered, ask for a new link: that ends this one, as long as it was never used.";
  }

  async function issue() {
    if (way() === "token") return post("token");
    if (way() === "client_secret") return post("client");
    return post("client", { trust: Object.fromEntries(ENTRIES.map((name) => [name, at(name).value])) });
  }

  async function reveal() {
    const button = at("show");
    show("failed", false);
    const empty = ENTRIES.filter((name) => way() === "federation" && !at(name).value.trim());
    mistakes(Object.fromEntries(empty.map((name) => [name, "Paste the value that Entra ID shows."])));
    if (empty.length) return;
    button.disabled = true;
    try {
      const issued = await issue();
      details(issued);
      for (const id of ["notes", "warnings"]) {
        show(id, Boolean(issued[id]?.length));
        at(id).replaceChildren(...(issued[id] ?? []).map(sentence));
      }
      const text = issued.token ?? issued.clientSecret;
      if (text) {
        at("token").textContent = text;
        copied = false;
        at("once").append(` The ${way() === "token" ? "token" : "secret"} works until ${when(issued.expires, day)}.`);
        show("once");
      }
      show("ready", false);
      show("values");
      at("credentials-title").focus({ preventScroll: true });
      at("credentials-title").scrollIntoView({ block: "nearest" });
      say("The connection details are shown.");
      await refresh();
    } catch (error) {
      button.disabled = false;
      if (error.status === 404) { await refresh(); return; }
      if (error.mistakes) { mistakes(error.mistakes); return; }
      at("failed").textContent = error.status
        ? "The details cannot be made at the moment. Try again in a minute; if that does not help, ask for help."
        : "The answer did not arrive. Reload this page: if the details count as shown, ask for a new link.";
      show("failed");
    }
  }

  async function copy(button) {
    const source = at(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Where a policy keeps pages from the clipboard: the older way, and then the keyboard's.
      getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) { say("Selected: copy it with your keyboard."); return; }
      getSelection().removeAllRanges();
    }
    if (source.id === "token") copied = true;
    button.textContent = "Copied";
    button.classList.add("done");
    say(`${button.getAttribute("aria-label").replace("Copy the", "The")} is copied.`);
    setTimeout(() => { button.textContent = "Copy"; button.classList.remove("done"); }, 2500);
  }

  // ── Asking again ─────────────────────────────────────────────────────────────────────────────

  async function refresh() {
    const before = told && JSON.stringify([told.firstUse, told.users, told.groups]);
    told = await post("status").catch((error) => {
      if (error.status === 404) { expired(); return null; }
      if (!told) refuse("The page could not be loaded", "Try again in a minute.");
      return told;
    });
    if (!told) return;
    waited = before === JSON.stringify([told.firstUse, told.users, told.groups]) ? waited + 1 : 0;
    choose();
    connection();
    values();
  }

  async function watch() {
    // Every three seconds for ten minutes after something happened, then less often.
    await new Promise((go) => setTimeout(go, waited < 200 ? 3000 : 30000));
    if (told?.shown && !document.hidden) await refresh();
    if (told) watch();
  }

  async function begin() {
    contacts();
    if (!code) { expired(); return; }
    await refresh();
    if (!told) return;
    for (const place of document.querySelectorAll("[data-tenant]")) place.textContent = told.tenant;
    at("tenant").textContent = `Tenant ${told.tenant}`;
    show("tenant");
    show("loading", false);
    show("page");
    restore();
    connection();
    watch();
  }

  document.addEventListener("change", (event) => {
    if (boxes.includes(event.target)) keep();
    if (event.target.name === "way") { show("failed", false); choose(); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.id === "show") reveal();
    if (button?.dataset.copy) copy(button);
    // The fragment is the code: links within the page must not replace it.
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    event.preventDefault();
    const target = document.querySelector(link.getAttribute("href"));
    target.scrollIntoView();
    (target.querySelector("[tabindex]") || target).focus({ preventScroll: true });
  });
  window.addEventListener("hashchange", () => location.reload());
  window.addEventListener("beforeunload", (event) => { if (!copied) event.preventDefault(); });
  begin();
})();
