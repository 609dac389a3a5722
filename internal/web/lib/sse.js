// A parser of the server-sent events format. push takes text as it comes and calls emit(type, data) for each event.

export function parser(emit) {
  let rest = "", type = "message", data = []
  const line = (l) => {
    if (l === "") {
      if (data.length) emit(type, data.join("\n"))
      type = "message"
      data = []
      return
    }
    const i = l.indexOf(":")
    if (i === 0) return
    const name = i < 0 ? l : l.slice(0, i)
    const value = i < 0 ? "" : l.slice(l[i + 1] === " " ? i + 2 : i + 1)
    if (name === "event") type = value
    if (name === "data") data.push(value)
  }
  return (text) => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop()
    lines.forEach(line)
  }
}
