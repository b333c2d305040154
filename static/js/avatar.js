/** One of twelve tints for a person, the same as the server's (Line.hue // 30). @param {number|null} user */
export function tint(user) {
  return `hue-${Math.floor(((user ?? 0) * 137) % 360 / 30)}`;
}

/** @param {Element} node @param {number|null} user @param {string} name */
export function paintAvatar(node, user, name) {
  node.className = `avatar ${tint(user)}`;
  node.textContent = [...name][0] ?? "";
}
