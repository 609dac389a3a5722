// The messages of a frame: "command:parameters:callback:session", of which parameters and callback may be missing, or an
// object for commands with a colon in their name.

function json(text) {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

// line reads what stands between the command and the session.
function line(text) {
  if (!text) return { params: null, callback: "" }
  const at = text.lastIndexOf(":")
  const before = at < 0 ? null : json(text.slice(0, at))
  if (before) return { params: before.value, callback: text.slice(at + 1) }
  if (/^[[{"]/.test(text)) {
    const whole = json(text)
    if (whole) return { params: whole.value, callback: "" }
  }
  if (at < 0) return { params: null, callback: text }
  return { params: text.slice(0, at), callback: text.slice(at + 1) } // a text as it is
}

// parse returns { command, params, callback } of a message of the session sid, or null for what is none.
export function parse(data, sid) {
  if (typeof data === "string") {
    const end = ":" + sid
    const at = data.indexOf(":")
    if (!sid || at <= 0 || !data.endsWith(end)) return null
    return { command: data.slice(0, at), ...line(data.slice(at + 1, Math.max(at + 1, data.length - end.length))) }
  }
  if (data === null || typeof data !== "object" || data.appSid !== sid || !sid || typeof data.method !== "string") return null
  const callback = typeof data.callback === "string" ? data.callback : ""
  return { command: data.method, params: data.params || null, callback }
}
