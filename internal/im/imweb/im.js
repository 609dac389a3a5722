// The messenger: wires the list, the open conversation and what comes in live.
import { fragment, getHTML, getJSON, post } from "web/fetch.js"
import { later, load } from "web/lazy.js"
import { toast } from "ui/toast/toast.js"
import { on } from "ui/shell/keys.js"
import { batch } from "web/lib/batch.js"
import { Composer } from "./composer.js"
import { Conversation } from "./conversation.js"
import { withCount } from "./lib/title.js"
import { List } from "./list.js"
import { loading, Outbox } from "./outbox.js"
import { start as startPresses } from "./press.js"

const portal = document.title.split(" · ").at(-1)
const dialogOf = () => /^\/online\/((?:chat|sg)?\d+)\/?$/i.exec(location.pathname)?.[1].toLowerCase() ?? ""

export default function (root, { signal }) {
  const im = root.querySelector(".im")
  const main = im.querySelector(".pane-main")
  const side = im.querySelector(".pane-side")
  const me = Number(im.dataset.me)
  let talk, outbox, composer, gone, asked
  let total = Number(im.dataset.total)

  const retitle = () => {
    const title = withCount(document.title, total)
    if (title !== document.title) document.title = title
  }
  const name = (text) => {
    document.title = withCount(text + " · " + portal, total)
  }
  const counted = (n) => {
    total = n
    document.dispatchEvent(new CustomEvent("live:counter", { detail: { id: "messenger", count: n } }))
    retitle()
  }
  const titles = new MutationObserver(retitle)
  titles.observe(document.querySelector("title"), { childList: true })

  const list = new List(im.querySelector(".pane-list"), counted, signal)

  const events = {
    counted: (chat, unread, n) => { list.count(chat, unread); counted(n) },
    started: (chat) => {
      list.touch(chat)
      refreshSide(talk.dialog) // the details had nothing to pin or mute before
    },
    arrived: (li) => outbox?.settle(li.dataset.uuid),
  }
  const begin = () => {
    if (talk?.chat && composer?.busy) list.touch(talk.chat) // its line tells of the draft as soon as it is left
    gone?.abort()
    talk?.close()
    talk = outbox = composer = null
    if (!main.querySelector("[data-talk]")) return
    gone = new AbortController()
    talk = new Conversation(main, me, events)
    outbox = new Outbox(main, talk)
    composer = new Composer(main, talk, outbox, gone.signal)
    list.current = talk.dialog
    name(talk.name)
    const bar = main.querySelector("[data-module]") // what the chat belongs to may bring a module for its bar
    if (bar) load(bar.dataset.module)
  }

  const show = (pane) => { im.dataset.show = pane }
  const closeTalk = () => {
    main.replaceChildren(document.getElementById("im-nothing").content.cloneNode(true))
    side.hidden = true
    side.replaceChildren()
    begin()
    list.mark("")
    name("Messenger")
    show("list")
  }
  const detailsWanted = () => !document.cookie.includes("im_details=0")

  // bring shows the panes of a conversation that the portal sent.
  const bring = (panes) => {
    main.replaceChildren(fragment(panes.main))
    side.replaceChildren(fragment(panes.side))
    side.hidden = !detailsWanted()
    show("main") // what is not shown cannot be scrolled to what is new
    begin()
    list.mark(panes.dialog)
  }
  const go = async (dialog, message = 0, push = true) => {
    if (talk?.dialog === dialog && im.dataset.show !== "list") {
      if (message) await talk.jump(message)
      else show("main")
      return
    }
    asked?.abort()
    asked = new AbortController()
    list.mark(dialog)
    try {
      const panes = await getJSON("/online/open?" + new URLSearchParams({ dialog, m: message }), { signal: asked.signal })
      if (push) history.pushState({ im: dialog }, "", "/online/" + panes.dialog)
      bring(panes)
    } catch (err) {
      if (err.name === "AbortError") return
      list.mark(talk?.dialog ?? "")
      toast(err.message, { tone: "danger" })
    }
  }
  const toList = () => {
    if (history.state?.im && history.length > 1 && history.state.from === "list") return history.back()
    history.pushState({ im: "" }, "", "/online/")
    closeTalk()
  }

  const page = { hosts: im.dataset.hosts.split(" "), go, talk: () => talk, outbox: () => outbox, composer: () => composer }
  startPresses(root, page, signal)
  if (talk) passContext(talk.dialog)
  startKeys(page, signal)
  list.walk = (step) => {
    if (talk && !talk.walk(step)) return step > 0 && composer?.open ? composer.focus() : false
  }

  im.addEventListener("click", (e) => {
    if (e.target.closest("[data-list]")) {
      e.preventDefault()
      toList()
    } else if (e.target.closest("[data-side-close]")) {
      details(false)
    } else if (e.target.closest("[data-pins-all]")) {
      details(true)
      tab("pins")
    } else if (e.target.closest("[data-tab]")) {
      e.preventDefault()
      tab(e.target.closest("[data-tab]").dataset.tab)
    } else if (e.target.closest("[data-pin]") && !e.ctrlKey && !e.metaKey) {
      e.preventDefault()
      talk?.jump(Number(e.target.closest("[data-pin]").dataset.pin))
    } else if (e.target.closest("[data-side]")) {
      details(side.hidden || !side.checkVisibility())
    }
  }, { signal })
  const details = (open) => {
    side.hidden = !open
    if (matchMedia("(max-width: 1100px)").matches) show(open ? "side" : "main")
    else document.cookie = `im_details=${open ? 1 : 0}; path=/online/; max-age=31536000; SameSite=Lax`
  }

  // tab shows another part of the details.
  const tab = async (name) => {
    const { dialog } = talk
    const html = await getHTML("/online/side?" + new URLSearchParams({ dialog, tab: name })).catch(() => "")
    if (html && talk?.dialog === dialog) side.replaceChildren(fragment(html))
  }

  im.addEventListener("im:leave", () => list.focus(), { signal })
  im.addEventListener("form:done", (e) => {
    e.preventDefault() // the page keeps itself up to date
    const form = e.target
    if (form.matches("[data-hides], [data-unread]") || form.action.endsWith("/leave")) {
      if (e.detail?.toast) toast(e.detail.toast)
      history.pushState({ im: "" }, "", "/online/")
      closeTalk()
    }
  }, { signal })
  on("Escape", () => {
    if (document.body.hasAttribute("data-slider-open")) return false
    if (talk?.chosen && composer?.open) return composer.focus()
    return matchMedia("(max-width: 720px)").matches && talk ? toList() : list.focus()
  }, { signal })
  on("End", () => talk?.toEnd() ?? false, { signal })
  on("u", () => {
    const next = list.unread()
    if (next) go(next.dataset.dialog)
    else toast("Everything is read")
  }, { signal })
  on("n", () => talk?.toUnread() ?? false, { signal })
  on("c", () => (composer?.open ? composer.focus() : false), { signal })

  addEventListener("popstate", () => {
    if (document.body.hasAttribute("data-slider-open")) return
    const dialog = dialogOf()
    if (dialog && dialog !== talk?.dialog) go(dialog, 0, false)
    else if (!dialog && location.pathname === "/online/" && talk) closeTalk()
  }, { signal })

  live(signal, { me, list, talk: () => talk, composer: () => composer, go, refreshSide, pins, lost: closeTalk })
  // pins shows anew what is pinned in the open conversation.
  async function pins() {
    const { chat } = talk
    const answer = await getJSON("/online/pins?chat=" + chat).catch(() => null)
    if (!answer || talk?.chat !== chat) return
    main.querySelector("[data-pins]").replaceChildren(fragment(answer.bar))
    side.querySelector("[data-pin-list]")?.replaceChildren(fragment(answer.list))
  }
  async function refreshSide(dialog) {
    const panes = await getJSON("/online/open?dialog=" + dialog).catch(() => null)
    if (panes && talk?.dialog === panes.dialog) {
      const open = side.querySelector("[data-tab][aria-current]")?.dataset.tab
      if (!open || open === "info") side.replaceChildren(fragment(panes.side))
      const fresh = fragment(panes.main)
      main.querySelector("[data-subtitle]").textContent = fresh.querySelector("[data-subtitle]").textContent
    }
  }

  addEventListener("beforeunload", (e) => { if (loading()) e.preventDefault() }, { signal })
  later(async () => {
    const { start } = await import("./presence.js")
    start(im, (ids) => ids.includes(talk?.dialog) && refreshSide(talk.dialog), signal)
  }, signal)
  signal.addEventListener("abort", () => {
    gone?.abort()
    talk?.close()
    titles.disconnect()
  })
  begin()
  retitle()
}

