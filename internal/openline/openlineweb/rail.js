// On every page: the counter of conversations in the rail, and the bars of conversations that the page shows.
import { fragment, getJSON } from "web/fetch.js"
import { start } from "./clock.js"

const pause = 300

export default function () {
  start()
  let timer
  const ask = () => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const detail = await getJSON("/channels/counter").catch(() => null)
      if (detail) document.dispatchEvent(new CustomEvent("live:counter", { detail }))
    }, pause)
  }
  document.addEventListener("live:line:session", (e) => { ask(); bar(e.detail.chat) })
  document.addEventListener("live:im:message", (e) => { if (document.querySelector(`[data-line-bar][data-chat="${e.detail.chatId}"]`)) { ask(); bar(e.detail.chatId) } })
  document.addEventListener("live:resync", () => { ask(); for (const el of document.querySelectorAll("[data-line-bar]")) bar(el.dataset.chat) })
  document.addEventListener("form:done", (e) => {
    if (!e.target.matches("[data-act]") || !e.detail?.chat) return
    ask()
    bar(e.detail.chat)
  })
}

// bar shows the bar of a chat anew, unless somebody is about to answer its question.
async function bar(chat) {
  const old = () => document.querySelector(`[data-line-bar][data-chat="${chat}"]`)
  const el = old()
  if (!el) return
  const answer = await getJSON("/channels/bar?" + new URLSearchParams({ chat, messenger: "messenger" in el.dataset ? 1 : 0 })).catch(() => null)
  const now = old()
  if (!answer || !now || now.querySelector(":popover-open")) return
  const fresh = fragment(answer.html).firstElementChild
  if (!fresh) return now.remove()
  const focused = now.contains(document.activeElement) ? document.activeElement.value : ""
  now.replaceWith(fresh)
  if (focused) fresh.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus()
  document.dispatchEvent(new CustomEvent("line:bar", { detail: { chat: Number(chat), state: fresh.dataset.state, session: Number(fresh.dataset.session) } }))
}
