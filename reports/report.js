// Sorts the results by a click on a heading. The page is complete without it.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    const name = head.querySelector(".name");
    button.className = "sort";
    button.type = "button";
    button.title = button.ariaLabel = `Sort by ${name.textContent}`;
    button.textContent = "↕";
    name.after(button);
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const order = head.classList.contains("number")
      ? (a, b) => key(a) - key(b)
      : (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) {
        other.removeAttribute("aria-sort");
        other.querySelector(".sort").textContent = "↕";
      }
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      button.textContent = down ? "▼" : "▲";
      body.append(...[...body.rows].sort((a, b) => (down ? order(b, a) : order(a, b))));
    });
  });
}
