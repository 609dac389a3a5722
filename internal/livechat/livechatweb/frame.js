// The chat of a site: what a visitor sees, in a frame of the portal's origin.

import { Api } from "./api.js"
import { Store, random } from "./store.js"
import { List, el, picture } from "./view.js"

const $ = (id) => document.getElementById(id)
const config = JSON.parse(document.body.dataset.config)
const embedded = window.parent !== window
const store = new Store(config.code)

// resume takes over the conversation to which a mail to somebody who has gone leads back. The token goes no further than this browser's
// storage. It reports whether there is one.
function resume() {
  const link = embedded ? null : /^#resume=([\w-]{43})$/.exec(location.hash)
  if (!link) return false
  store.set("token", link[1])
  history.replaceState(null, "", location.pathname)
  return true
}
resume()
addEventListener("hashchange", () => resume() && enter()) // the chat was open already

let api = new Api(config.code, "") // until it is known in whose name
let state = { phase: "none", profile: {} }
let version = 0, page = location.href, shown = !embedded, unread = 0, known = false, gate = null
let outbox = store.get("outbox") ?? [], sending = false, alone = new AbortController()
let lastOperator = null, signed = null, entering = false, skipped = false, uploads = []

const list = new List(api, (text, now) => {
  if (now) return say(text)
  $("text").value = text
  $("text").focus()
})

document.documentElement.style.setProperty("--accent", config.color)
document.documentElement.style.setProperty("--ink", config.ink)
$("close").hidden = !embedded
$("greeting").textContent = config.greeting
$("intro").textContent = ""

/* ---- the site around ---- */

function tell(kind, more) {
  if (embedded) window.parent.postMessage({ portico: kind, ...more }, "*") // says nothing but how many are unread
}

function allowed(origin) {
  return !config.sites?.length || config.sites.some((s) => {
    const [scheme, host] = s.split("://")
    if (!host.startsWith("*")) return origin === s
    return origin.startsWith(scheme + "://") && origin.endsWith(host.slice(1))
  })
}

addEventListener("message", async (e) => {
  if (!embedded || e.source !== window.parent || !allowed(e.origin) || typeof e.data?.portico !== "string") return
  const d = e.data
  if (d.portico === "hello") {
    if (typeof d.page === "string") page = d.page
    shown = Boolean(d.shown)
    await enter(d.user)
  } else if (d.portico === "user") {
    await enter(d.user)
  } else if (d.portico === "open") {
    shown = true
    see()
    focus()
  } else if (d.portico === "closed") {
    shown = false
  }
})

addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return
  if (!$("emoji").hidden) return smile(false)
  if (embedded) tell("close")
})
$("close").addEventListener("click", () => tell("close"))

/* ---- beginning ---- */

// enter opens the chat: for a user of the site whom it has signed, else for whom this browser knows.
async function enter(user, kept) {
  signed = null
  entering = true // nothing is sent before it is known in whose name
  alone.abort()
  alone = new AbortController()
  const mine = alone
  if (!user?.id || !(await identify(user, mine))) {
    store.lasting()
    api = new Api(config.code, store.token())
  }
  if (mine.signal.aborted) return
  outbox = kept ?? store.get("outbox") ?? []
  store.set("outbox", outbox)
  list.api = api
  list.clear()
  entering = false
  await open(mine)
}

// identify lets this page be known as a user of the site. It reports false where the portal refuses the signature: they stay anonymous. While
// there is no connection it tries again, so that nothing a user writes becomes somebody else's.
async function identify(user, mine) {
  store.transient()
  api = new Api(config.code, random())
  while (!mine.signal.aborted) {
    try {
      await api.post("/identify", user)
      if (!mine.signal.aborted) signed = user
      return true
    } catch (e) {
      if (e.status >= 400 && e.status < 500) {
        tell("refused")
        return false
      }
      online(false)
      await new Promise((done) => setTimeout(done, 3000))
    }
  }
  return true
}

async function open(mine) {
  try {
    const o = await api.post("/enter", {})
    if (mine.signal.aborted) return
    known = o.known
    version = o.version
    list.take(o.messages)
    $("more").hidden = !o.more
    lastOperator = o.messages.findLast((m) => m.author) ?? null
    for (const m of outbox) list.pending(m)
    draw(o.state)
    list.toEnd()
    online(true)
    if (known) {
      tell("known")
      follow(mine)
    }
    flush()
    if (shown) focus()
  } catch (e) {
    if (mine.signal.aborted) return
    if (e.status === 404) return over()
    online(false)
    setTimeout(() => mine.signal.aborted || open(mine), 3000 + 2000 * Math.random())
  }
}

