// The document around the frame of an application's page: opens the page, gives it its tokens, and hands on to the page of the
// portal what concerns that. Messages count only from this very frame while it shows a page of the application's own origin,
// and answers go to that origin alone.
import { Fault, post } from "web/fetch.js"
import { parse } from "./message.js"

const slow = 5000 // ms after which a background worker counts as slow
const early = 60 // seconds before its end at which a token is renewed rather than given

// The commands that need nothing of the page around. Each gets the host, the parameters and what answers.
const own = {
  async getInitData(host, _, reply) {
    if (host.left() < early) await host.renew()
    reply({ ...host.data, AUTH_EXPIRES: host.left() })
  },
  async refreshAuth(host, _, reply) {
    await host.renew()
    const { AUTH_ID, REFRESH_ID } = host.data
    reply({ AUTH_ID, REFRESH_ID, AUTH_EXPIRES: host.left() })
  },
  async setInstall(host, _, reply) {
    await host.post("started")
    host.data.FIRST_RUN = false
    reply({ result: true })
  },
  async setInstallFinish(host, _, reply) {
    const { url } = await host.post("installed")
    host.data.INSTALL = false
    reply({ result: true })
    host.hand("installed", { url }, () => {})
  },
  setAppOption: (host, params, reply) => host.setOption("app", "APP_OPTIONS", params, reply),
  setUserOption: (host, params, reply) => host.setOption("user", "USER_OPTIONS", params, reply),
}

class Host {
  #frame
  #init
  #since = performance.now() // when the tokens came

  constructor(box, signal) {
    this.#frame = box.querySelector("iframe")
    this.#init = JSON.parse(box.dataset.host)
    this.data = this.#init.data
    addEventListener("message", (e) => this.#receive(e), { signal })
    document.addEventListener("securitypolicyviolation", (e) => this.#blocked(box, e), { signal })
    if (location.origin !== this.#init.portal) return this.#elsewhere(box)
    if (this.#init.place === "PAGE_BACKGROUND_WORKER") this.#watch(signal)
    this.#frame.addEventListener("load", () => this.hand("loaded", {}, () => {}), { signal })
    box.querySelector("form")?.submit()
  }

  // #watch tells the portal of a background worker that takes longer to load than it may.
  #watch(signal) {
    const handler = new URLSearchParams(location.search).get("place")
    const timer = setTimeout(() => post(`/marketplace/placement/${handler}/slow`, { ms: slow + 1 }).catch(console.error), slow + 1)
    this.#frame.addEventListener("load", () => clearTimeout(timer), { signal, once: true })
    signal.addEventListener("abort", () => clearTimeout(timer))
  }

  // The frame's script talks to the portal's public origin only, so under another name it would wait for ever.
  #elsewhere(box) {
    box.querySelector("[data-elsewhere]").hidden = false
    const around = window.parent === window ? location : window.parent.location
    box.querySelector("[data-elsewhere-link]").href = this.#init.portal + around.pathname + around.search
  }

  #blocked(box, e) {
    if (!/^(frame-src|form-action)$/.test(e.effectiveDirective)) return
    box.querySelector("[data-blocked]").hidden = false
    box.querySelector("[data-blocked-at]").textContent = e.blockedURI
  }

  #receive(e) {
    if (e.source !== this.#frame.contentWindow || e.origin !== this.#init.origin) return
    const m = parse(e.data, this.#init.sid)
    if (!m) return
    const reply = (value) => {
      if (!m.callback) return
      const text = value === undefined ? "" : JSON.stringify(value)
      this.#frame.contentWindow?.postMessage(m.callback + ":" + text, this.#target)
    }
    this.#run(m, reply).catch((err) => {
      if (!(err instanceof Fault)) console.error(m.command, err)
      reply({ error: err.code || "ERROR_CORE", error_description: err.message })
    })
  }

  // A sandboxed frame has no origin to name. Its place is safe by other means: the policy lets nothing else into it.
  get #target() { return this.#init.origin === "null" ? "*" : this.#init.origin }

  async #run({ command, params }, reply) {
    if (Object.hasOwn(own, command)) await own[command](this, params ?? {}, reply)
    else this.hand(command, params, reply)
  }

  // left returns how many seconds the access token is still good for.
  left() { return Math.floor(this.data.AUTH_EXPIRES - (performance.now() - this.#since) / 1000) }

  async renew() {
    Object.assign(this.data, await this.post("auth"))
    this.#since = performance.now()
  }

  post(what, form) { return post(`/marketplace/frame/${this.#init.id}/${what}`, form) }

  async setOption(of, store, { name, value }, reply) {
    this.data[store] = await this.post("option", { of, name: name ?? "", value: JSON.stringify(value ?? null) })
    reply(this.data[store])
  }

  // hand gives a command to the page around.
  hand(command, params, reply) {
    const { id, place } = this.#init
    window.frameElement?.dispatchEvent(new CustomEvent("app:command", { bubbles: true, detail: { command, params, reply, id, place } }))
  }
}

export default function (root, { signal }) {
  const box = root.querySelector("[data-host]")
  if (box) new Host(box, signal)
}
