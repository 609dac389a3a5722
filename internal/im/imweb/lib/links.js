// Where a link in a message leads, seen from the messenger.

const tasks = /^\/(company\/personal\/user|workgroups\/group)\/\d+\/tasks\/task\/view\/\d+\/?$/
const people = /^\/company\/personal\/user\/\d+\/?$/
const applications = /^\/marketplace\/view\/[^/]+\/?$/
const dialog = /^\/online\/((chat|sg)?\d+)\/?$/i

// destination returns { kind, path } for an address as it stands in a link: "dialog" is a conversation (with dialog and
// message), "slider" opens over the page, "page" is another page of the portal, "away" another site. hosts are the names
// of the portal.
export function destination(href, base, hosts) {
  const url = URL.parse ? URL.parse(href, base) : new URL(href, base)
  if (!url || !/^https?:$/.test(url.protocol) || !hosts.includes(url.host)) return { kind: "away", path: href }
  const path = url.pathname + url.search
  const asked = url.pathname === "/online/" && (url.searchParams.get("IM_DIALOG") || url.searchParams.get("IM_HISTORY"))
  const id = asked || dialog.exec(url.pathname)?.[1]
  if (id) return { kind: "dialog", path, dialog: id.toLowerCase(), message: Number(url.searchParams.get("m")) || 0 }
  if ([tasks, people, applications].some((p) => p.test(url.pathname))) return { kind: "slider", path }
  return { kind: "page", path }
}
