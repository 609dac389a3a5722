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

// start begins with the modules of the page, and stop ends with them.
export function start() {
  const page = document.getElementById("page")
  if (page) unmount = mount(page, page.dataset.modules)
  return unmount.ready
}

export const stop = () => unmount()
