// The commands and events of places, by which BX24.placement.call and bindEvent reach the page around. A command gets its
// parameters, what answers, and the <app-frame>; an event is sent with the frame's emit.

const none = { commands: {}, events: [] }
const places = new Map()

// define gives the place code its commands (a function by name) and events (names).
export function define(code, { commands = {}, events = [] }) {
  places.set(code, { commands, events })
}

export const placeOf = (code) => places.get(code) ?? none
