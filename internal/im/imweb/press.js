// What a click in a message does: words that send or put themselves, buttons under a message, links, the menu.
import { post } from "web/fetch.js"
import { later } from "web/lazy.js"
import { open } from "ui/slider/slider.js"
import { toast } from "ui/toast/toast.js"
import { destination } from "./lib/links.js"
import { uuid } from "./lib/uuid.js"

const pressFor = 450 // ms of a finger on a message until its menu opens
const slip = 10 // px that a finger may move meanwhile

// page has: hosts, go(dialog, message), talk(), outbox(), composer().
export function start(root, page, signal) {
  const menu = () => import("./menu.js")
  root.addEventListener("click", (e) => {
    const t = e.target
    const button = t.closest(".keyboard-button[data-index]")
    if (button?.matches("button")) return pressed(button, { button: button.dataset.index }, page)
    const word = t.closest(".bb-send, .bb-put, .bb-call")
    if (word) return said(word, page)
    const more = t.closest("[data-more]")
    if (more) {
      e.preventDefault()
      return menu().then((m) => m.show(more.closest(".msg"), more.getBoundingClientRect(), page))
    }
    const deed = t.closest("[data-deed]")
    if (deed) {
      e.preventDefault()
      return menu().then((m) => m.act(deed.dataset.deed, deed.closest(".msg"), page, deed))
    }
    const own = t.closest("[data-botapp]")
    if (own) return chosen(own, page)
    const app = t.closest("[data-panel]")
    if (app && !e.ctrlKey && !e.metaKey) {
      e.preventDefault()
      return import("./panel.js").then((m) => m.show(app, root.querySelector(".pane-main")))
    }
    const play = t.closest("[data-play]")
    if (play) return import("./voice.js").then((m) => m.play(play.closest(".msg-voice")))
    const quote = t.closest("[data-jump]")
    if (quote) {
      e.preventDefault()
      return page.talk()?.jump(Number(quote.dataset.jump))
    }
    link(e, page)
  }, { signal })
  for (const type of ["pointerover", "focusin"]) root.addEventListener(type, (e) => equip(e.target), { signal })
  const at = (e) => new DOMRect(e.clientX, e.clientY, 0, 0)
  root.addEventListener("contextmenu", (e) => {
    const li = menuFor(e)
    if (!li) return
    e.preventDefault()
    if (e.pointerType !== "touch") menu().then((m) => m.show(li, at(e), page))
  }, { signal })
  touch(root, (li, e) => menu().then((m) => m.show(li, at(e), page)), signal)
  later(menu, signal)
}

// equip gives the message that is pointed at its tools: few ever are, and in every row they would double what is laid out.
function equip(t) {
  const more = t.closest(".msg")?.querySelector("[data-more]")
  if (more && !more.previousElementSibling) more.before(document.getElementById("im-tools").content.cloneNode(true))
}

// menuFor returns the message whose menu a right click opens; null where the browser's own is of more use.
function menuFor(e) {
  if (e.shiftKey || e.target.closest("a[href], img, video, audio") || String(getSelection())) return null
  const li = e.target.closest(".bubble")?.closest(".msg")
  return li?.querySelector("[data-more]") ? li : null
}

// touch opens the menu of a message on which a finger rested, once it is lifted: before, the lifting would close the menu again.
function touch(root, open, signal) {
  let timer, from, held, swallow
  const drop = () => {
    clearTimeout(timer)
    held?.classList.remove("msg-held")
    held = null
  }
  root.addEventListener("pointerdown", (e) => {
    drop()
    const li = e.pointerType === "touch" ? e.target.closest(".bubble")?.closest(".msg") : null
    if (!li?.querySelector("[data-more]")) return
    from = e
    timer = setTimeout(() => {
      held = document.getElementById(li.id) ?? li // it may have been drawn anew meanwhile: somebody has read it
      held.classList.add("msg-held")
      navigator.vibrate?.(10)
    }, pressFor)
  }, { signal })
  root.addEventListener("pointermove", (e) => {
    if (from && Math.hypot(e.clientX - from.clientX, e.clientY - from.clientY) > slip) drop()
  }, { signal })
  root.addEventListener("pointerup", () => {
    const li = held && (document.getElementById(held.id) ?? held)
    drop()
    if (!li) return
    swallow = true // the click that follows is no tap
    setTimeout(() => {
      swallow = false
      open(li, from)
    }, 60)
  }, { signal })
  root.addEventListener("pointercancel", drop, { signal })
  root.addEventListener("click", (e) => {
    if (!swallow) return
    e.preventDefault()
    e.stopPropagation()
  }, { capture: true, signal })
}

function said(word, page) {
  if (word.dataset.send) page.outbox()?.send(word.dataset.send)
  else if (word.dataset.put) page.composer()?.put(word.dataset.put)
  else if (word.dataset.call) location.href = "tel:" + word.dataset.call
}

// pressed does what a button of a bot says, or an item of a message's menu: which names it to the portal.
export async function pressed(button, which, page, message = button.closest(".msg").dataset.id) {
  const { action, value, block, command, app } = button.dataset
  if (action === "put") return page.composer()?.put(value)
  if (action === "copy") return copy(value, "Copied")
  if (action === "call") return void (location.href = "tel:" + value)
  if (action === "dialog") return page.go(value.toLowerCase())
  if (!command && action !== "send" && !app) return
  button.disabled = true
  const talk = page.talk()
  try {
    const sent = await post("/online/press", { message, uuid: uuid(), ...which })
    if (sent?.html && !talk.gone && !talk.newer) talk.take(sent.html, "first")
    if (sent?.app) opened(sent, page, button)
    else talk.toEnd()
    if (block !== "Y") button.disabled = false
  } catch (err) {
    button.disabled = false
    toast(err.message, { tone: "danger" })
  }
}

// chosen does what an application of a bot does whose icon was chosen.
async function chosen(button, page) {
  const { method, param, page: src, title, width, height } = button.dataset
  const m = await import("./botapp.js")
  button.closest("[popover]")?.hidePopover()
  if (method) m.act(method, param, page, src)
  else m.show({ src, title, width, height, popup: "popup" in button.dataset }, page, button)
}

// opened does what an application does that a button opened: in the conversation, also where its window may be moved elsewhere.
async function opened({ app, page: src, width, height }, page, button) {
  const m = await import("./botapp.js")
  if (app.method) m.act(app.method, app.param, page, src)
  else m.show({ src, title: app.title, width, height }, page, button)
}

function link(e, page) {
  const a = e.target.closest("a[href]")
  if (!a || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
  if (a.matches("[data-slider], [data-list], [download]")) return
  const to = destination(a.getAttribute("href"), location.href, page.hosts)
  if (to.kind === "dialog") {
    e.preventDefault()
    page.go(to.dialog, to.message)
  } else if (to.kind === "slider") {
    e.preventDefault()
    open(to.path)
  } else if (to.kind === "page" && a.closest(".msg")) {
    e.preventDefault() // the portal may have been named by another of its names
    location.assign(to.path)
  }
}

export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text)
    toast(done)
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text })
    document.body.append(area)
    area.select()
    const ok = document.execCommand("copy") // without encryption there is no clipboard
    area.remove()
    toast(ok ? done : "The browser does not allow copying here.", ok ? {} : { tone: "danger" })
  }
}