function over() {
  $("status").textContent = "This chat is not available any more."
  $("composer").hidden = $("gate").hidden = true
}

function follow(mine) {
  api.follow(() => version, hear, online, mine.signal).then((status) => {
    if (mine.signal.aborted) return
    if (status === 404) over()
    if (status === 401) enter(signed, outbox) // the portal has forgotten this browser
  })
}

function hear(event, data) {
  if (event === "messages") {
    version = data.version
    const fresh = data.messages.filter((m) => !m.own && m.n === m.v)
    list.take(data.messages)
    for (const m of data.messages) if (m.uuid) sent(m.uuid)
    lastOperator = data.messages.findLast((m) => m.author) ?? lastOperator
    if (fresh.length) {
      typing(false)
      if (!shown || document.hidden) unread += fresh.length
      tell("unread", { count: unread })
      see()
    }
    draw(state)
  } else if (event === "state") {
    draw(data)
  } else if (event === "typing") {
    typing(true)
  }
}

let typingTimer
function typing(on) {
  clearTimeout(typingTimer)
  const end = list.atEnd()
  $("typing").hidden = !on
  if (on && end) list.toEnd()
  if (on) typingTimer = setTimeout(() => typing(false), 6000)
}

function online(yes) { $("offline").hidden = yes }

// see tells the portal that what is shown was read.
function see() {
  if (!shown || document.hidden) return
  unread = 0
  tell("unread", { count: 0 })
  if (known && version) api.post("/read", { number: version }).catch(() => {})
}
document.addEventListener("visibilitychange", see)
addEventListener("focus", see)

function focus() {
  const at = $("gate").hidden ? $("text") : $("gate").querySelector("label:not([hidden]) input, label:not([hidden]) textarea")
  at?.focus()
}

/* ---- what is shown beside the messages ---- */

const asks = (when) => ["name", "email", "phone"].filter((k) => config.ask[k] === when && !state.profile[k])

function draw(next) {
  state = next
  list.read(state.read ?? 0)
  $("greeting").hidden = !config.greeting || !list.empty
  $("status").textContent = said()
  face()
  const ready = gate ?? {}
  const form = state.form && list.empty && !outbox.length
  const missing = form ? ["name", "email"].filter((k) => !state.profile[k]) : asks("before")
  const needs = form || (missing.length && !ready.profile) || (state.consent && !(ready.consent && ready.version === state.terms?.version))
  $("gate").hidden = !needs
  $("composer").hidden = Boolean(needs)
  if (needs) drawGate(form, missing)
  $("rate").hidden = !state.vote
  const later = asks("later").filter((k) => !state.signed)
  $("later").hidden = skipped || !known || list.empty || !later.length || Boolean(needs)
  for (const l of $("later").querySelectorAll("[data-ask]")) l.hidden = !later.includes(l.dataset.ask)
}

function drawGate(form, missing) {
  const g = $("gate")
  $("intro").textContent = form ? config.offline : missing.length ? "Please tell us who you are." : "Please read this first."
  const phone = !state.profile.phone && config.ask.phone !== "no"
  for (const l of g.querySelectorAll("[data-ask]")) {
    const k = l.dataset.ask
    l.hidden = !(missing.includes(k) || (form && (k === "text" || (k === "phone" && phone))))
    l.firstElementChild.required = !l.hidden && (missing.includes(k) || k === "text")
  }
  g.classList.toggle("whole", Boolean(form))
  $("terms").hidden = !state.consent
  const t = state.terms
  $("terms-text").textContent = (t ? t.text : state.consent) ?? ""
  $("terms-about").hidden = !t
  $("terms-label").textContent = t?.label ?? ""
  if (t) $("terms-link").href = t.url
  $("terms-agree").textContent = t?.button ?? "I agree"
  $("begin").textContent = form ? "Send" : "Start the chat"
}

// speaker is who wrote last, unless that was a bot which does not answer any more.
const speaker = () => (lastOperator?.bot && !state.bot ? null : lastOperator)

function said() {
  if (state.phase === "waiting") {
    if (state.position >= 100) return "You are in the queue. Somebody answers as soon as they can."
    return state.position ? `You are number ${state.position} in the queue` : "You are in the queue"
  }
  if (state.form) return "Nobody is here right now. Leave a message."
  if (state.phase === "over") return "The conversation is over. Write to begin another."
  if (state.phase === "taken") return speaker() ? `You are talking to ${speaker().author}` : "Somebody is answering"
  return "Write to us"
}

