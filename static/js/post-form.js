/** What the form about a post gains with scripts: steps beside the number, and no second sending. */
const form = document.getElementById("post-form");

for (const button of form.querySelectorAll("[data-step]")) {
  const field = button.parentElement.querySelector("input:not([type=hidden])");
  button.hidden = false;
  button.addEventListener("click", () => {
    const { min, max } = field;
    const next = (Number.parseInt(field.value, 10) || 0) + Number(button.dataset.step);
    field.value = Math.min(Math.max(next, Number(min)), Number(max));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Return in a text field goes on to the next one: the form is not finished by accident.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.type !== "text") return;
  event.preventDefault();
  const fields = [...form.querySelectorAll("input:not([type=hidden], [type=radio]), select, [type=submit]")];
  const shown = fields.filter((field) => field.checkVisibility?.() ?? true);
  shown[shown.indexOf(event.target) + 1]?.focus();
});

// The button that was pressed must still be enabled while the form's data is put together.
form.addEventListener("submit", () => setTimeout(() => dim(true)));
addEventListener("pageshow", () => dim(false)); // back from the next page

function dim(sent) {
  for (const button of form.querySelectorAll("button:not([data-step])")) button.disabled = sent;
}
