// Who is writing in the open conversation: a line in its head, in place of the one that stands there.
const lasts = 6000 // ms without another word of it

export class Typing {
  #line
  #usual
  #typers = new Map() // user → { name, words, timer }

  constructor(head) {
    this.#line = head.querySelector("[data-typing]")
    this.#usual = head.querySelector("[data-subtitle]")
  }

  // begins shows that name writes, or with words what else a bot does, for length ms.
  begins(user, name, words, length) {
    clearTimeout(this.#typers.get(user)?.timer)
    this.#typers.set(user, { name, words, timer: setTimeout(() => this.ends(user), length || lasts) })
    this.#show()
  }

  ends(user) {
    const t = this.#typers.get(user)
    if (!t) return
    clearTimeout(t.timer)
    this.#typers.delete(user)
    this.#show()
  }

  #show() {
    const typers = [...this.#typers.values()]
    const names = typers.map((t) => t.name.split(" ")[0])
    const acting = typers.find((t) => t.words)
    this.#line.hidden = !names.length
    this.#usual.hidden = !this.#line.hidden
    if (acting) this.#line.textContent = acting.name + " " + acting.words
    else if (names.length) this.#line.textContent = names.length > 2 ? "several people are typing…" : names.join(" and ") + (names.length > 1 ? " are" : " is") + " typing…"
  }
}
