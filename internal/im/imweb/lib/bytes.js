// bytes writes a size as people read it: "640 B", "12 KB", "3.4 MB".
export function bytes(n) {
  const units = ["B", "KB", "MB", "GB", "TB"]
  let i = 0
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000
  return (n < 10 && i > 1 ? n.toFixed(1).replace(/\.0$/, "") : Math.round(n)) + " " + units[i]
}

// clock writes a length of time: "0:07", "12:40", "1:02:03".
export function clock(ms) {
  const s = Math.round(ms / 1000)
  const two = (x) => String(x).padStart(2, "0")
  const h = Math.floor(s / 3600)
  return (h ? h + ":" + two(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ":" + two(s % 60)
}

// wave turns loudness over time (0 to 1) into at most 100 digits, the loudest of them 9.
export function wave(levels, most = 100) {
  if (!levels.length) return ""
  const top = Math.max(...levels, 0.05)
  const n = Math.min(most, levels.length)
  let out = ""
  for (let i = 0; i < n; i++) {
    const part = levels.slice(Math.floor((i * levels.length) / n), Math.max(Math.floor(((i + 1) * levels.length) / n), Math.floor((i * levels.length) / n) + 1))
    out += Math.min(9, Math.round((9 * Math.max(...part)) / top))
  }
  return out
}