function face() {
  const f = $("face")
  const who = state.phase === "taken" ? speaker() : null
  const key = who ? who.author + who.avatar : ""
  if (f.dataset.key === key) return
  f.dataset.key = key
  f.replaceChildren(who?.avatar ? picture(who.avatar) : (who?.author || config.title).slice(0, 1).toUpperCase())
}

/* ---- writing ---- */

function values(form) {
  const out = {}
  for (const i of form.querySelectorAll("input[name], textarea[name]")) {
    if (i.type !== "checkbox" && !i.closest("[hidden]") && i.value.trim()) out[i.name] = i.value.trim()
  }
  return out
}

function fail(form, text, field) {
  const p = form.querySelector(".error")
  p.textContent = text
  p.hidden = !text
  const input = field && form.querySelector(`[name="${field}"]`)
  for (const i of form.querySelectorAll("[aria-invalid]")) i.removeAttribute("aria-invalid")
  if (!input) return
  input.setAttribute("aria-invalid", "true")
  input.focus()
}

$("gate").addEventListener("submit", (e) => {
  e.preventDefault()
  const g = e.currentTarget, v = values(g)
  for (const i of g.querySelectorAll("[required]")) {
    if (!v[i.name] || (i.type === "email" && !i.validity.valid)) {
      const words = { name: "Please tell us your name.", email: "Please give an e-mail address that we can answer to.", phone: "Please give a telephone number.", text: "Please write your question." }
      return fail(g, words[i.name], i.name)
    }
  }
  if (state.consent && !g.elements.consent.checked) return fail(g, "Please agree first.", "consent")
  fail(g, "")
  const { text, ...profile } = v
  gate = { consent: Boolean(state.consent) || undefined, version: state.terms?.version, profile: Object.keys(profile).length ? profile : (asks("before").length ? undefined : gate?.profile) }
  if (text) return say(text, [], { form: true })
  draw(state)
  $("text").focus()
})

$("later").addEventListener("submit", async (e) => {
  e.preventDefault()
  const form = e.currentTarget, profile = values(form)
  if (!Object.keys(profile).length) return fail(form, "Please fill in one of them.")
  try {
    await api.post("/profile", profile)
    fail(form, "")
    draw({ ...state, profile: { ...state.profile, ...profile } })
    skipped = true
    form.hidden = true
    $("text").focus()
  } catch (err) {
    fail(form, err.message, err.field)
  }
})
$("later").querySelector("[data-skip]").addEventListener("click", () => {
  skipped = true
  $("later").hidden = true
  $("text").focus()
})

$("composer").addEventListener("submit", (e) => {
  e.preventDefault()
  const text = $("text").value.trim()
  if (uploads.some((u) => !u.id)) return fail($("composer"), "A file is still on its way.")
  if (!text && !uploads.length) return
  say(text, uploads.splice(0))
  $("text").value = ""
  drawUploads()
  grow()
  fail($("composer"), "")
})

function say(text, files = [], more = {}) {
  const m = { uuid: crypto.randomUUID?.() ?? random(), text, files: files.map((f) => f.id), shown: files.map(({ id, name, size, picture: p }) => ({ id, name, size, picture: p })), at: Date.now(), page, ...more }
  if (signed) m.signed = true
  if (gate?.consent) Object.assign(m, { consent: true, version: gate.version })
  if (gate?.profile) m.profile = gate.profile
  outbox.push(m)
  store.set("outbox", outbox)
  list.pending(m)
  draw(state)
  flush()
}

function sent(uuid) {
  if (!outbox.some((m) => m.uuid === uuid)) return
  outbox = outbox.filter((m) => m.uuid !== uuid)
  store.set("outbox", outbox)
}

// flush sends what waits, one after another. The portal takes a message once, however often it is sent.
async function flush() {
  if (sending || entering) return
  sending = true
  const mine = alone, by = api
  try {
    while (outbox.length && !mine.signal.aborted) {
      const m = outbox[0]
      try {
        const { shown: _, at: __, ...body } = m
        const got = await by.post("/messages", body)
        if (mine.signal.aborted) return
        list.take([got])
        sent(m.uuid)
        begun(mine)
      } catch (e) {
        if (mine.signal.aborted || !refused(m, e)) return
      }
    }
  } finally {
    sending = false
    if (mine !== alone) flush()
  }
}

