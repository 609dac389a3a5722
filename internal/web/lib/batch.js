// batch collects keys and calls run with all of them once, ms after the first. While run is under way (it may return a
// promise) further keys wait for its end.
export function batch(run, ms, later = setTimeout) {
  let keys = new Set()
  let waiting = false
  const go = async () => {
    const now = [...keys]
    keys = new Set()
    try {
      await run(now)
    } finally {
      waiting = false
      if (keys.size) start()
    }
  }
  const start = () => {
    if (waiting) return
    waiting = true
    later(go, ms)
  }
  return (...more) => {
    for (const k of more) keys.add(k)
    start()
  }
}
