import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"
import vm from "node:vm"

const source = readFileSync(new URL("./worker.js", import.meta.url), "utf8")
const origin = "https://portal.example.com"

// A browser with pages of the portal, each with an address and whether it is in front of the person.
function browser(...pages) {
  const heard = {}, did = []
  const windows = pages.map(({ url, front = false }) => ({
    url: origin + url, focused: front, visibilityState: front ? "visible" : "hidden",
    focus: async () => did.push("focus " + url),
    navigate: async (to) => did.push(`${url} goes to ${to}`),
  }))
  const keys = { p256dh: [251, 255, 1], auth: [2] }
  const world = {
    self: { addEventListener: (name, does) => { heard[name] = does } }, location: { origin }, URL, URLSearchParams, Uint8Array, btoa,
    clients: { matchAll: async () => windows, openWindow: async (to) => did.push("opens " + to) },
    registration: {
      showNotification: async (title, options) => did.push({ title, ...options }),
      pushManager: { subscribe: async () => ({ endpoint: "https://push.example/new", getKey: (name) => new Uint8Array(keys[name]) }) },
    },
    fetch: async (to, { method, body, headers }) => did.push(`${method} ${to} ${body} ${headers["Portico-Fetch"]}`),
  }
  vm.runInNewContext(source, world)
  return async (name, event = {}) => {
    const waits = []
    did.length = 0
    heard[name]({ ...event, waitUntil: (p) => waits.push(p) })
    await Promise.all(waits)
    return JSON.parse(JSON.stringify(did))
  }
}

const pushed = (data) => ({ data: { json: () => JSON.parse(data) } })
const clicked = (url) => ({ notification: { close() {}, data: { url } } })

test("a push is shown with where it leads to", async () => {
  const happens = browser({ url: "/online/" })
  assert.deepEqual(await happens("push", pushed('{"title":"Anna","text":"Good morning","tag":"chat2","sound":true,"url":"/online/chat2?m=7"}')), [
    { title: "Anna", body: "Good morning", tag: "chat2", renotify: true, silent: false, data: { url: "/online/chat2?m=7" } },
  ])
  assert.deepEqual((await happens("push", pushed("nonsense"))).map((n) => n.title), ["Portico"])
})

test("nothing is shown to who looks at the portal", async () => {
  assert.deepEqual(await browser({ url: "/tasks/", front: true })("push", pushed('{"title":"Anna"}')), [])
})

test("a click leads to the message", async () => {
  const message = "/online/chat2?m=7"
  assert.deepEqual(await browser()("notificationclick", clicked(message)), [`opens ${origin}${message}`])
  assert.deepEqual(await browser({ url: "/tasks/" })("notificationclick", clicked(message)), ["focus /tasks/", `/tasks/ goes to ${origin}${message}`])
  assert.deepEqual(await browser({ url: "/tasks/" }, { url: message })("notificationclick", clicked(message)), ["focus " + message])
  assert.deepEqual(await browser()("notificationclick", clicked(undefined)), [`opens ${origin}/notifications/`])
  assert.deepEqual(await browser({ url: "/tasks/" })("notificationclick", clicked("https://elsewhere.example/")), [])
})

test("a subscription that the push service ended is made anew", async () => {
  const happens = browser()
  assert.deepEqual(await happens("pushsubscriptionchange", { oldSubscription: { options: {} } }), [
    "POST /notifications/settings/device endpoint=https%3A%2F%2Fpush.example%2Fnew&p256dh=-_8B&auth=Ag 1",
  ])
  assert.deepEqual(await happens("pushsubscriptionchange"), [])
})
