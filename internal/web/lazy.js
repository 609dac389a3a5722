// Loads modules and styles of areas by name ("im/chat.js"), each once.

export const load = (name) => import(name)

// later runs f when the page is there and has nothing better to do: it is wanted soon, and then at once.
export function later(f, signal) {
  const idle = () => (window.requestIdleCallback ?? setTimeout)(() => signal.aborted || f())
  if (document.readyState === "complete") idle()
  else addEventListener("load", idle, { once: true, signal })
}

export function style(name) {
  const href = import.meta.resolve(name)
  if ([...document.querySelectorAll("link[rel=stylesheet]")].some((l) => l.href === href)) return Promise.resolve()
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.href = href
  return new Promise((done) => {
    link.onload = link.onerror = done
    document.head.append(link)
  })
}
