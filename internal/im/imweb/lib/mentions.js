// Mentions: "@Ben Ode" while one writes, [USER=2]Ben Ode[/USER] as it is sent. people maps the names in use to numbers.

const code = /\[user=(\d+|all)(?: replace)?\]([^[\]\n]{1,100})\[\/user\]/gi
const letter = /[\p{L}\p{N}_]/u

// decode returns a message's text as one writes it, with the people whom it names.
export function decode(text) {
  const people = new Map()
  const plain = text.replace(code, (whole, id, name) => {
    if (people.has(name) && people.get(name) !== id) return whole // two of one name
    people.set(name, id)
    return "@" + name
  })
  return { text: plain, people }
}

// encode turns the names that people knows back into mentions.
export function encode(text, people) {
  const names = [...people.keys()].sort((a, b) => b.length - a.length)
  let out = ""
  for (let i = 0; i < text.length;) {
    const name = text[i] === "@" && !letter.test(text[i - 1] ?? "") && names.find((n) => text.startsWith(n, i + 1) && !letter.test(text[i + 1 + n.length] ?? ""))
    if (name) {
      out += `[USER=${people.get(name)}]${name}[/USER]`
      i += 1 + name.length
    } else out += text[i++]
  }
  return out
}
