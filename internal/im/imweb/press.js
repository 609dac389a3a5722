// What a click in a message does: words that send or put themselves, buttons under a message, links, the menu.
import { fragment, getHTML, post } from "web/fetch.js"
import { open } from "ui/slider/slider.js"
import { toast } from "ui/toast/toast.js"
import { destination } from "./lib/links.js"
import { uuid } from "./lib/uuid.js"

const undoFor = 5000

// page has: hosts, go(dialog, message), talk(), outbox(), composer().
export function start(root, page, signal) {
  const menu = root.querySelector("#im-menu")
  root.addEventListener("click", (e) => {
    const t = e.target
    const button = t.closest(".keyboard-button[data-index]")
    if (button?.matches("button")) return pressed(button, page)
    const word = t.closest(".bb-send, .bb-put, .bb-call")
    if (word) return said(word, page)
    const more = t.closest("[data-more]")
    if (more) return showMenu(menu, more, page)
    const quote = t.closest("[data-jump]")
    if (quote) {
      e.preventDefault()
      return page.talk()?.jump(Number(quote.dataset.jump))
    }
    link(e, page)
  }, { signal })
  menu.addEventListener("click", (e) => {
    if (e.target.closest("[data-trace]")) return menu.hidePopover()
    const what = e.target.closest("[data-do]")?.dataset.do
    if (!what) return
    menu.hidePopover()
    const li = document.getElementById(menu.dataset.row)
    if (li) deeds[what](li, page)
  }, { signal })
  addEventListener("pagehide", () => { for (const d of doomed.values()) d.now(true) }, { signal })
}

function said(word, page) {
  if (word.dataset.send) page.outbox()?.send(word.dataset.send)
  else if (word.dataset.put) page.composer()?.put(word.dataset.put)
  else if (word.dataset.call) location.href = "tel:" + word.dataset.call
}

async function pressed(button, page) {
  const { action, value, block, command, app } = button.dataset
  if (action === "put") return page.composer()?.put(value)
  if (action === "copy") return copy(value, "Copied")
  if (action === "call") return void (location.href = "tel:" + value)
  if (action === "dialog") return page.go(value.toLowerCase())
  if (!command && action !== "send" && !app) return
  button.disabled = true
  const talk = page.talk()
  try {
    const sent = await post("/online/press", { message: button.closest(".msg").dataset.id, button: button.dataset.index, uuid: uuid() })
    if (sent?.html && !talk.gone && !talk.newer) talk.take(sent.html, "first")
    talk.toEnd()
    if (block !== "Y") button.disabled = false
  } catch (err) {
    button.disabled = false
    toast(err.message, { tone: "danger" })
  }
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

function showMenu(menu, opener, page) {
  const li = opener.closest(".msg")
  menu.dataset.row = li.id
  const own = li.classList.contains("msg-own") && "editable" in li.dataset
  menu.querySelector('[data-do="edit"]').hidden = !own || !li.querySelector("[data-body]")
  menu.querySelector('[data-do="delete"]').hidden = !own
  menu.querySelector('[data-do="copy"]').hidden = !li.querySelector("[data-body]")
  const readers = menu.querySelector("[data-readers]")
  readers.hidden = !li.classList.contains("msg-own") || !page.talk()?.dialog.startsWith("chat")
  showTrace(menu.querySelector("[data-trace]"), li)
  menu.showPopover()
  place(menu, opener)
  menu.querySelector("button:not([hidden])").focus({ focusVisible: false })
  if (!readers.hidden) showReaders(menu, readers.querySelector("[data-names]"), li)
}

// showTrace leads those who have the console from a message to what the bots made of it.
function showTrace(a, li) {
  if (!a) return
  const byBot = !!li.querySelector(".msg-author [aria-label=Bot], .msg-author svg")
  a.href = `/devops/console/why/${li.dataset.id}/${byBot ? "?bot=" + li.dataset.author : ""}`
  a.querySelector("[data-trace-text]").textContent = byBot ? "How the bot came to this" : "Why did the bot not answer?"
  a.hidden = false
}

function place(menu, opener) {
  const a = opener.getBoundingClientRect(), m = menu.getBoundingClientRect()
  const y = a.bottom + 4 + m.height > innerHeight - 8 ? a.top - 4 - m.height : a.bottom + 4
  const x = a.left + m.width > innerWidth - 8 ? a.right - m.width : a.left
  Object.assign(menu.style, { left: Math.max(8, x) + "px", top: Math.max(8, y) + "px" })
}

// showReaders says at the foot of the menu who has read one's own message to a group. Its room is there from the start.
async function showReaders(menu, box, li) {
  box.replaceChildren()
  try {
    const html = await getHTML("/online/readers?id=" + li.dataset.id)
    if (menu.dataset.row === li.id) box.replaceChildren(fragment(html))
  } catch { /* the menu is of use without it */ }
}

async function copy(text, done) {
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

const doomed = new Map() // id → a deletion that can still be undone

const deeds = {
  reply: (li, page) => page.composer()?.reply(li),
  edit: (li, page) => page.composer()?.edit(Number(li.dataset.id)),
  copy: (li) => copy(li.querySelector("[data-body]").innerText, "Text copied"),
  link: (li, page) => copy(`${location.origin}/online/${page.talk().dialog}?m=${li.dataset.id}`, "Link copied"),
  delete: (li, page) => remove(li, page.talk()),
}

// remove hides a message and deletes it when nobody has undone that.
function remove(li, talk) {
  const id = Number(li.dataset.id)
  li.classList.add("msg-leaving")
  const back = () => document.getElementById(li.id)?.classList.remove("msg-leaving")
  const now = async (leaving = false) => {
    clearTimeout(timer)
    doomed.delete(id)
    try {
      const sent = await post("/online/delete", { message: id }, leaving ? { keepalive: true } : {})
      back()
      if (!talk.gone) talk.take(sent.html)
    } catch (err) {
      back()
      toast(err.message, { tone: "danger" })
    }
  }
  const timer = setTimeout(now, undoFor)
  doomed.set(id, { now })
  toast("Message deleted", { action: "Undo", ms: undoFor, run: () => { clearTimeout(timer); doomed.delete(id); back() } })
}
