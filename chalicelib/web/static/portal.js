// Small conveniences. Every page works without this file.
const told = () => document.getElementById("told");

// `/` or ⌘K leads to the search.
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  const wanted = (event.key === "/" && !typing) || (event.key === "k" && (event.metaKey || event.ctrlKey));
  const search = wanted && document.querySelector("[data-search]");
  if (search) { event.preventDefault(); search.focus(); search.select(); }
  if (event.key === "Escape") closeMenus();
});

// A row leads where its link leads; text in it can still be selected.
document.addEventListener("click", (event) => {
  closeMenus(event.target);
  if (event.target.closest("[data-print]")) { window.print(); return; }
  const row = event.target.closest("tr[data-row]");
  if (!row || event.target.closest("a, button, input, summary") || getSelection().toString()) return;
  const link = row.querySelector("a[href]");
  if (link) link.click();
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (except instanceof Node && menu.contains(except)) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary").focus();
  }
}

// Filters take effect when they are chosen; without scripts there is a button.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form && event.target.matches("select, input[type=date]")) form.requestSubmit();
});
document.addEventListener("htmx:configRequest", (event) => {
  const parameters = event.detail.parameters;
  for (const [name, value] of Object.entries(parameters)) if (value === "") delete parameters[name];
});

// What was refused, or could not be fetched, is shown as the page it is.
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => { location.assign(event.detail.pathInfo.finalRequestPath); });
}

// After a part of the page has changed: say so, and keep the keyboard where it was.
document.addEventListener("htmx:afterSwap", () => {
  const results = document.getElementById("results");
  if (!results) return;
  told().textContent = results.dataset.told || "";
  if (document.activeElement === document.body || !document.activeElement) results.focus({ preventScroll: false });
});

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
