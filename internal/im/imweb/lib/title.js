// withCount puts a number of unread messages before a title, or takes it away.
export function withCount(title, n) {
  const bare = title.replace(/^\(\d+\+?\) /, "")
  return n > 0 ? `(${n > 99 ? "99+" : n}) ${bare}` : bare
}
