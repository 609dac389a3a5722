// The inbox: the list of conversations, the open one, who writes, and what comes in live.
import { fragment, getJSON } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"
import { on } from "ui/shell/keys.js"
import { Composer } from "im/composer.js"
import { Conversation } from "im/conversation.js"
import { Outbox, loading } from "im/outbox.js"
import { start as startPresses } from "im/press.js"
import "./bar.js"
import { tick } from "./clock.js"
import { Lines } from "./lines.js"

export default function (root, { signal }) {
  const page = root.querySelector(".ch")
  const main = page.querySelector(".pane-main")
  const side = page.querySelector(".pane-side")
  const me = Number(page.dataset.me)
  const portal = document.title.split(" · ").at(-1)
  let talk, outbox, composer, gone, asked
  let brought = 0 // how often a conversation was brought: what was asked for before the last time may be older than what is shown
  let open = Number(main.dataset.id ?? 0)
  let chat = Number(main.dataset.chatId ?? 0)
  let member = "member" in main.dataset
  let state = main.querySelector("[data-line-bar]")?.dataset.state
  let door = "atDoor" in main.dataset // the conversation is not read here: there is a way in alone

  const lines = new Lines(page.querySelector(".pane-list"), () => open, signal)
  const events = { counted() {}, started() {}, arrived: (li) => outbox?.settle(li.dataset.uuid) }

  const begin = (title) => {
    gone?.abort()
    talk?.close()
    talk = outbox = composer = null
    if (title) document.title = title + " · " + portal
    if (!main.querySelector("[data-talk]")) return
    gone = new AbortController()
    talk = new Conversation(main, me, events)
    outbox = new Outbox(main, talk)
    if (member) composer = new Composer(main, talk, outbox, gone.signal)
    tick(page)
  }
  const show = (pane) => { page.dataset.show = pane }
  const close = () => {
    main.replaceChildren(document.getElementById("im-nothing").content.cloneNode(true))
    side.hidden = true
    side.replaceChildren()
    open = chat = 0
    begin("Channels")
    lines.mark()
    show("list")
  }
  const bring = (panes) => {
    brought++
    const same = panes.id === open && composer?.open
    const outside = main.contains(document.activeElement) ? null : document.activeElement
    open = panes.id
    chat = panes.chat
    member = panes.member
    door = panes.door
    main.replaceChildren(fragment(panes.main))
    side.replaceChildren(fragment(panes.side))
    side.hidden = door
    show("main")
    begin(panes.title)
    const was = state
    state = main.querySelector("[data-line-bar]")?.dataset.state
    // Whoever works with keys outside of the field goes on so, unless there is something else to be done now, as after "answer".
    if (same && outside && was === state) {
      if (outside === document.body) document.activeElement.blur()
      else outside.focus({ preventScroll: true })
    }
    lines.mark()
  }
  // go opens a conversation; again says that it is the same one, which others may do more or less with now.
  // message is the one to show first; 0: where the viewer left off.
  const go = async (id, { push = true, again = false, message = 0 } = {}) => {
    if (id === open && !again) {
      if (message) talk?.jump(message)
      return show("main")
    }
    asked?.abort()
    asked = new AbortController()
    const at = brought
    try {
      const panes = await getJSON("/channels/open?id=" + id + (message ? "&m=" + message : "") + (lines.query ? "&" + lines.query : ""), { signal: asked.signal })
      if (push) history.pushState({ ch: id }, "", "/channels/" + id + (lines.query ? "?" + lines.query : ""))
      const pane = page.dataset.show
      const overtaken = brought !== at
      bring(panes)
      if (again) show(pane)
      if (overtaken) changed({})
    } catch (err) {
      if (err.name === "AbortError") return
      if (again && (err.status === 404 || err.status === 403)) return lose(err, composer?.busy)
      toast(err.message, { tone: "danger" })
    }
  }
  const toList = () => {
    history.pushState({ ch: 0 }, "", "/channels/" + (lines.query ? "?" + lines.query : ""))
    close()
  }
  // sync shows the open conversation as it is now: another composer, another bar, one that followed.
  const sync = (session) => go(session || open, { push: !!session && session !== open, again: true })
  const refreshSide = async () => {
    const panes = await getJSON("/channels/open?id=" + open).catch(() => null)
    if (panes?.id === open && !panes.door) side.replaceChildren(fragment(panes.side))
  }

  page.addEventListener("click", (e) => {
    const row = e.target.closest(".ch-line, [data-open]")
    if (e.ctrlKey || e.metaKey || e.shiftKey) return
    if (row) {
      e.preventDefault()
      go(Number(row.dataset.id ?? row.dataset.open), { message: Number(row.dataset.message ?? 0) })
    } else if (e.target.closest("[data-list]")) {
      e.preventDefault()
      toList()
    } else if (e.target.closest("[data-side]")) {
      const shown = side.checkVisibility()
      side.hidden = shown
      if (matchMedia("(max-width: 1100px)").matches) show(shown ? "main" : "side")
    }
  }, { signal })
  page.addEventListener("form:done", (e) => {
    e.preventDefault()
    if (e.detail?.toast) toast(e.detail.toast)
    if (e.target.matches("[data-pause]")) return lines.head()
    if (e.target.matches("[data-act]")) sync(e.detail.session)
    lines.soon()
  }, { signal })
  document.addEventListener("slider:saved", (e) => { e.preventDefault(); if (open) sync(); lines.soon() }, { signal })
  page.addEventListener("im:leave", () => lines.focus(), { signal })

  startPresses(root, { hosts: page.dataset.hosts.split(" "), go: (dialog) => location.assign("/online/" + dialog), talk: () => talk, outbox: () => outbox, composer: () => composer }, signal)
  keys()
  live()
  addEventListener("popstate", () => {
    if (document.body.hasAttribute("data-slider-open")) return
    const id = Number(/^\/channels\/(\d+)/.exec(location.pathname)?.[1] ?? 0)
    if (id && id !== open) go(id, { push: false })
    else if (!id && open) close()
  }, { signal })
  addEventListener("beforeunload", (e) => { if (loading()) e.preventDefault() }, { signal })
  signal.addEventListener("abort", () => { gone?.abort(); talk?.close() })
  begin(main.dataset.title)

  function keys() {
    on("c", () => (composer?.open ? composer.focus() : false), { signal })
    on("Escape", () => {
      if (document.body.hasAttribute("data-slider-open")) return false
      return matchMedia("(max-width: 720px)").matches && open ? toList() : lines.focus()
    }, { signal })
    on("u", () => {
      const next = lines.longest()
      if (next) go(next)
      else toast("Nobody waits for you")
    }, { signal })
    const rowKeys = { r: "reply", q: "quote", e: "edit" }
    for (const [key, what] of Object.entries(rowKeys)) {
      on(key, () => {
        const li = talk?.chosen
        if (!li || !member) return false
        import("im/menu.js").then((m) => m.act(what, li, { hosts: [], go, talk: () => talk, outbox: () => outbox, composer: () => composer }))
      }, { signal })
    }
    on("Ctrl+ArrowUp", () => talk?.walk(0) ?? false, { signal })
    on("End", () => talk?.toEnd() ?? false, { signal })
  }

  function live() {
    const hear = (type, f) => document.addEventListener("live:" + type, (e) => f(e.detail), { signal })
    hear("im:message", (m) => { if (m.chatId === chat) talk?.sync() ; lines.soon() })
    for (const type of ["im:update", "im:delete"]) hear(type, (m) => m.chatId === chat && talk?.refresh(m.id, m.complete))
    hear("im:read", (r) => { if (r.chatId === chat && r.userId !== me) talk?.seen(r.messageId) })
    hear("im:react", (r) => { if (r.chatId === chat) talk?.refresh(r.messageId) })
    hear("linemessage", (m) => { if (m.chat === chat) talk?.refresh(m.message) }) // what has become of a message for a client
    hear("im:typing", (t) => { if (t.chatId === chat) talk?.typing(t.userId, t.name, t.words, t.for) })
    hear("line:typing", (t) => { if (t.chat === chat) preview(t.draft) })
    hear("line:session", (s) => {
      lines.soon()
      if (s.chat !== chat) return
      if (!member) talk?.sync()
      changed(s)
    })
    hear("im:chat", (c) => { if (c.chatId === chat) changed({}) })
    hear("state", (state) => { if (state === "open") { talk?.sync(); lines.soon() } })
    hear("resync", () => { lines.soon(); if (open) sync() })
  }

  // changed shows what another operator did. Whoever lost the conversation is told who has it; what they had written is kept.
  let checking
  function changed(s) {
    clearTimeout(checking)
    checking = setTimeout(async () => {
      if (!open) return
      const before = composer?.busy
      const at = brought
      const panes = await getJSON("/channels/open?id=" + (s.session ?? open)).catch((err) => (err.status === 404 || err.status === 403 ? err : null))
      if (brought !== at) return changed(s.chat === chat ? s : {})
      if (panes instanceof Error) return lose(panes, before)
      if (!panes || panes.chat !== chat) return
      if (panes.member === member && panes.id === open && !panes.door && !door) return side.replaceChildren(fragment(panes.side))
      const lost = member && !panes.member
      const pane = page.dataset.show
      const moved = panes.id !== open
      bring(panes)
      show(pane)
      if (moved) history.replaceState({ ch: panes.id }, "", "/channels/" + panes.id + (lines.query ? "?" + lines.query : ""))
      if (lost) toast((main.querySelector(".ch-bar-state .muted")?.textContent || "Somebody else") + " has this conversation now." + (before ? " Your draft is kept." : ""))
    }, 250)
  }

  // lose leaves a conversation that is somebody else's now, and not for this person to read.
  function lose(err, draft) {
    toast(err.status === 403 ? err.message + (draft ? " Your draft is kept." : "") : "The conversation went to somebody else." + (draft ? " Your draft is kept." : ""))
    history.replaceState({ ch: 0 }, "", "/channels/" + (lines.query ? "?" + lines.query : ""))
    close()
  }

  let typed
  function preview(draft) {
    const subtitle = main.querySelector(".im-head [data-typing]")
    if (!subtitle) return
    const base = main.querySelector("[data-subtitle]")
    subtitle.hidden = false
    base.hidden = true
    subtitle.textContent = draft ? "is writing: " + draft : "is writing…"
    clearTimeout(typed)
    typed = setTimeout(() => { subtitle.hidden = true; base.hidden = false }, 6000)
  }
}
