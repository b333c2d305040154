/**
 * How many of a dish: taps are gathered and sent once, 800 ms after the last. Without scripts each tap is a form of its
 * own; what waits when the page is left is sent on its way out.
 */
const WAIT = 800;
const MAX = 99;
const waiting = new Map();

document.addEventListener("click", (event) => {
  const button = event.target.closest("form.qty button");
  if (!button) return;
  event.preventDefault();
  const form = button.form;
  const [fewer, more] = form.querySelectorAll("button");
  const shown = form.querySelector("b");
  const next = Number(shown.textContent) + (button === more ? 1 : -1);
  if (next < 1 || next > MAX) return;
  shown.textContent = String(next);
  fewer.disabled = next <= 1;
  more.disabled = next >= MAX;
  form.dataset.typed = "1"; // what the others do meanwhile leaves it alone
  clearTimeout(waiting.get(form.id)?.timer);
  waiting.set(form.id, { next, timer: setTimeout(() => send(form.id), WAIT) });
});

addEventListener("pagehide", () => {
  for (const [id, { timer }] of waiting) {
    clearTimeout(timer);
    const form = filled(id);
    if (form) navigator.sendBeacon(form.action, new FormData(form));
  }
  waiting.clear();
});

function send(id) {
  const form = filled(id);
  waiting.delete(id);
  form?.requestSubmit();
}

/** The form as it stands now, with the number that was tapped last; null: the dish is gone. */
function filled(id) {
  const form = document.getElementById(id);
  if (!form) return null;
  // htmx sends the button that was touched last with the rest; its number is of the page as it came.
  for (const button of form.querySelectorAll("button")) button.removeAttribute("name");
  field(form).value = String(waiting.get(id).next);
  return form;
}

function field(form) {
  let found = form.querySelector("input[name=qty]");
  if (!found) {
    found = document.createElement("input");
    Object.assign(found, { type: "hidden", name: "qty" });
    form.append(found);
  }
  return found;
}
