// What a browser keeps: the token and what was not sent yet. Where the browser lets a frame keep nothing it lasts as long as the page.

export class Store {
  #memory = new Map()
  #lasting = true

  constructor(code) {
    this.prefix = `portico.${code}.`
  }

  // transient has nothing kept from now on: who is known by the site's signature alone leaves no trace for the next person here.
  transient() {
    this.#lasting = false
    this.#memory.clear()
  }

  lasting() {
    if (this.#lasting) return // what the browser would not keep is still known here
    this.#lasting = true
    this.#memory.clear()
  }

  get(key) {
    if (this.#memory.has(key)) return this.#memory.get(key)
    if (!this.#lasting) return null
    try { return JSON.parse(localStorage.getItem(this.prefix + key)) } catch { return null }
  }

  set(key, value) {
    this.#memory.set(key, value)
    if (!this.#lasting) return
    try { localStorage.setItem(this.prefix + key, JSON.stringify(value)) } catch { /* it lasts as long as the page */ }
  }

  token() {
    let t = this.get("token")
    if (typeof t !== "string" || !/^[\w-]{43}$/.test(t)) {
      t = random()
      this.set("token", t)
    }
    return t
  }
}

// random is 32 bytes of chance, as the portal takes them.
export function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}