// refused says what became of a message that was not taken. It reports whether to go on with the next one.
function refused(m, e) {
  if (e.status === 401 && signed) {
    enter(signed, outbox)
    return false
  }
  if (e.status >= 400 && e.status < 500) {
    sent(m.uuid)
    if (["CONSENT_REQUIRED", "NAME_REQUIRED", "EMAIL_REQUIRED", "PHONE_REQUIRED"].includes(e.code)) {
      list.drop(m.uuid)
      $("text").value = m.text
      gate = null
      api.post("/enter", {}).then((o) => { draw(o.state); fail($("gate"), e.message, e.field) }, () => {})
    } else {
      list.failed(m.uuid, `Not sent: ${e.message}`)
    }
    return true
  }
  list.failed(m.uuid, e.status === 503 ? "Waiting…" : "")
  if (!e.status) online(false)
  setTimeout(flush, 2000 + 2000 * Math.random())
  return false
}

// begun follows the conversation that the first message has begun.
function begun(mine) {
  online(true)
  if (known) return
  known = true
  tell("known")
  follow(mine)
}
addEventListener("online", flush)

/* ---- the composer ---- */

function grow() {
  const t = $("text")
  t.style.height = "auto"
  t.style.height = `${Math.min(t.scrollHeight, 140)}px`
}

let told = 0
$("text").addEventListener("input", () => {
  grow()
  const now = Date.now()
  if (!known || now - told < 1500) return
  told = now
  setTimeout(() => api.post("/typing", { text: state.drafts ? $("text").value : "" }).catch(() => {}), state.drafts ? 700 : 0)
})
$("text").addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || e.shiftKey || e.isComposing) return
  e.preventDefault()
  $("composer").requestSubmit()
})
$("text").addEventListener("paste", (e) => {
  if (e.clipboardData?.files.length) {
    e.preventDefault()
    upload(e.clipboardData.files)
  }
})

$("attach").addEventListener("click", () => $("picker").click())
$("picker").addEventListener("change", () => {
  upload($("picker").files)
  $("picker").value = ""
})
addEventListener("dragover", (e) => e.preventDefault())
addEventListener("drop", (e) => {
  e.preventDefault()
  if (!$("composer").hidden) upload(e.dataTransfer.files)
})

async function upload(files) {
  for (const file of [...files].slice(0, 10 - uploads.length)) {
    if (file.size > config.maxFile) {
      fail($("composer"), `${file.name} is too large: at most ${Math.floor(config.maxFile / 1048576)} MB.`)
      continue
    }
    const u = { name: file.name, size: file.size }
    uploads.push(u)
    drawUploads()
    try {
      Object.assign(u, await api.upload(file, gate, Boolean(signed), page))
      fail($("composer"), "")
    } catch (e) {
      uploads = uploads.filter((x) => x !== u)
      fail($("composer"), `${file.name}: ${e.message}`)
    }
    drawUploads()
  }
}

function drawUploads() {
  $("files").replaceChildren(...uploads.map((u) => {
    const b = el("button", u.id ? "" : "busy", `${u.name} ×`)
    b.type = "button"
    b.setAttribute("aria-label", `Remove ${u.name}`)
    b.addEventListener("click", () => {
      uploads = uploads.filter((x) => x !== u)
      drawUploads()
    })
    return b
  }))
}

for (const c of "😀 😊 😂 😍 🤔 😢 😮 😅 👍 👎 👏 🙏 👋 💪 ❤️ 🎉 🔥 ✅ ❌ ❓ 📎 📦 💡 ⏰".split(" ")) {
  const b = el("button", "", c)
  b.type = "button"
  $("emoji").append(b)
}
function smile(on) {
  $("emoji").hidden = !on
  $("smile").setAttribute("aria-expanded", String(on))
  if (!on) $("text").focus()
}
$("smile").addEventListener("click", () => smile($("emoji").hidden))
$("emoji").addEventListener("click", (e) => {
  if (e.target.tagName !== "BUTTON") return
  const t = $("text")
  t.setRangeText(e.target.textContent, t.selectionStart, t.selectionEnd, "end")
  smile(false)
})

$("rate").addEventListener("click", async (e) => {
  const b = e.target.closest("[data-like]")
  if (!b) return
  try {
    await api.post("/rate", { like: b.dataset.like === "1" })
  } catch { /* it was answered elsewhere: the state tells */ }
  draw({ ...state, vote: false })
})

$("more").addEventListener("click", async () => {
  try {
    const h = await api.get(`/messages?before=${list.oldest}`)
    list.take(h.messages, true)
    $("more").hidden = !h.more
  } catch { online(false) }
})

if (embedded) tell("ready")
else enter()
