// The commands and events of places, by which BX24.placement.call and bindEvent reach the page around. A command gets its
// parameters, what answers, and the <app-frame>; an event is sent with the frame's emit.

const none = { commands: {}, events: [] }
const places = new Map()

// define gives the place code its commands (a function by name) and events (names).
export function define(code, { commands = {}, events = [] }) {
  places.set(code, { commands, events })
}

export const placeOf = (code) => places.get(code) ?? none

// The background worker steers the card of a call. Without a call there is no card, which is what its commands answer.
const noCard = (_, reply) => reply([{ result: "error", errorCode: "Call card is undefined" }])
const cardCommands = [
  "CallCardSetMute", "CallCardSetHold", "CallCardSetUiState", "CallCardSetCardTitle", "CallCardSetStatusText",
  "CallCardStartTimer", "CallCardStopTimer", "CallCardClose",
]
const cardStates = [
  "incoming", "transferIncoming", "outgoing", "connectingIncoming", "connectingOutgoing", "connected", "transferring",
  "transferFailed", "transferConnected", "error", "moneyError", "redial",
]
const cardEvents = [
  "initialized", "addCommentButtonClick", "muteButtonClick", "holdButtonClick", "closeButtonClick", "transferButtonClick",
  "cancelTransferButtonClick", "completeTransferButtonClick", "hangupButtonClick", "nextButtonClick", "skipButtonClick",
  "answerButtonClick", "entityChanged", "makeCallButtonClick", "qualityMeterClick", "dialpadButtonClick", "notifyAdminButtonClick",
]
define("PAGE_BACKGROUND_WORKER", {
  commands: {
    ...Object.fromEntries(cardCommands.map((name) => [name, noCard])),
    CallCardGetListUiStates: (_, reply) => reply(cardStates),
  },
  events: cardEvents.map((name) => "BackgroundCallCard::" + name),
})

// A field of a type of its own shows in a form beside the input that carries its value. One with several values has them as
// the lines of a textarea.
const inputOf = (frame) => frame.closest("[data-own-field]")?.querySelector("input, textarea")
define("USERFIELD_TYPE", {
  commands: {
    getValue(_, reply, frame) {
      const input = inputOf(frame)
      if (!input) return reply(JSON.parse(frame.dataset.value ?? "null"))
      reply(input.matches("textarea") ? input.value.split("\n").filter((v) => v) : input.value)
    },
    setValue(value, reply, frame) {
      const input = inputOf(frame)
      if (!input) return reply(false)
      input.value = Array.isArray(value) ? value.map(String).join("\n") : String(value ?? "")
      input.dispatchEvent(new Event("input", { bubbles: true }))
      reply(true)
    },
  },
})
