// Keeps the dots on faces true: asks once a minute about the people in sight. To ask is a sign of life as well.
import { getJSON } from "web/fetch.js"

const every = 60_000

// faces returns the avatars of people that im shows, by the person's number.
function faces(im) {
  const found = new Map()
  const add = (id, el) => {
    const avatar = el?.querySelector(".avatar")
    if (/^\d+$/.test(id) && avatar) found.set(id, [...(found.get(id) ?? []), avatar])
  }
  for (const line of im.querySelectorAll(".im-line")) add(line.dataset.dialog ?? line.pathname.split("/").at(-1), line)
  for (const member of im.querySelectorAll(".im-members > a")) add(member.pathname.split("/").at(-1), member)
  const open = im.querySelector("[data-talk]")?.dataset.dialog
  for (const el of im.querySelectorAll(".im-who, .im-card")) add(open, el)
  return found
}

// show puts the dot on a face or takes it away; it reports whether that changed anything.
function show(avatar, online) {
  const dot = avatar.querySelector(".presence")
  if (online === !!dot) return false
  if (dot) dot.remove()
  else avatar.append(Object.assign(document.createElement("span"), { className: "presence presence-online", title: "online" }))
  return true
}

// start calls changed with the numbers of those who came or went.
export function start(im, changed, signal) {
  const ask = async () => {
    if (document.visibilityState !== "visible" || signal.aborted) return
    const known = faces(im)
    if (!known.size) return
    try {
      const { online } = await getJSON("/online/presence?ids=" + [...known.keys()].slice(0, 200).join(","), { signal })
      const here = new Set(online.map(String))
      changed([...known].filter(([id, all]) => all.map((a) => show(a, here.has(id))).includes(true)).map(([id]) => id))
    } catch { /* the next minute asks again */ }
  }
  const timer = setInterval(ask, every)
  signal.addEventListener("abort", () => clearInterval(timer))
  document.addEventListener("visibilitychange", ask, { signal })
  document.addEventListener("live:resync", ask, { signal })
}
