/**
 * What cannot be taken back once it is sent is held for five seconds, with the way back beside it:
 * `<form data-hold="words" data-undo="Undo">`. Leaving the page sends it at once; without scripts it is sent as it is.
 */
const HELD_FOR = 5_000;
/** @type {Map<HTMLFormElement, number>} the timers of what is held */
const held = new Map();

// Before anybody else hears of it.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-hold]") || "go" in form.dataset) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!held.has(form)) hold(form);
  },
  true,
);
addEventListener("pagehide", () => {
  for (const form of held.keys()) beacon(form);
});

function hold(form) {
  const note = document.createElement("p");
  const undo = document.createElement("button");
  note.className = "held";
  note.setAttribute("role", "status");
  undo.type = "button";
  undo.className = "button button-small button-quiet";
  undo.textContent = form.dataset.undo;
  undo.addEventListener("click", () => {
    release(form);
    form.querySelector("button").focus();
  });
  note.append(form.dataset.hold, " ", undo);
  form.querySelector("button").hidden = true;
  form.append(note);
  // Fragments that come meanwhile leave it alone (keep-typed.js).
  form.dataset.keep = form.dataset.typed = "";
  undo.focus({ preventScroll: true });
  held.set(form, setTimeout(() => send(form), HELD_FOR));
}

function release(form) {
  clearTimeout(held.get(form));
  held.delete(form);
  form.querySelector(".held").remove();
  form.querySelector("button").hidden = false;
  delete form.dataset.typed;
}

function send(form) {
  release(form);
  if (!form.isConnected) return beacon(form); // its card was drawn anew
  form.dataset.go = "";
  form.requestSubmit();
  delete form.dataset.go;
}

/** The server takes it once, however often it comes. */
function beacon(form) {
  navigator.sendBeacon(form.action, new FormData(form));
}
