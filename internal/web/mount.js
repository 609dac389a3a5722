// Imports the modules of what is shown and calls their default export with its root.
import { load } from "web/lazy.js"

// mount returns a function that aborts the signal which the modules were given; its promise ready ends when they have begun.
export function mount(root, names = "") {
  const gone = new AbortController()
  const begin = async (name) => {
    try {
      const m = await load(name)
      if (!gone.signal.aborted) m.default?.(root, { signal: gone.signal })
    } catch (err) {
      console.error(name, err)
    }
  }
  const ready = Promise.all(names.split(" ").filter(Boolean).map(begin))
  return Object.assign(() => gone.abort(), { ready })
}

let unmount = mount(document)

export function start() {
  const page = document.getElementById("page")
  if (page) unmount = mount(page, page.dataset.modules)
  return unmount.ready
}

// refresh loads the page under the sliders again and keeps its place.
export async function refresh(url = location.pathname + location.search) {
  const page = document.getElementById("page")
  const res = await fetch(url)
  const fresh = new DOMParser().parseFromString(await res.text(), "text/html").getElementById("page")
  if (!res.ok || !fresh) return
  const top = page.scrollTop
  unmount()
  page.replaceChildren(...document.adoptNode(fresh).childNodes)
  page.scrollTop = top
  start()
}
