// The field in which a message is written: Enter sends, drafts are kept per conversation, replies and changes are shown
// above it. Names that are mentioned stand in it as "@Name"; marks (bold, code, …) as BB code.
import { fragment, getJSON, post } from "web/fetch.js"
import { Draft } from "./draft.js"
import { mark, trigger } from "./lib/caret.js"
import { decode, encode } from "./lib/mentions.js"

const typingEvery = 4000
const keys = { b: "b", i: "i", u: "u", e: "code", X: "s", L: "url", ">": "quote" } // with Ctrl, and Shift for the capital

export class Composer {
  #form
  #text
  #talk
  #outbox
  #mode = null // { what: "reply" or "edit", id }
  #before = "" // the draft, while a message is changed
  #typed = 0
  #enter = false // the key that sent is still down
  #people = new Map() // the names that are mentioned, with their numbers
  #suggest = null
  #draft
  #tray = null
  #signal

  constructor(main, talk, outbox, signal) {
    this.#form = main.querySelector("[data-composer]")
    this.#talk = talk
    this.#outbox = outbox
    this.#signal = signal
    if (!this.#form) return
    this.#text = this.#form.querySelector("[data-text]")
    this.#draft = new Draft(talk, this.#text.defaultValue, () => {
      const what = this.#mode?.what
      return { text: what === "edit" ? this.#before : this.value, reply: what === "reply" ? this.#mode.id : 0 }
    }, signal)
    this.#begin()
    this.#form.addEventListener("submit", (e) => this.#submit(e), { signal })
    this.#form.addEventListener("click", (e) => this.#click(e), { signal })
    this.#text.addEventListener("keydown", (e) => this.#keydown(e), { signal })
    this.#text.addEventListener("keyup", () => { this.#enter = false }, { signal })
    this.#text.addEventListener("beforeinput", (e) => {
      if (e.inputType === "insertLineBreak" && this.#enter) e.preventDefault() // some keyboards do both
    }, { signal })
    this.#text.addEventListener("input", () => this.#input(), { signal })
    this.#text.addEventListener("paste", (e) => this.#paste(e), { signal })
    this.#form.querySelector("[data-files]")?.addEventListener("change", (e) => {
      this.attach([...e.target.files])
      e.target.value = ""
    }, { signal })
    this.#drops(main, signal)
    this.#text.addEventListener("blur", () => this.#suggest?.close(), { signal })
    this.#grow()
    if (!matchMedia("(pointer: coarse)").matches) this.focus()
  }

  // begin shows what the person had begun to write: here, unless the portal has it already; else what the portal has.
  #begin() {
    const typed = this.#text.value !== this.#text.defaultValue // before this ran
    const { local } = this.#draft
    this.#set(typed ? this.#text.value : local ?? this.#text.value)
    if (typed || local !== null) this.#draft.keep()
    const reply = Number(this.#form.elements.reply.value)
    this.#form.elements.reply.value = ""
    if (reply) this.#answer(reply)
  }

  // answer takes up the reply of a draft.
  async #answer(id) {
    const { gist } = await import("./gist.js")
    let li = document.getElementById("m" + id)
    if (!li) {
      const html = await getJSON("/online/message?id=" + id).then((m) => m.html, () => "")
      li = fragment(html).firstElementChild
    }
    if (li && !this.#mode && !this.#signal.aborted) this.reply(li, gist(li))
  }

  focus() {
    this.#text?.focus({ preventScroll: true })
  }

  get open() { return !!this.#form }

  get busy() { return !!this.#mode || !!this.#text?.value || !!this.#tray?.count }

  // value is what was written, as it is sent.
  get value() { return encode(this.#text.value, this.#people) }

  #keydown(e) {
    if (e.isComposing) return
    this.#enter = e.key === "Enter" && !e.shiftKey && !e.altKey
    if (this.#suggest?.key(e)) return
    if ((e.ctrlKey || e.metaKey) && !e.altKey) {
      const mark = keys[e.shiftKey ? e.key.toUpperCase() : e.key.toLowerCase()]
      if (mark) {
        e.preventDefault()
        this.mark(mark)
        return
      }
    }
    if (e.key === "Enter" && !e.shiftKey && !e.altKey) {
      e.preventDefault()
      this.#form.requestSubmit()
    } else if (e.key === "ArrowUp" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault()
      this.#talk.walk(0)
    } else if (e.key === "ArrowUp" && !this.#text.value && !this.#mode) {
      const own = [...this.#talk.list.querySelectorAll(".msg-own[data-editable]:not(.msg-deleted)")].at(-1)
      if (own) {
        e.preventDefault()
        this.edit(Number(own.dataset.id))
      }
    } else if (e.key === "Escape") {
      e.preventDefault()
      if (this.#mode) this.cancel()
      else this.#text.dispatchEvent(new CustomEvent("im:leave", { bubbles: true }))
    }
  }

  #click(e) {
    const t = e.target
    const mark = t.closest("[data-mark]")
    if (t.closest("[data-cancel]")) this.cancel()
    else if (mark) {
      mark.closest("[popover]")?.hidePopover()
      this.mark(mark.dataset.mark)
    } else if (t.closest("[data-voice]")) this.#record()
    else if (t.closest("[data-emoji]")) {
      const opener = t.closest("[data-emoji]")
      import("./picker.js").then(({ pick }) => pick(opener, (emoji) => this.insert(emoji), () => this.focus()))
    }
  }

  // attach puts files above the field; they begin to travel at once.
  async attach(files, sound) {
    if (!files.length || !this.#form?.querySelector("[data-files]")) return
    await this.#open()
    const over = this.#tray.add(files, sound)
    if (over) this.#say(`A message carries 50 files at most: ${over} left out.`)
    this.focus()
  }

  async #open() {
    const { Tray } = await import("./tray.js")
    this.#tray ??= new Tray(this.#form.querySelector("[data-tray]"), this.#talk, () => this.#swap())
  }

  #paste(e) {
    const files = [...(e.clipboardData?.files ?? [])]
    if (!files.length || e.clipboardData.types.includes("text/plain")) return // a copied table is text and picture
    e.preventDefault()
    this.attach(files)
  }

  // drops takes files that are dragged onto the conversation.
  #drops(main, signal) {
    const area = main.querySelector("[data-drop]")
    if (!this.#form.querySelector("[data-files]")) return
    const carries = (e) => e.dataTransfer?.types.includes("Files")
    main.addEventListener("dragover", (e) => {
      if (!carries(e)) return
      e.preventDefault()
      area.hidden = false
    }, { signal })
    main.addEventListener("dragleave", (e) => { if (!main.contains(e.relatedTarget)) area.hidden = true }, { signal })
    main.addEventListener("drop", (e) => {
      area.hidden = true
      if (!carries(e)) return
      e.preventDefault()
      this.attach([...e.dataTransfer.files])
    }, { signal })
  }

  // swap shows the microphone in the place of the button that sends, while there is nothing to send.
  #swap() {
    const mic = this.#form.querySelector("[data-voice]")
    if (!mic || !navigator.mediaDevices?.getUserMedia) return
    mic.hidden = !!this.#text.value || !!this.#tray?.count || this.#mode?.what === "edit"
    this.#form.querySelector(".im-send").hidden = !mic.hidden
  }

  async #record() {
    const { record } = await import("./voice.js")
    const bar = this.#form.querySelector("[data-record]")
    const field = this.#form.querySelector(".im-field")
    this.#say("")
    try {
      const asked = record(bar, this.#signal)
      field.hidden = true
      const note = await asked
      field.hidden = false
      if (!note) return this.focus()
      await this.#open()
      this.#tray.add([note.file], note.sound)
      this.#send("")
    } catch (err) {
      bar.hidden = true
      field.hidden = false
      this.#say(err.name === "NotAllowedError" ? "Allow this page to use the microphone to record a note." : "No microphone was found.")
    }
  }

  #input() {
    this.#grow()
    this.#say("")
    if (this.#mode?.what !== "edit") this.#draft.keep()
    this.#ask()
    const now = Date.now()
    if (!this.#text.value.trim() || !this.#talk.chat || this.#mode?.what === "edit" || now - this.#typed < typingEvery) return
    this.#typed = now
    post("/online/typing", { chat: this.#talk.chat }).catch(() => {})
  }

  // ask offers people, commands, canned answers or emoji for what stands before the caret.
  async #ask() {
    if (!this.#wants) return this.#suggest?.close()
    if (!this.#suggest) {
      const { Suggest } = await import("./suggest.js")
      if (this.#signal.aborted) return
      this.#suggest ??= new Suggest(this.#form.querySelector("[data-suggest]"), this.#text, this.#talk, (choice, from) => this.#chosen(choice, from))
    }
    const wants = this.#wants // it may have been written on while the module came
    if (wants) this.#suggest.ask(wants)
    else this.#suggest.close()
  }

  get #wants() {
    return this.#text.selectionStart === this.#text.selectionEnd && trigger(this.#text.value.slice(0, this.#text.selectionStart))
  }

  // chosen puts what a person chose in the place of what they typed from from on.
  #chosen({ insert, person, whole }, from) {
    const end = this.#text.selectionStart
    if (whole) return this.#replace(from, end, insert)
    if (person) {
      const known = this.#people.get(insert)
      if (known && known !== person) return this.#replace(from, end, `[USER=${person}]${insert}[/USER] `)
      this.#people.set(insert, person)
      insert = "@" + insert
    }
    this.#replace(from, end, insert + " ")
  }

  // replace changes a part of the text as if it were typed, so that the browser can undo it.
  #replace(from, to, text) {
    this.focus()
    this.#text.setSelectionRange(from, to)
    if (!(text ? document.execCommand("insertText", false, text) : document.execCommand("delete"))) {
      this.#text.setRangeText(text, from, to, "end")
      this.#text.dispatchEvent(new Event("input", { bubbles: true }))
    }
  }

  // insert puts text where the caret is.
  insert(text) {
    if (this.#form) this.#replace(this.#text.selectionStart, this.#text.selectionEnd, text)
  }

  // mark makes what is selected bold, and so on.
  mark(what) {
    const { selectionStart, selectionEnd, value } = this.#text
    const m = mark(what, value, selectionStart, selectionEnd)
    this.#replace(m.from, selectionEnd, m.text)
    this.#text.setSelectionRange(m.start, m.end)
  }

  // Browsers without field-sizing get the height set.
  #grow() {
    this.#swap()
    if (CSS.supports("field-sizing", "content")) return
    this.#text.style.height = "auto"
    this.#text.style.height = this.#text.scrollHeight + "px"
  }

  // synced takes over what the person wrote on another page, while they write nothing here.
  synced() {
    if (this.#form) return this.#draft.synced(() => !this.#mode, (text) => this.#set(text))
  }

  // set shows a text as it was sent.
  #set(bb) {
    const { text, people } = decode(bb)
    this.#people = people
    this.#text.value = text
    this.#suggest?.close()
    this.#grow()
  }

  #say(text) {
    const el = this.#form.querySelector("[data-error]")
    el.hidden = !text
    el.querySelector("span").textContent = text
  }

  async #submit(e) {
    e.preventDefault()
    const text = this.value.trim()
    this.#say("")
    if (this.#mode?.what === "edit") return text ? this.#change(this.#mode.id, text) : this.#remove(this.#mode.id)
    if (!text && !this.#tray?.count) return this.focus()
    this.#send(text)
  }

  #send(text) {
    const reply = this.#mode?.id ?? 0
    this.cancel()
    this.#set("")
    this.#draft.keep()
    this.#typed = 0
    this.focus()
    this.#outbox.send(text, reply, this.#tray?.take() ?? null, !!this.#form.querySelector("[data-inner]")?.checked)
  }

  async #change(id, text) {
    this.#form.setAttribute("aria-busy", "true")
    try {
      const { html } = await post("/online/edit", { message: id, text, seen: this.#talk.seenUpTo })
      this.#talk.take(html)
      this.cancel()
    } catch (err) {
      this.#say(err.message)
    } finally {
      this.#form.removeAttribute("aria-busy")
    }
  }

  // remove deletes a message of which nothing is left, which can be undone; blanks are taken away first, so that the form says so.
  async #remove(id) {
    if (this.#text.value) return this.#set("")
    const li = document.getElementById("m" + id)
    if (!li) return this.#say("The message is not on this page any more.")
    const { act } = await import("./menu.js")
    this.cancel()
    act("delete", li, { talk: () => this.#talk })
  }

  // put writes text into the field, as a button asked.
  put(text) {
    if (!this.#form) return
    this.cancel()
    this.#set(text)
    this.#draft.keep()
    this.#end()
  }

  #end() {
    this.focus()
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length)
  }

  #show(what, id, title, quote) {
    this.#mode = { what, id }
    const box = this.#form.querySelector("[data-context]")
    box.hidden = false
    box.dataset.mode = what
    box.querySelector("[data-what]").textContent = title
    box.querySelector("[data-quote]").textContent = quote
    this.focus()
  }

  // reply answers a message, of which gist is shown.
  reply(li, gist) {
    if (!this.#form) return
    this.cancel()
    const name = li.querySelector(".msg-author")?.textContent.trim() ?? "Yourself"
    this.#show("reply", Number(li.dataset.id), name, gist)
  }

  // quote puts the words of a message, or those of it that are selected, into the text.
  quote(name, words) {
    if (!this.#form) return
    const before = this.#text.value && !this.#text.value.endsWith("\n") ? "\n" : ""
    const lines = words.trim().split("\n").map((l) => ">>" + l).join("\n")
    this.#end()
    this.insert(`${before}>>[b]${name}[/b]\n${lines}\n`)
  }

  async edit(id) {
    if (!this.#form) return
    try {
      const { text } = await getJSON("/online/message?id=" + id)
      this.cancel()
      this.#before = this.value
      this.#set(text)
      this.#show("edit", id, "Change the message", "")
      this.#end()
    } catch (err) {
      this.#say(err.message)
    }
  }

  // cancel leaves a reply or a change; the draft stands in the field again.
  cancel() {
    if (!this.#mode) return
    if (this.#mode.what === "edit") this.#set(this.#before)
    this.#mode = null
    this.#form.querySelector("[data-context]").hidden = true
  }
}
