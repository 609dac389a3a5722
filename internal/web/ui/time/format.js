// The short form of a moment, by the same rules as When in when.go.

const day = 86_400_000

function parts(date, zone) {
  const f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
  return Object.fromEntries(f.formatToParts(date).map((p) => [p.type, p.value]))
}

const midnight = (date, zone) => {
  const [y, m, d] = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(date).split("-").map(Number)
  return Date.UTC(y, m - 1, d)
}

const onClock = ({ hour, minute }, twelve) => (twelve ? `${+hour % 12 || 12}:${minute} ${+hour < 12 ? "am" : "pm"}` : `${hour}:${minute}`)

export function short(date, now, zone = "UTC", twelve = false) {
  const age = now - date
  const far = Math.abs(age)
  if (far < 45_000) return "just now"
  if (far < 3_600_000) {
    const n = Math.max(1, Math.round(far / 60_000))
    return age < 0 ? `in ${n} min` : `${n} min ago`
  }
  const p = parts(date, zone)
  const clock = onClock(p, twelve)
  const days = Math.round((midnight(now, zone) - midnight(date, zone)) / day)
  if (days === 0) return clock
  if (days === 1) return "Yesterday, " + clock
  if (days === -1) return "Tomorrow, " + clock
  const month = p.month.slice(0, 3)
  return p.year === parts(now, zone).year ? `${p.day} ${month}, ${clock}` : `${p.day} ${month} ${p.year}`
}
