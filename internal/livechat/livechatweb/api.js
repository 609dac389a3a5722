// What a visitor's browser and the portal tell each other.

export class Refusal extends Error {
  constructor(status, error) {
    super(error?.text || "That did not work. Please try again.")
    this.status = status
    this.code = error?.code
    this.field = error?.field
  }
}

export class Api {
  constructor(code, token) {
    this.base = `/widget/${code}`
    this.token = token
  }

  #headers(more) {
    return { Authorization: `Bearer ${this.token}`, "Portico-Fetch": "1", ...more }
  }

  async #answer(response) {
    if (response.ok) return response.status === 204 ? null : response.json()
    const body = await response.json().catch(() => null)
    throw new Refusal(response.status, body?.error)
  }

  async post(path, body) {
    const headers = this.#headers({ "Content-Type": "application/json" })
    return this.#answer(await fetch(this.base + path, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit" }))
  }

  async get(path) {
    return this.#answer(await fetch(this.base + path, { headers: this.#headers(), credentials: "omit" }))
  }

  async blob(path) {
    const r = await fetch(this.base + path, { headers: this.#headers(), credentials: "omit" })
    if (!r.ok) throw new Refusal(r.status)
    return r.blob()
  }

  // upload sends a file; gate is what the visitor has agreed to, page where they are.
  async upload(file, gate, signed, page) {
    const form = new FormData()
    form.append("file", file, file.name)
    const query = new URLSearchParams({ consent: Number(Boolean(gate?.consent)), version: gate?.version ?? 0, signed: Number(signed), page })
    const path = `${this.base}/files?${query}`
    return this.#answer(await fetch(path, { method: "POST", headers: this.#headers(), body: form, credentials: "omit" }))
  }

  // follow tells on(event, data) what is new, and alive(bool) whether there is a connection, until signal aborts, or the portal does not know
  // the visitor or the chat any more: then it returns the status. since() is what the page has.
  async follow(since, on, alive, signal) {
    for (let failures = 0; !signal.aborted;) {
      try {
        const headers = this.#headers({ Accept: "text/event-stream" })
        const r = await fetch(`${this.base}/stream?since=${since()}`, { headers, signal, credentials: "omit", cache: "no-store" })
        if (r.status === 401 || r.status === 404) return r.status
        if (!r.ok) throw new Refusal(r.status)
        failures = 0
        alive(true)
        await read(r.body, on, signal)
      } catch {
        if (signal.aborted) return
      }
      alive(false)
      await pause(Math.min(15000, 500 * 2 ** failures++) * (0.8 + 0.4 * Math.random()), signal)
    }
  }
}

// quiet is after how long without a sign of life a stream is given up; the portal gives one every 25 seconds.
const quiet = 60000

async function read(body, on, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const take = parser(on)
  while (!signal.aborted) {
    let timer
    const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error("quiet")), quiet) })
    try {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return
      take(value)
    } catch (e) {
      reader.cancel().catch(() => {})
      throw e
    } finally {
      clearTimeout(timer)
    }
  }
}

// parser takes text of server-sent events as it comes and calls on(event, data) for each.
export function parser(on) {
  let rest = ""
  return (text) => {
    const blocks = (rest + text).split("\n\n")
    rest = blocks.pop()
    for (const block of blocks) {
      let event = "message", data = ""
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) event = line.slice(7)
        else if (line.startsWith("data: ")) data += line.slice(6)
      }
      if (data) on(event, JSON.parse(data))
    }
  }
}

function pause(ms, signal) {
  return new Promise((done) => {
    const end = () => { clearTimeout(timer); removeEventListener("online", end); signal.removeEventListener("abort", end); done() }
    const timer = setTimeout(end, ms)
    addEventListener("online", end)
    signal.addEventListener("abort", end)
  })
}
