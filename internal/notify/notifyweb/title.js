// The counter in front of a title.

export const strip = (text) => text.replace(/^\(\d+\+?\) /, "")

export const titled = (text, n) => (n > 0 ? `(${n > 99 ? "99+" : n}) ${text}` : text)
