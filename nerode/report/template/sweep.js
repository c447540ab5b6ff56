// The page about a sweep: the table of arms is sorted by a click on a score.
(() => {
  "use strict";
  const table = document.querySelector(".of-arms");
  const body = table.querySelector(".sorted");
  const given = [...body.rows];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = head.querySelector(".sort");
    if (!button) return;
    button.disabled = false;
    button.title = "Sort by this score";
    button.addEventListener("click", () => {
      const again = head.hasAttribute("aria-sort");
      table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      const order = (row) => {
        const text = row.cells[column].dataset.order;
        return text === "" ? -Infinity : Number(text);
      };
      // A second click brings the order of the sweep back.
      const rows = again ? given : [...given].sort((a, b) => order(b) - order(a));
      if (!again) head.setAttribute("aria-sort", "descending");
      body.append(...rows);
    });
  });
})();
