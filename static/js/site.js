/** What every page has. */
import { copyButtons } from "./copy.js";
import { drafts } from "./draft.js";
import { notices } from "./notices.js";

document.documentElement.classList.add("js");
copyButtons();
drafts();
notices();

// Small menus close by Escape and by a press elsewhere.
document.addEventListener("click", (event) => close(event.target.closest("details.menu-box")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu-box[open]");
  close(null);
  open?.querySelector("summary").focus();
});

function close(except) {
  for (const open of document.querySelectorAll("details.menu-box[open]")) if (open !== except) open.removeAttribute("open");
}
