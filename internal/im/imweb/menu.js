// The menu of a message, and what its items, and the keys that stand for them, do. Loaded once the page is there.
import { fragment, getHTML, post } from "web/fetch.js"
import { open } from "ui/slider/slider.js"
import { toast } from "ui/toast/toast.js"
import { gist } from "./gist.js"
import { copy, pressed } from "./press.js"

const undoFor = 5000
const doomed = new Map() // id → a deletion that can still be undone

addEventListener("pagehide", () => { for (const d of doomed.values()) d.now(true) })

const words = (li) => li.querySelector("[data-body]")?.innerText ?? ""
const author = (li) => li.querySelector(".msg-author")?.textContent.trim() ?? li.closest(".im").dataset.meName
const mine = (li) => li.classList.contains("msg-own") && "editable" in li.dataset

// may says for each deed whether it can be done to a message.
const may = {
  reply: (li, page) => !!page.composer()?.open,
  quote: (li, page) => !!page.composer()?.open && !!words(li),
  copy: (li) => !!words(li),
  link: () => true,
  edit: (li, page) => mine(li) && !!li.querySelector("[data-body]") && !!page.composer()?.open,
  delete: (li, page) => mine(li) || page.talk().erases && !li.matches(".msg-system"),
  forward: (li) => !li.matches(".msg-system"),
  pin: (li, page) => page.talk().manages,
  who: (li) => !!li.querySelector(".reaction"),
  keep: (li, page) => page.talk().answers && li.matches(".msg-own:not(.msg-system)") && !!words(li),
  retry: (li) => !!li.querySelector("form.msg-failed"),
  react: () => true,
  like: () => true,
}

const deeds = {
  reply: (li, page) => page.composer().reply(li, gist(li)),
  quote: (li, page) => page.composer().quote(author(li), selected(li) || words(li)),
  edit: (li, page) => page.composer().edit(Number(li.dataset.id)),
  copy: (li) => copy(words(li), "Text copied"),
  link: (li, page) => copy(`${location.origin}/online/${page.talk().dialog}?m=${li.dataset.id}`, "Link copied"),
  delete: (li, page) => remove(li, page.talk()),
  forward: (li) => open(address.forward(li)),
  who: (li) => open(address.who(li)),
  pin: (li, page) => tell("/online/pin", { message: li.dataset.id, on: "pinned" in li.dataset ? 0 : 1 }, page),
  keep: (li) => post("/online/keep-answer", { message: li.dataset.id }).then((a) => toast(a.toast), (err) => toast(err.message, { tone: "danger" })),
  retry: (li, page) => tell("/online/retry", { message: li.dataset.id }, page),
  react: (li, page, opener) => react(li, opener.dataset.code, page),
  like: (li, page) => react(li, "like", page),
}

const address = {
  forward: (li) => "/online/forward?m=" + li.dataset.id,
  who: (li) => "/online/reactions/" + li.dataset.id,
}

// tell asks the portal for a change of a message and shows the message as it is then.
async function tell(url, form, page) {
  const talk = page.talk()
  try {
    const { html } = await post(url, { ...form, seen: talk.seenUpTo })
    if (!talk.gone) talk.take(html)
  } catch (err) {
    toast(err.message, { tone: "danger" })
  }
}

// react sets the person's reaction, or takes back one that is set.
function react(li, code, page) {
  const set = li.querySelector(`.reaction[data-code="${code}"]`)?.getAttribute("aria-pressed") === "true"
  return tell("/online/react", { message: li.dataset.id, code, on: set ? 0 : 1 }, page)
}

// act does a deed to a message; false where it cannot be done.
export function act(what, li, page, opener = li) {
  if (!li || li.classList.contains("msg-deleted") || !may[what]?.(li, page)) return false
  deeds[what](li, page, opener)
  return true
}

function selected(li) {
  const s = getSelection()
  return s.rangeCount && li.contains(s.anchorNode) && li.contains(s.focusNode) ? String(s) : ""
}

let menu, foot, page

