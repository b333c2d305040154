/**
 * A form that was sent while the session had ended: signing in leads back to an empty one, so what was typed waits in the
 * tab. It goes as soon as any other page is reached.
 */
const KEY = "draft";
const SIGNING_IN = /^\/accounts\//;

/** Called on every page. */
export function drafts() {
  const form = document.querySelector("form[data-draft]");
  if (!form) {
    if (!SIGNING_IN.test(location.pathname)) sessionStorage.removeItem(KEY);
    return;
  }
  restore(form);
  form.addEventListener("submit", (event) => !event.defaultPrevented && keep(form));
}

function keep(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ at: location.pathname, fields }));
  } catch {
    // Full, or forbidden: then it is as it would be without.
  }
}

/** What the server sent back after a refusal is newer than the draft. */
function restore(form) {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (!kept || form.dataset.draft === "bound") return;
  const { at, fields } = JSON.parse(kept);
  if (at !== location.pathname) return;
  const seen = new Map();
  for (const [name, value] of fields) {
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    const found = [...form.elements].filter((field) => field.name === name);
    const radio = found.find(({ type, value: own }) => (type === "radio" || type === "checkbox") && own === value);
    if (radio) radio.checked = true;
    else if (found[place]) found[place].value = value;
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
