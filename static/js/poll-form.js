/** The form of a new poll: another empty line whenever the last one in sight is used. Without scripts all stand there. */
const choices = document.querySelector(".poll-choices");

choices?.addEventListener("input", () => {
  const shown = [...choices.querySelectorAll("input:not(.is-spare)")];
  if (shown.at(-1).value.trim()) choices.querySelector("input.is-spare")?.classList.remove("is-spare");
});
