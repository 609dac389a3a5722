// gist is by what a person knows a message again: its words, or the names of its files, or what its pictures and notes are.
export function gist(li) {
  const words = li.querySelector("[data-body]")?.innerText.trim()
  if (words) return words
  const names = [...li.querySelectorAll(".msg-file .list-title")].map((el) => el.textContent)
  if (names.length) return names.join(", ")
  const picture = li.querySelector(".msg-pictures img, .msg-album img")
  if (picture) return picture.alt || "Picture"
  if (li.querySelector(".msg-voice")) return "Voice note"
  if (li.querySelector("video")) return "Video"
  return li.querySelector(".attach-blocks")?.innerText.trim().split("\n")[0] ?? ""
}
