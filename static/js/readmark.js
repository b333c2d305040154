/**
 * How far this tab has read each room, for the moment in which the server does not know it yet: read positions are
 * gathered for a second there, and the way back to the list is shorter.
 */
const key = (user, room) => `rualone:read:${user}:${room}`;

/** @param {number} user @param {string} room @param {number} seq */
export function noteRead(user, room, seq) {
  try {
    sessionStorage.setItem(key(user, room), String(seq));
  } catch {
    // Then the count is right a second later.
  }
}

/** @param {number} user @param {string} room @returns {number} 0: not in this tab */
export function readHere(user, room) {
  try {
    return Number(sessionStorage.getItem(key(user, room)) ?? 0);
  } catch {
    return 0;
  }
}
