// The order of the list of chats: pinned ones first, then by their last message, the newest first.

// before reports whether the line a stands above b. A line is { pinned, at (ms), chat }.
export function before(a, b) {
  if (a.pinned !== b.pinned) return a.pinned
  return a.at !== b.at ? a.at > b.at : a.chat > b.chat
}

// place returns the index in lines, which are in order, at which line belongs.
export function place(lines, line) {
  const i = lines.findIndex((l) => before(line, l))
  return i < 0 ? lines.length : i
}
