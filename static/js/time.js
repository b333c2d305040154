/**
 * Days and times as the server shows them: in the service's time zone, whatever the device is set to. The time's
 * pattern comes from the page, because browsers differ in it (spaces, day periods) and the server writes it too.
 *
 * @param {{lang: string, timeZone: string, pattern?: string, am?: string, pm?: string}} options
 *   `pattern`: "{ampm} {hour}:{minute}"
 */
export function clock({ lang, timeZone, pattern = "{hour}:{minute} {ampm}", am = "AM", pm = "PM" }) {
  const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const day = new Intl.DateTimeFormat(lang, { timeZone, year: "numeric", month: "long", day: "numeric", weekday: "long" });
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "numeric", minute: "2-digit", hourCycle: "h23" });
  return {
    /** @param {string} at RFC 3339 @returns {string} "2026-11-22" */
    key: (at) => dayKey.format(new Date(at)),
    /** @returns {string} "2026년 11월 22일 일요일" */
    day: (at) => day.format(new Date(at)),
    /** @returns {string} "오후 6:30" */
    time(at) {
      const [hour, minute] = time.format(new Date(at)).split(":");
      const values = { ampm: Number(hour) < 12 ? am : pm, hour: String(Number(hour) % 12 || 12), minute };
      return pattern.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    },
  };
}
