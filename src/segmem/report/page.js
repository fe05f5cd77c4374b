"use strict";
// Press a table's head to sort by it; press again to turn the order. What was not measured stays last.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    head.firstElementChild.addEventListener("click", () => {
      const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
      const rows = Array.from(body.rows);
      const numeric = rows.some((row) => row.cells[column].dataset.key !== undefined);
      rows.sort((a, b) => {
        const [left, right] = [a.cells[column], b.cells[column]];
        if (!numeric) return turn * left.textContent.localeCompare(right.textContent, "en", { numeric: true });
        const [x, y] = [left.dataset.key, right.dataset.key];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return turn * (key(x) - key(y) || 0);
      });
      body.append(...rows);
    });
  });
}

function key(text) {
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
}
