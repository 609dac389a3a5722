// What frames of applications do to the page around them. <app-frame src title> holds the host of one frame; the commands of
// the page in it arrive as app:command events, whose detail is { command, params, reply, id, place }.
import { load } from "web/lazy.js"
import { close, current, open, reload, under } from "ui/slider/slider.js"
import { toast } from "ui/toast/toast.js"
import { placeOf } from "./places.js"

const longest = 60_000 // bytes of an address that opens an application with options

class AppFrame extends HTMLElement {
  bound = [] // of { event, reply }: what the page in the frame listens to

  connectedCallback() {
    if (this.querySelector(":scope > iframe")) return
    const src = new URL(this.getAttribute("src"), location.href)
    const from = this.#from()
    if (from) src.searchParams.set("from", from)
    const frame = document.createElement("iframe")
    frame.title = this.title
    frame.allow = "autoplay; camera; clipboard-write; display-capture; fullscreen; microphone"
    frame.src = src
    this.removeAttribute("title") // as a tooltip it would only be in the way
    this.replaceChildren(frame)
    if (whole(Number(this.dataset.height))) this.style.height = this.dataset.height + "px"
    this.#dress()
  }

  // emit tells the page in the frame of an event of its place.
  emit(event, data) {
    for (const b of this.bound) if (b.event === event) b.reply(data)
  }

  // #from is the page from which the frame is opened: the one under its slider, the one it is in, or the one before.
  #from() {
    if (this.closest(".slider")) return under(this)
    if (!this.classList.contains("app-page")) return location.pathname + location.search
    const before = document.referrer && new URL(document.referrer)
    return before && before.origin === location.origin ? before.pathname + before.search : ""
  }

  // #dress gives the slider around the looks that the application asked for.
  #dress() {
    const panel = this.closest(".slider-panel")
    if (!panel) return
    const { width, left, label, labelBack, labelColor } = this.dataset
    if (width) panel.style.setProperty("--slider", width + "px")
    if (left) panel.style.setProperty("--slider-gap", left + "px")
    if (!label || panel.querySelector(".slider-label")) return
    const el = document.createElement("span")
    el.className = "slider-label"
    el.textContent = label
    el.style.background = labelBack ?? ""
    el.style.color = labelColor ?? ""
    panel.querySelector(".slider-head > h1").after(el)
  }
}

const whole = (n) => Number.isFinite(n) && n > 0

// opened waits for the slider that was just opened to close.
const opened = (closed) => current()?.addEventListener("slider:close", (e) => e.target === e.currentTarget && closed(), { once: true })

function openApplication({ id }, params, reply) {
  const url = `/marketplace/app/${id}/?options=${encodeURIComponent(JSON.stringify(params ?? {}))}`
  if (url.length > longest) return toast("The application wants to open itself with more than an address can hold.", { tone: "danger" })
  open(url)
  opened(() => reply())
}

// openPath opens a page of the portal. What is none is an error that the application gets.
async function openPath({ id }, { path }, reply) {
  const refuse = () => reply({ result: "error", errorCode: "PATH_NOT_AVAILABLE" })
  const url = URL.parse(String(path ?? ""), location.origin)
  if (!/^\/(?![/\\])/.test(path ?? "") || url?.origin !== location.origin) return refuse()
  url.searchParams.delete("IFRAME")
  url.searchParams.delete("IFRAME_TYPE")
  const res = await fetch(url, { method: "HEAD", headers: { "Portico-Slider": "images" } }).catch(() => null)
  if (!res?.ok || res.redirected || !/^text\/html/.test(res.headers.get("Content-Type") ?? "")) return refuse()
  url.searchParams.set("from", "rest_placement")
  url.searchParams.set("from_app", id)
  open(url.pathname + url.search)
  opened(() => reply({ result: "close" }))
}

async function openChat({ dialogId }, reply) {
  const path = "/online/" + (dialogId ? encodeURIComponent(dialogId) : "")
  const res = await fetch(path, { method: "HEAD", headers: { "Portico-Slider": "images" } }).catch(() => null)
  if (res?.ok) {
    open(path)
    current()?.style.setProperty("--slider", "1240px") // room for its three panes
  } else toast("There is no such conversation, or you are not in it.", { tone: "danger" })
  reply()
}

function phoneTo({ phone }, reply) {
  const number = String(phone ?? "").replace(/[^\d+*#]/g, "")
  if (number) {
    toast(`${phone} goes to this device’s program for calls.`)
    const a = document.createElement("a")
    a.href = "tel:" + number
    a.click()
  }
  reply()
}

const commands = {
  loaded: ({ frame }) => frame.toggleAttribute("data-open", true),
  installed: (_, { url }) => location.assign(url),
  resizeWindow({ frame }, { width, height }, reply) {
    const el = frame.querySelector("iframe")
    el.style.width = width === "100%" || !whole(width) ? "" : width + "px"
    if (whole(height)) el.style.height = height + "px"
    reply()
  },
  setTitle({ frame }, { title }, reply) {
    const slider = frame.closest(".slider")
    const heading = slider ? slider.querySelector(".slider-head > h1") : frame.matches(".app-page") && document.getElementById("page-title")
    if (heading) heading.textContent = title
    reply()
  },
  setScroll({ frame }, { scroll }, reply) {
    let box = frame
    while (box && box.scrollHeight <= box.clientHeight) box = box.parentElement
    ;(box ?? document.scrollingElement).scrollTop = scroll
    reply()
  },
  reloadWindow({ frame }, _, reply) {
    reply()
    if (current()?.contains(frame)) reload()
    else location.reload()
  },
  openApplication,
  closeApplication({ frame }, _, reply) {
    reply()
    if (current()?.contains(frame)) close()
  },
  openPath,
  imOpenMessenger: (_, params, reply) => openChat(params, reply),
  imOpenHistory: (_, params, reply) => openChat(params, reply),
  imPhoneTo: (_, params, reply) => phoneTo(params, reply),
  imCallTo(_, __, reply) {
    toast("Calls between people are not part of this portal.", { tone: "danger" })
    reply()
  },
  selectUser: async (_, params, reply) => (await load("frame/choose.js")).people(params, reply),
  selectAccess: async (_, params, reply) => (await load("frame/choose.js")).access(params, reply),
  selectCRM(_, { entityType }, reply) {
    toast("This portal has no CRM, so there is nothing to choose from.", { tone: "danger" })
    const types = Array.isArray(entityType) ? entityType : ["lead", "contact", "company", "deal", "quote"]
    reply(Object.fromEntries(types.map((t) => [t, []])))
  },
  getInterface({ place }, _, reply) {
    const { commands, events } = placeOf(place)
    reply({ command: Object.keys(commands), event: events })
  },
  placementBindEvent({ frame, place }, { event }, reply) {
    if (placeOf(place).events.includes(event)) frame.bound.push({ event, reply })
  },
}

// run does a command. One that neither the page nor the place knows is ignored, as documented.
async function run(e) {
  const { command, params, reply, id, place } = e.detail
  const frame = e.target.closest("app-frame")
  if (!frame) return
  const known = Object.hasOwn(commands, command) ? commands[command] : null
  if (known) return known({ frame, id, place }, params ?? {}, reply)
  const special = placeOf(place).commands
  if (Object.hasOwn(special, command)) special[command](params, reply, frame)
}

customElements.define("app-frame", AppFrame)
// What a page in a frame shows must not go because something else was saved over it.
document.addEventListener("slider:saved", (e) => document.querySelector("#page app-frame.app-page") && e.preventDefault())
document.addEventListener("app:command", (e) => run(e).catch((err) => console.error(e.detail.command, err)))
