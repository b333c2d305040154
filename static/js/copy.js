/** Buttons that copy a field's text: `<button data-copy="id of the field" hidden>`, shown where copying works. */
export function copyButtons(root = document) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.classList.add("is-done");
      setTimeout(() => button.classList.remove("is-done"), 1_500);
    });
  }
}
