/* global Idiomorph */
/**
 * Fragments are morphed into the page; what somebody types, has opened or was shown by a script stays as it is.
 * @param {(node: Element, next: Element) => boolean} [kept] what else is left alone
 */
export function keepTyped(kept = () => false) {
  const { callbacks } = Idiomorph.defaults;
  callbacks.beforeNodeMorphed = (node, next) => !(node instanceof Element && (kept(node, next) || (node.matches("form[data-keep]") && busy(node))));
  callbacks.beforeAttributeUpdated = (name, node, how) =>
    !(how === "remove" && name === "open" && node.localName === "details") && !(name === "hidden" && node.matches("[data-copy]"));
  Idiomorph.defaults.ignoreActiveValue = true;
}

/** Somebody types in it, or has typed and not sent. */
function busy(form) {
  if (form.dataset.sent) return false;
  if (form.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  return "typed" in form.dataset || [...form.elements].some(changed);
}

function changed(field) {
  if (field.type === "hidden") return false;
  if (field.localName === "select") return [...field.options].some(({ selected, defaultSelected }) => selected !== defaultSelected) && field.selectedIndex > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.defaultValue !== undefined && field.value !== field.defaultValue;
}
