// The script of a site: a button, and the chat in a frame of the portal's. It runs among scripts of strangers, so it keeps everything in a
// shadow root of its own and leaves one name, PorticoChat. The server wraps it in a function and calls start.

function start(config, script) {
  if (!script || window.PorticoChat?.widget) return
  const portal = new URL(script.src).origin, waiting = window.PorticoChat?.user
  const seen = "portico-chat-" + config.code
  let frame, ready = false, shown = false, unread = 0, user = waiting ?? fromTag(script)

  function fromTag(tag) {
    const d = tag.dataset
    return d.userId ? { id: d.userId, hash: d.userHash, name: d.userName, email: d.userEmail, phone: d.userPhone } : undefined
  }

  const host = document.createElement("portico-chat")
  const root = host.attachShadow({ mode: "open" })
  const css = `
    :host { all: initial; }
    .box { position: fixed; z-index: 2147483001; bottom: 20px; ${config.position}: 20px; font: 14px/1.4 system-ui, sans-serif; }
    button { all: unset; box-sizing: border-box; width: 56px; height: 56px; border-radius: 50%; display: grid; place-items: center; cursor: pointer; background: ${config.color}; color: ${config.ink}; box-shadow: 0 4px 16px rgb(0 0 0 / .28); transition: transform .15s; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid ${config.ink}; outline-offset: -6px; box-shadow: 0 0 0 3px ${config.color}; }
    button[hidden], .frame[hidden], .count[hidden] { display: none; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .count { position: absolute; top: -4px; right: -4px; min-width: 20px; height: 20px; box-sizing: border-box; padding: 0 6px; border-radius: 10px; background: #c81e1e; color: #fff; font: 600 12px/20px system-ui, sans-serif; text-align: center; pointer-events: none; }
    .frame { position: fixed; z-index: 2147483000; bottom: 88px; ${config.position}: 20px; width: 384px; height: min(640px, calc(100vh - 108px)); border: 0; border-radius: 16px; box-shadow: 0 12px 40px rgb(0 0 0 / .3); background: transparent; color-scheme: normal; }
    @media (max-width: 480px) { .frame { inset: 0; width: 100%; height: 100%; height: 100dvh; border-radius: 0; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
  } catch {
    root.append(Object.assign(document.createElement("style"), { textContent: css }))
  }

  const box = document.createElement("div"), button = document.createElement("button"), count = document.createElement("span")
  box.className = "box"
  button.type = "button"
  button.setAttribute("aria-expanded", "false")
  const bubble = "M21 11.5a8.4 8.4 0 0 1-8.9 8.4 9 9 0 0 1-3.6-.8L3 21l1.9-5.2A8 8 0 0 1 4 12a8.4 8.4 0 0 1 8.5-8.4 8.3 8.3 0 0 1 8.5 7.9z", chevron = "M5 9l7 7 7-7"
  button.append(icon(bubble))
  count.className = "count"
  count.hidden = true
  box.append(button, count)
  root.append(box)
  button.addEventListener("click", () => (shown ? close() : open()))
  label()

  function icon(d) {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path")
    svg.setAttribute("viewBox", "0 0 24 24")
    svg.setAttribute("aria-hidden", "true")
    path.setAttribute("d", d)
    svg.append(path)
    return svg
  }

  function label() {
    const text = shown ? "Close the chat" : config.title + (unread ? `, ${unread} unread` : "")
    button.setAttribute("aria-label", text)
    button.title = text
    button.setAttribute("aria-expanded", String(shown))
    button.querySelector("path").setAttribute("d", shown ? chevron : bubble)
    count.hidden = shown || !unread
    count.textContent = unread > 9 ? "9+" : String(unread)
  }

  function load() {
    if (frame) return
    frame = document.createElement("iframe")
    frame.className = "frame"
    frame.title = config.title
    frame.hidden = true
    frame.allow = "clipboard-write"
    frame.src = `${portal}/widget/${config.code}/frame`
    root.append(frame)
  }

  function tell(kind, more) {
    if (ready) frame.contentWindow.postMessage({ portico: kind, ...more }, portal)
  }

  function open() {
    load()
    shown = true
    unread = 0
    frame.hidden = false
    label()
    cover()
    tell("open")
    frame.focus()
  }

  // cover leaves closing to the chat where it fills the screen: once it is there, so that one which does not come can be closed too.
  function cover() {
    button.hidden = shown && ready && matchMedia("(max-width: 480px)").matches
  }

  function close() {
    if (!frame) return
    shown = false
    frame.hidden = true
    label()
    cover()
    tell("closed")
    button.focus({ preventScroll: true })
  }

  function identify(next) {
    user = next ?? undefined
    if (!user && !frame) return
    if (frame && ready) tell("user", { user })
    else load()
  }

  addEventListener("message", (e) => {
    if (!frame || e.source !== frame.contentWindow || e.origin !== portal || typeof e.data?.portico !== "string") return
    const { portico: kind } = e.data
    if (kind === "ready") {
      ready = true
      cover()
      tell("hello", { user, page: location.href, shown })
    } else if (kind === "close") {
      close()
    } else if (kind === "unread") {
      unread = Number(e.data.count) || 0
      label()
    } else if (kind === "known") {
      try { localStorage.setItem(seen, "1") } catch { /* the site keeps nothing: the chat is loaded when it is opened */ }
    } else if (kind === "refused") {
      console.warn("PorticoChat: the signature of the user does not fit; the visitor stays anonymous.")
    }
  })

  window.PorticoChat = { widget: config.code, open, close, identify }
  const mount = () => {
    document.body.append(host)
    let known = false
    try { known = localStorage.getItem(seen) === "1" } catch { /* as above */ }
    if (known || user) load()
  }
  if (document.body) mount()
  else addEventListener("DOMContentLoaded", mount, { once: true })
}
