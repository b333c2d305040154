const TOGETHER_WITHIN = 5 * 60_000;

/**
 * Where a day begins and which messages continue the one before them (same person, within five minutes).
 *
 * @param {{at: string, sender: number|null, system: boolean}|null} before
 * @param {{at: string, sender: number|null, system: boolean}} entry
 * @param {(at: string) => string} dayKey
 * @returns {{newDay: boolean, continued: boolean}}
 */
export function relation(before, entry, dayKey) {
  const newDay = !before || dayKey(before.at) !== dayKey(entry.at);
  const continued =
    !newDay &&
    !before.system &&
    !entry.system &&
    before.sender === entry.sender &&
    Date.parse(entry.at) - Date.parse(before.at) < TOGETHER_WITHIN;
  return { newDay, continued };
}
