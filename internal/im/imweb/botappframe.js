// The document around the page of a bot's application: it begins the talk with the page and hands on what the page wants.
export default function (root, { signal }) {
  const frame = root.querySelector("[data-botapp]")
  if (!frame) return
  const { origin } = new URL(frame.src)
  const uniqueLoadId = crypto.randomUUID?.() ?? String(Math.random()).slice(2) // without encryption there is no randomUUID
  const begin = () => frame.contentWindow.postMessage(JSON.stringify({ action: "init", uniqueLoadId }), origin)
  frame.addEventListener("load", begin, { signal })
  begin()
  addEventListener("message", (e) => {
    if (e.source !== frame.contentWindow || e.origin !== origin) return
    let said
    try {
      said = JSON.parse(e.data)
    } catch {
      return
    }
    if (said?.uniqueLoadId !== uniqueLoadId || parent === window) return
    parent.postMessage({ botapp: { action: said.action, message: said.message, number: said.number } }, location.origin)
  }, { signal })
}