function build() {
  menu = document.getElementById("im-menu")
  foot = menu.querySelector("[data-foot]")
  menu.addEventListener("click", (e) => {
    const t = e.target.closest("button, a")
    if (!t) return
    const li = document.getElementById(menu.dataset.row)
    if ("moreCodes" in t.dataset) return allCodes(true)
    if (t.matches("a[data-slider]")) return menu.hidePopover() // the slider follows the link
    if (t.dataset.code) {
      menu.hidePopover()
      if (li) react(li, t.dataset.code, page)
    } else if (t.dataset.do) {
      menu.hidePopover()
      if (li) act(t.dataset.do, li, page)
    } else if (t.dataset.index) {
      menu.hidePopover()
      if (li) pressed(t, { item: t.dataset.index }, page, li.dataset.id)
    } else menu.hidePopover()
  })
}

// allCodes shows every reaction in the place of what else can be done.
function allCodes(on) {
  menu.querySelector("[data-codes]").hidden = !on
  menu.querySelector("[data-deeds]").hidden = on
  menu.querySelector("[data-more-codes]").hidden = on
  if (on) menu.querySelector("[data-codes] button").focus()
}

// show opens the menu of the message li beside the place at.
export function show(li, at, of) {
  if (!menu?.isConnected) build()
  page = of
  menu.dataset.row = li.id
  allCodes(false)
  for (const b of menu.querySelectorAll("[data-do]")) {
    b.hidden = !may[b.dataset.do]?.(li, page)
    if (address[b.dataset.do]) b.href = address[b.dataset.do](li)
  }
  menu.querySelector("[data-pin-text]").textContent = "pinned" in li.dataset ? "Unpin" : "Pin"
  for (const b of menu.querySelectorAll("[data-code]")) {
    b.setAttribute("aria-pressed", li.querySelector(`.reaction[data-code="${b.dataset.code}"]`)?.getAttribute("aria-pressed") ?? "false")
  }
  const items = li.querySelector("template[data-items]")
  menu.querySelector("[data-bot-items]").replaceChildren(...(items ? [items.content.cloneNode(true)] : []))
  const talk = page.talk()
  showTrace(menu.querySelector("[data-trace]"), li, talk)
  const read = li.classList.contains("msg-own") && talk.dialog.startsWith("chat")
  // What the portal is asked for has its room from the start.
  foot.replaceChildren()
  foot.style.minHeight = (read ? 69 : 0) + talk.apps * 32 + (talk.apps ? 9 : 0) + "px"
  if (read || talk.apps) fill(li, read)
  menu.showPopover()
  place(at, li)
  menu.querySelector("[data-deeds] button:not([hidden])").focus({ focusVisible: false })
}

async function fill(li, read) {
  try {
    const html = await getHTML(`/online/menu?id=${li.dataset.id}&read=${read ? 1 : ""}`)
    if (menu.dataset.row === li.id) foot.replaceChildren(fragment(html))
  } catch { /* the menu is of use without it */ }
}

// showTrace leads those who have the console from a message to what the bots made of it.
function showTrace(a, li, talk) {
  if (!a) return
  a.hidden = !talk.bots && !words(li).startsWith("/") // two people are alone with each other, but for commands
  const byBot = !!li.querySelector(".msg-author [aria-label=Bot], .msg-author svg")
  a.href = `/devops/console/why/${li.dataset.id}/${byBot ? "?bot=" + li.dataset.author : ""}`
  a.querySelector("[data-trace-text]").textContent = byBot ? "How the bot came to this" : "Why did the bot not answer?"
}

function place(a, li) {
  if (!a.width && !a.height && !a.top) a = li.querySelector(".bubble").getBoundingClientRect() // the button is not shown
  const m = menu.getBoundingClientRect()
  const y = a.bottom + 4 + m.height > innerHeight - 8 ? a.top - 4 - m.height : a.bottom + 4
  const x = a.left + m.width > innerWidth - 8 ? a.right - m.width : a.left
  Object.assign(menu.style, { left: Math.max(8, x) + "px", top: Math.max(8, Math.min(y, innerHeight - m.height - 8)) + "px" })
}

// remove hides a message and deletes it when nobody has undone that.
function remove(li, talk) {
  const id = Number(li.dataset.id)
  if (talk.chosen === li) talk.walk(1) || talk.walk(-1) // the focus stays among the messages
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
