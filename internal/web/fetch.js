// Requests to the portal. A refusal is thrown as a Fault; a session that is over leads to the sign-in page.

export class Fault extends Error {
  constructor(status, { code = "", text = "", field = "", id = "" } = {}) {
    super(text || "The portal did not answer. Check the connection and try again.")
    Object.assign(this, { status, code, field, id })
  }
}

export async function request(url, { headers, ...options } = {}) {
  let res
  try {
    res = await fetch(url, { ...options, headers: { "Portico-Fetch": "1", ...headers } })
  } catch (err) {
    if (err.name === "AbortError") throw err
    throw new Fault(0)
  }
  if (res.ok) return res
  const body = await res.json().catch(() => ({}))
  if (res.status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search))
  throw new Fault(res.status, body.error)
}

export const getHTML = async (url, options) => (await request(url, options)).text()

export const getJSON = async (url, options) => (await request(url, options)).json()

// post sends a form (FormData or a plain object) and returns the JSON of the answer, null when there is none.
export async function post(url, form = {}, options) {
  const multipart = form instanceof FormData && [...form.values()].some((v) => typeof v !== "string")
  const body = multipart ? form : new URLSearchParams(form instanceof FormData ? [...form] : Object.entries(form))
  return answer(await request(url, { method: "POST", body, ...options }))
}

export async function postJSON(url, value, options) {
  const headers = { "Content-Type": "application/json" }
  return answer(await request(url, { method: "POST", body: JSON.stringify(value), headers, ...options }))
}

async function answer(res) {
  if (res.status === 204) return null
  return res.headers.get("Content-Type")?.includes("json") ? res.json() : res.text()
}

// fragment turns HTML of the portal into nodes.
export function fragment(html) {
  const t = document.createElement("template")
  t.innerHTML = html
  return t.content
}
