// The applications of bots: a command in the field, a call, or a window with a page. Loaded when first wanted.
import { post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"

// act does what an application does that has no page; src is where its page would be.
export function act(method, param, page, src) {
  if (method === "put") page.composer()?.put(param)
  else if (method === "send") page.outbox()?.send(param)
  else if (method === "call") location.href = "tel:" + param
  else if (method === "support") support(src, page)
}

// support opens the chat with the open channel that an application leads to.
async function support(src, page) {
  try {
    page.go((await post(src.replace("?", "/support?"), {})).dialog)
  } catch (err) {
    toast(err.message, { tone: "danger" })
  }
}

const px = (n, least) => (Number(n) ? `${Math.max(least, n)}px` : "100%")

// show opens a page: { src, title, width, height, popup }. A window of popup can be moved, and stays while conversations change.
export function show(app, page, opener) {
  const main = document.querySelector(".im .pane-main")
  const stage = app.popup ? main.closest(".im") : main.querySelector("[data-talk]")
  const old = document.querySelector(`.im-botapp[data-kind="${app.popup ? "popup" : "panel"}"]`)
  const again = old?.dataset.src === app.src
  old?.close()
  if (again) return
  const box = document.getElementById("im-botapp").content.firstElementChild.cloneNode(true)
  Object.assign(box.dataset, { src: app.src, kind: app.popup ? "popup" : "panel" })
  box.style.width = px(app.width, 250)
  box.style.height = Number(app.height) ? `calc(${Math.max(50, app.height)}px + 40px)` : app.popup ? "min(480px, 100%)" : "100%"
  if (app.popup && !Number(app.width)) box.style.width = "360px"
  box.querySelector("[data-title]").textContent = app.title
  box.setAttribute("aria-label", app.title)
  const frame = Object.assign(document.createElement("iframe"), { src: app.src, title: app.title })
  box.append(frame)
  const stop = new AbortController()
  box.close = () => {
    stop.abort()
    box.remove()
    opener?.removeAttribute("aria-expanded")
  }
  const shut = () => {
    box.close()
    opener?.isConnected && opener.focus()
  }
  box.querySelector("[data-close]").onclick = shut
  box.onkeydown = (e) => {
    if (e.key !== "Escape") return
    e.stopPropagation()
    shut()
  }
  addEventListener("message", (e) => {
    if (e.source === frame.contentWindow && e.origin === location.origin && e.data?.botapp) wish(e.data.botapp, page, shut)
  }, { signal: stop.signal })
  if (app.popup) movable(box, box.querySelector("header"))
  opener?.setAttribute("aria-expanded", "true")
  stage.append(box)
  box.querySelector("[data-close]").focus({ focusVisible: false })
}

// wish does what the page of an application asks for.
function wish({ action, message, number }, page, shut) {
  const text = String(message ?? "").slice(0, 20_000)
  if (action === "close") shut()
  else if (action === "send" && text.trim()) page.outbox()?.send(text)
  else if (action === "put") page.composer()?.put(text)
  else if (action === "call" && /^\+?[\d ()*#,;.-]+$/.test(number ?? "")) location.href = "tel:" + number
  else if (action === "support") toast("This portal cannot reach the application's support chat.", { tone: "danger" })
}

// movable lets a window be moved by its head.
function movable(box, head) {
  head.addEventListener("pointerdown", (e) => {
    if (e.target.closest("button")) return
    const from = box.getBoundingClientRect()
    const room = box.parentElement.getBoundingClientRect()
    head.setPointerCapture(e.pointerId)
    box.classList.add("im-botapp-moving")
    head.onpointermove = (m) => {
      const x = Math.min(Math.max(from.left + m.clientX - e.clientX, room.left), room.right - from.width)
      const y = Math.min(Math.max(from.top + m.clientY - e.clientY, room.top), room.bottom - from.height)
      Object.assign(box.style, { left: x - room.left + "px", top: y - room.top + "px", right: "auto", bottom: "auto" })
    }
    head.onpointerup = head.onpointercancel = () => {
      head.onpointermove = null
      box.classList.remove("im-botapp-moving")
    }
  })
}
