/* global Idiomorph */
const TYPED = "input, textarea, select";

/**
 * Fragments are morphed into the page; what somebody types, has opened or was shown by a script stays as it is.
 * @param {(node: Element, next: Element) => boolean} [kept] what else is left alone
 */
export function keepTyped(kept = () => false) {
  const { callbacks } = Idiomorph.defaults;
  callbacks.beforeNodeMorphed = (node, next) => !(node instanceof Element && (kept(node, next) || (node.matches("form[data-keep]") && busy(node))));
  callbacks.beforeAttributeUpdated = (name, node, how) =>
    !(how === "remove" && name === "open" && node.localName === "details") &&
    !(how === "remove" && name === "tabindex" && node === document.activeElement) && // it would lose the focus
    !(name === "hidden" && node.matches("[data-copy]"));
  // It leaves the words inside the focused element alone, too: for a button they would name the step before.
  Object.defineProperty(Idiomorph.defaults, "ignoreActiveValue", { enumerable: true, get: () => document.activeElement?.matches(TYPED) ?? false });
}

/** What was tapped went with its answer: whoever reads by ear, or goes by keys, stays where it was. */
export function keepPlace(place) {
  if (!place || (document.activeElement && document.activeElement !== document.body)) return;
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

/** Somebody types in it, or has typed and not sent. */
function busy(form) {
  if (form.dataset.sent) return false;
  if (form.contains(document.activeElement) && document.activeElement.matches(TYPED)) return true;
  return "typed" in form.dataset || [...form.elements].some(changed);
}

function changed(field) {
  if (field.type === "hidden") return false;
  if (field.localName === "select") return [...field.options].some(({ selected, defaultSelected }) => selected !== defaultSelected) && field.selectedIndex > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.defaultValue !== undefined && field.value !== field.defaultValue;
}
