
(() => {
  const table = document.querySelector("table"), body = table.tBodies[0];
  const rows = Array.from(body.rows), order = new Map(rows.map((row, at) => [row, at]));
  const search = document.querySelector("#search"), shown = document.querySelector("#shown");
  const choices = Array.from(document.querySelectorAll("select[data-column]"));
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = rows.map((row) => fold(row.textContent));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  const filter = () => {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      const fits = words.every((word) => texts[at].includes(word)) && choices.every((choice) =>
        !choice.value || row.cells[choice.dataset.column].textContent === choice.value);
      row.hidden = !fits;
      count += fits;
    });
    shown.value = `${count.toLocaleString()} of ${rows.length.toLocaleString()}`;
  };

  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const sort = (header, column) => {
    const next = { ascending: "descending", descending: "" }[header.ariaSort] ?? "ascending";
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    if (next) header.setAttribute("aria-sort", next);
    const sign = next === "descending" ? -1 : 1;
    const sorted = [...rows].sort((a, b) =>
      (next ? sign * collator.compare(value(a, column), value(b, column)) : 0)
      || order.get(a) - order.get(b));
    body.append(...sorted);
  };

  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header, column));
    header.replaceChildren(button);
  });
  const tools = document.querySelector(".tools");
  tools.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = false;
  filter();

  // Rows become cards where the table is too wide for the window: no word of it is broken.
  const cards = Array.from(document.styleSheets[0].cssRules).at(-1).media, narrow = cards.mediaText;
  const fit = () => {
    cards.mediaText = narrow;
    if (table.offsetWidth > table.parentElement.clientWidth) cards.mediaText = "screen";
  };
  addEventListener("resize", fit);
  fit();
})();
