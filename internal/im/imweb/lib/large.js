// What is shown large: a message of one to three emoji and nothing else, as emojiAlone says in Go.
const emoji = String.raw`(?:\p{RI}{2}|[\d#*]\uFE0F\u20E3|(?!\p{RI})(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\u2600-\u27BF])(?:[\uFE0F\u{1F3FB}-\u{1F3FF}\u{E0020}-\u{E007F}]|\u200D\p{Extended_Pictographic})*)`
const alone = new RegExp(String.raw`^\s*(?:${emoji}\s*){1,3}$`, "u")

export const large = (text) => alone.test(text)
