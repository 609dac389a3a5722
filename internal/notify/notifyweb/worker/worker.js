// Shows what was pushed, unless a page of the portal is in front of the person, and leads to it.

const settings = "/notifications/settings/"

async function show(push) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true })
  if (pages.some((p) => p.visibilityState === "visible" && p.focused)) return
  await registration.showNotification(push.title || "Portico", {
    body: push.text, tag: push.tag, renotify: Boolean(push.tag), silent: !push.sound, data: { url: push.url },
  })
}

async function open(url) {
  const to = new URL(url || "/notifications/", location.origin)
  if (to.origin !== location.origin) return
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true })
  const page = pages.find((p) => p.url === to.href) ?? pages[0]
  if (!page) return clients.openWindow(to.href)
  await page.focus()
  if (page.url !== to.href) await page.navigate(to.href).catch(() => clients.openWindow(to.href))
}

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

// renew subscribes again when the push service has ended a subscription.
async function renew(old) {
  const sub = await registration.pushManager.subscribe(old.options)
  const body = new URLSearchParams({ endpoint: sub.endpoint, p256dh: text(sub.getKey("p256dh")), auth: text(sub.getKey("auth")) })
  await fetch(settings + "device", { method: "POST", body, headers: { "Portico-Fetch": "1" } })
}

self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", (e) => e.waitUntil(clients.claim()))
self.addEventListener("push", (e) => {
  let push = {}
  try {
    push = e.data.json()
  } catch { /* something is said all the same */ }
  e.waitUntil(show(push))
})
self.addEventListener("notificationclick", (e) => {
  e.notification.close()
  e.waitUntil(open(e.notification.data?.url))
})
self.addEventListener("pushsubscriptionchange", (e) => e.oldSubscription && e.waitUntil(renew(e.oldSubscription)))
