const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * A client's own id of a write: 132 random bits. Not `crypto.randomUUID`, which browsers withhold on plain http
 * from another machine, the way a self-hoster first tries the service in a dormitory.
 *
 * @param {(bytes: Uint8Array) => Uint8Array} [fill]
 * @returns {string} 22 printable ASCII characters
 */
export function newCid(fill = (bytes) => crypto.getRandomValues(bytes)) {
  return Array.from(fill(new Uint8Array(22)), (byte) => ALPHABET[byte & 63]).join("");
}