// rowKeys are what a key does to the message that has the focus.
const rowKeys = { r: "reply", q: "quote", e: "edit", f: "forward", p: "pin", "+": "like", "=": "like", Delete: "delete", Backspace: "delete", "Ctrl+c": "copy", l: "link" }

function startKeys(page, signal) {
  for (const [key, what] of Object.entries(rowKeys)) {
    on(key, () => {
      const li = page.talk()?.chosen
      if (!li || key === "Ctrl+c" && String(getSelection())) return false
      import("./menu.js").then((m) => m.act(what, li, page))
    }, { signal })
  }
  on("Ctrl+ArrowUp", () => page.talk()?.walk(0) ?? false, { signal })
  on("m", () => page.talk()?.chosen?.querySelector("[data-more]").click() ?? false, { signal })
}

// passContext passes to the bot of the dialog what the link that led here carries, and takes it out of the address. It is done by
// the page and not by the request for it, which a picture on a foreign page could make.
function passContext(dialog) {
  const url = new URL(location)
  const context = url.searchParams.get("BOT_CONTEXT")
  if (context === null) return
  url.searchParams.delete("BOT_CONTEXT")
  history.replaceState(history.state, "", url)
  post("/online/context", { dialog, context }).catch((e) => toast(e.message))
}

// live wires what the portal tells of.
function live(signal, page) {
  const hear = (type, f) => document.addEventListener("live:" + type, (e) => f(e.detail), { signal })
  const here = (chat) => page.talk()?.chat === chat
  hear("im:message", (m) => {
    page.list.touch(m.chatId)
    const talk = page.talk()
    if (talk && !talk.chat && m.type === "P" && (talk.dialog === String(m.authorId) || m.authorId === page.me)) talk.adopt(m.chatId)
    if (here(m.chatId)) talk.sync()
  })
  for (const type of ["im:update", "im:delete"]) {
    hear(type, (m) => {
      page.list.touch(m.chatId)
      if (here(m.chatId)) page.talk().refresh(m.id, m.complete)
    })
  }
  hear("im:read", (r) => {
    if (here(r.chatId)) {
      if (r.userId === page.me) page.talk().counted(r.counter)
      else page.talk().seen(r.messageId)
    }
    const line = page.list.line(r.chatId)
    if (r.userId === page.me || line && "own" in line.dataset && !("seen" in line.dataset)) page.list.touch(r.chatId)
  })
  const anew = batch((ids) => ids.forEach((id) => page.talk()?.refresh(id)), 60)
  hear("im:react", (r) => here(r.chatId) && anew(r.messageId))
  hear("linemessage", (m) => here(m.chat) && anew(m.message)) // what has become of a message for a client
  hear("im:pin", (p) => {
    if (!here(p.chatId)) return
    anew(p.messageId)
    page.pins()
  })
  hear("im:draft", (d) => {
    const line = page.list.rows.find((a) => a.dataset.dialog === d.dialogId)
    if (line) page.list.touch(Number(line.dataset.chat))
    if (page.talk()?.dialog === d.dialogId) page.composer()?.synced()
  })
  hear("im:typing", (t) => {
    if (here(t.chatId)) page.talk().typing(t.userId, t.name, t.words, t.for)
    page.list.typing(t.chatId, t.name, page.list.line(t.chatId)?.dataset.dialog.startsWith("chat"))
  })
  hear("im:chat", (c) => {
    page.list.touch(c.chatId)
    if (!here(c.chatId)) return
    if (c.removed?.includes(page.me)) page.lost()
    else page.refreshSide(page.talk().dialog)
  })
  // What was said between the making of the page and the opening of the stream was told to nobody.
  hear("state", (state) => { if (state === "open") page.talk()?.sync() })
  hear("resync", () => {
    page.list.reload()
    page.talk()?.resync()
  })
}
