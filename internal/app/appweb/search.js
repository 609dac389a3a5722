// matches reports whether text holds every word of the query.
export const matches = (text, query) => query.toLowerCase().split(/\s+/).every((word) => text.includes(word))
