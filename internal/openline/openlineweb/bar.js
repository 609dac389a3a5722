// Keeps the bars of conversations true, and the times in them. It listens from when it is first loaded: by the pages of channels, and by
// the messenger for a chat that has a bar.
import { fragment, getJSON, post } from "web/fetch.js"
import { start } from "./clock.js"

start()
watch()
document.addEventListener("live:line:session", (e) => bar(e.detail.chat))
document.addEventListener("live:line:viewers", (e) => bar(e.detail.chat))
document.addEventListener("live:im:message", (e) => {
  if (!shown(e.detail.chatId)) return
  recount()
  bar(e.detail.chatId)
})
document.addEventListener("live:resync", () => { for (const el of document.querySelectorAll("[data-line-bar]")) bar(el.dataset.chat) })
document.addEventListener("form:done", (e) => {
  if (!e.target.matches("[data-act]") || !e.detail?.chat) return
  recount()
  bar(e.detail.chat)
})

const shown = (chat) => document.querySelector(`[data-line-bar][data-chat="${chat}"]`)
const recount = () => document.dispatchEvent(new CustomEvent("recount", { detail: "channels" }))

// bar shows the bar of a chat anew, unless somebody is about to answer its question. What was pressed in it is waited for: who presses is
// told of the end at the form, which has to be there still.
async function bar(chat) {
  const el = shown(chat)
  if (!el) return
  const answer = await getJSON("/channels/bar?" + new URLSearchParams({ chat, messenger: "messenger" in el.dataset ? 1 : 0 })).catch(() => null)
  const now = shown(chat)
  if (!answer || !now || now.querySelector(":popover-open")) return
  if (now.querySelector("[aria-busy=true]")) return setTimeout(() => bar(chat), 200)
  const fresh = fragment(answer.html).firstElementChild
  if (!fresh) return now.remove()
  const focused = now.contains(document.activeElement) ? document.activeElement.value : ""
  now.replaceWith(fresh)
  if (focused) fresh.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus()
  document.dispatchEvent(new CustomEvent("line:bar", { detail: { chat: Number(chat), state: fresh.dataset.state, session: Number(fresh.dataset.session) } }))
}

// watch tells the portal which conversation is looked at here, so that colleagues see it: when another one is shown, when none is, and
// again and again while one is.
function watch() {
  const page = Math.random().toString(36).slice(2)
  let told = 0
  let again = 0
  const looked = () => (document.visibilityState === "visible" ? Number(document.querySelector("[data-line-bar]")?.dataset.chat ?? 0) : 0)
  const look = async () => {
    const chat = looked()
    if (chat === told && (!chat || Date.now() < again)) return
    told = chat
    again = Date.now() + 40_000
    const answer = await post("/channels/view", { chat, page }).catch(() => null)
    if (answer?.again) again = Date.now() + answer.again * 1000
  }
  setInterval(look, 1000)
  document.addEventListener("visibilitychange", look)
  addEventListener("pagehide", () => {
    if (told) navigator.sendBeacon("/channels/view", new URLSearchParams({ chat: 0, page }))
    told = 0
  })
}
