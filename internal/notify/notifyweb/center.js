// The centre and its settings: the list is asked for anew when something comes, and this browser is taken on or off.
import { getJSON, post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"
import { behind, reload } from "ui/slider/slider.js"

const worker = "/notify-worker.js"
const home = "/notifications/settings/"

const bytes = (key) => Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0))

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("The browser does not allow notifications of this site. Change that in its settings.")
  const { key } = await getJSON("/notifications/key")
  await navigator.serviceWorker.register(worker)
  const ready = await navigator.serviceWorker.ready
  await (await ready.pushManager.getSubscription())?.unsubscribe() // one that was made with another key stays silent
  const sub = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) })
  return post(home + "device", { endpoint: sub.endpoint, p256dh: text(sub.getKey("p256dh")), auth: text(sub.getKey("auth")) })
}

async function turnOff() {
  const sub = await (await navigator.serviceWorker.getRegistration(worker))?.pushManager.getSubscription()
  if (!sub) return null
  await sub.unsubscribe()
  return post(home + "device/remove", { endpoint: sub.endpoint })
}

async function thisBrowser(box, signal) {
  const on = box.querySelector("[data-push-on]")
  const off = box.querySelector("[data-push-off]")
  const state = box.querySelector("[data-push-state]")
  if (!on) return
  if (!able()) {
    state.textContent = "This browser cannot show notifications of a site. It needs HTTPS, and on an iPhone the portal on the home screen."
    return
  }
  const sub = await (await navigator.serviceWorker.getRegistration(worker))?.pushManager.getSubscription()
  on.hidden = Boolean(sub)
  off.hidden = !sub
  if (sub) state.textContent = "This browser tells you of what happens while no page of the portal is open."
  const run = (button, act) => button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true")
    try {
      const answer = await act()
      if (answer?.toast) toast(answer.toast)
      if (location.pathname === home) location.reload()
      else reload(home)
    } catch (err) {
      toast(err.message, { tone: "danger" })
    }
    button.removeAttribute("aria-busy")
  }, { signal })
  run(on, turnOn)
  run(off, turnOff)
}

export default function (root, { signal }) {
  const box = root.querySelector("[data-push]")
  if (box) thisBrowser(box, signal).catch((err) => console.error("push", err))
  const list = root.querySelector("[data-notices]")
  if (!list) return
  list.querySelector("[name=status]").addEventListener("change", (e) => e.target.form.requestSubmit(), { signal })
  document.addEventListener("live:notify", ({ detail }) => {
    if (detail.id && behind() && !list.contains(document.activeElement)) reload("/notifications/")
  }, { signal })
}
