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

// A file that is too large is not sent at all; what it is called is told to us, as the form that sends it cannot.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-upload]");
  if (!form) return;
  event.preventDefault();
  const input = form.querySelector("input[type=file]");
  const file = input.files[0];
  const problem = file.size === 0 ? input.dataset.empty : file.size > Number(input.dataset.bytesMax) ? input.dataset.large : "";
  const place = form.querySelector(".error");
  place.textContent = problem;
  place.hidden = !problem;
  input.toggleAttribute("aria-invalid", Boolean(problem));
  if (problem) { input.focus(); return; }
  form.querySelector("button").disabled = true;
  form.querySelector("[data-sending]").hidden = false;
  const told = new URLSearchParams({ form_token: form.dataset.token, file_name: file.name.slice(0, 255) });
  try { await fetch(form.dataset.upload, { method: "POST", body: told }); } catch { /* it keeps its former name */ }
  form.submit();
});

// Whoever comes back to a form that was sent can send it again.
addEventListener("pageshow", (event) => { if (event.persisted && document.querySelector("form[data-upload]")) location.reload(); });
