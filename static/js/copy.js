/** Buttons that copy a field's text: `<button data-copy="id of the field" data-done="Copied" hidden>`, shown where copying works. */
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  await navigator.clipboard.writeText(field.value);
  const word = button.textContent;
  if (button.classList.contains("is-done")) return;
  button.classList.add("is-done");
  button.textContent = button.dataset.done ?? word;
  setTimeout(() => {
    button.classList.remove("is-done");
    button.textContent = word;
  }, 1_500);
});

/** Call again for what came later. */
export function copyButtons(root = document) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}
