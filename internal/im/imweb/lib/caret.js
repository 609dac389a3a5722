// What stands before the caret of a text field.

const name = /(?:^|[\s(])@([^\s@:/]{0,30}(?: [^\s@:/]{0,30})?)$/u // two words at most
const command = /^\/(\S{0,50})$/u
const smile = /(?:^|[\s(]):(\p{L}[^\s@:/]{1,30})$/u

// trigger returns what the text before the caret asks for, { kind, query, from }: "@" and a name asks for people, "/" at the
// start of the text for commands, ":" and at least two letters for emoji. It is null where nothing is asked for.
export function trigger(before) {
  for (const [kind, pattern] of [["people", name], ["commands", command], ["emoji", smile]]) {
    const query = pattern.exec(before)?.[1]
    if (query !== undefined) return { kind, query, from: before.length - query.length - 1 }
  }
  return null
}

// wrap puts open and close around the part of value between start and end, or takes them away where they are there already.
// It returns { text, start, end }: what replaces the part, and which of it is selected then.
export function wrap(value, start, end, open, close) {
  const part = value.slice(start, end)
  if (part.length >= open.length + close.length && part.startsWith(open) && part.endsWith(close)) {
    const bare = part.slice(open.length, part.length - close.length)
    return { text: bare, start: 0, end: bare.length }
  }
  return { text: open + part + close, start: open.length, end: open.length + part.length }
}

// mark makes what stands between start and end of value bold and so on, by the tag what, a quote or a link. It returns
// { from, text, start, end }: text stands in the place of all from from to the old end, and start to end is selected then.
export function mark(what, value, start, end) {
  if (what === "quote") {
    const from = value.lastIndexOf("\n", start - 1) + 1
    const text = value.slice(from, end).split("\n").map((l) => (l.startsWith(">>") ? l.slice(2) : ">>" + l)).join("\n")
    return { from, text, start: from + text.length, end: from + text.length }
  }
  const part = value.slice(start, end)
  if (what === "url") {
    const link = /^https?:\/\/\S+$/.test(part)
    const at = start + (link ? part.length + 6 : 5)
    return { from: start, text: link ? `[url=${part}][/url]` : `[url=]${part}[/url]`, start: at, end: at }
  }
  const w = wrap(value, start, end, `[${what}]`, `[/${what}]`)
  return { from: start, text: w.text, start: start + w.start, end: start + w.end }
}
