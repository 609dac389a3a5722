// Voice notes: the recording, in the place of the field, and the player in a message. Loaded when first wanted.
import { clock, wave } from "./lib/bytes.js"

const longest = 15 * 60_000 // ms of one note
const step = 80 // ms between two looks at the loudness
const kinds = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]

export const possible = () => !!navigator.mediaDevices?.getUserMedia && "MediaRecorder" in window

// record shows the recording in bar and resolves to { file, sound }, or to null where the person thought better of it. It
// throws where there is no microphone, or none is allowed.
export async function record(bar, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
  const type = kinds.find((k) => MediaRecorder.isTypeSupported(k))
  const recorder = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 32_000 } : {})
  const parts = [], levels = []
  recorder.ondataavailable = (e) => e.data.size && parts.push(e.data)
  const look = listen(stream)
  const began = performance.now()
  const time = bar.querySelector("[data-time]")
  const line = bar.querySelector("[data-wave]")
  bar.hidden = false
  bar.querySelector("[data-voice-send]").focus({ focusVisible: false })
  const send = await new Promise((end) => {
    const timer = setInterval(() => {
      const ms = performance.now() - began
      levels.push(look())
      time.textContent = clock(ms)
      draw(line, wave(levels.slice(-60)))
      if (ms > longest) stop(true)
    }, step)
    const stop = (yes) => {
      clearInterval(timer)
      bar.onkeydown = null
      end(yes)
    }
    bar.querySelector("[data-voice-send]").onclick = () => stop(true)
    bar.querySelector("[data-voice-cancel]").onclick = () => stop(false)
    bar.onkeydown = (e) => e.key === "Escape" && (e.stopPropagation(), stop(false))
    signal.addEventListener("abort", () => stop(false))
    recorder.start()
  })
  const duration = performance.now() - began
  const done = new Promise((end) => { recorder.onstop = end })
  recorder.stop()
  await done
  look.close()
  for (const t of stream.getTracks()) t.stop()
  bar.hidden = true
  if (!send || duration < 400) return null
  const mime = (recorder.mimeType || type || "audio/webm").split(";")[0]
  const at = new Date()
  const two = (n) => String(n).padStart(2, "0")
  const name = `Voice ${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${mime.split("/")[1]}`
  return { file: new File(parts, name, { type: mime }), sound: { voice: true, duration, wave: wave(levels) } }
}

// listen returns a function that tells how loud it is now.
function listen(stream) {
  const context = new AudioContext()
  const meter = context.createAnalyser()
  meter.fftSize = 512
  context.createMediaStreamSource(stream).connect(meter)
  const data = new Float32Array(meter.fftSize)
  const look = () => {
    meter.getFloatTimeDomainData(data)
    return Math.min(1, Math.sqrt(data.reduce((n, x) => n + x * x, 0) / data.length) * 4)
  }
  look.close = () => context.close()
  return look
}

// draw shows a wave as bars.
export function draw(svg, digits) {
  const n = digits.length || 1
  svg.setAttribute("viewBox", `0 0 ${n * 4} 24`)
  svg.setAttribute("preserveAspectRatio", "xMaxYMid meet")
  let d = ""
  for (let i = 0; i < digits.length; i++) {
    const h = 2 + 2 * Number(digits[i])
    d += `M${i * 4 + 2} ${12 - h / 2}v${h}`
  }
  svg.innerHTML = `<path d="${d}" stroke="currentColor" stroke-width="2" stroke-linecap="round"></path>`
}

// play plays or pauses the note of a player; another one that plays stops.
export function play(box) {
  const audio = box.querySelector("audio")
  if (!box.dataset.wired) wire(box, audio)
  if (!audio.paused) return audio.pause()
  for (const other of document.querySelectorAll(".msg-voice audio")) if (other !== audio) other.pause()
  audio.play().catch(() => { box.querySelector("[data-time]").textContent = "Cannot be played" })
}

function wire(box, audio) {
  box.dataset.wired = "1"
  const time = box.querySelector("[data-time]")
  const whole = time.textContent
  const length = () => (Number.isFinite(audio.duration) && audio.duration ? audio.duration * 1000 : Number(box.dataset.ms))
  const show = () => {
    box.style.setProperty("--played", length() ? (100 * audio.currentTime * 1000) / length() + "%" : "0%")
    time.textContent = audio.paused && !audio.currentTime ? whole : clock(audio.currentTime * 1000)
  }
  audio.addEventListener("timeupdate", show)
  for (const type of ["play", "pause", "ended"]) {
    audio.addEventListener(type, () => {
      box.toggleAttribute("data-playing", !audio.paused)
      if (type === "ended") audio.currentTime = 0
      show()
    })
  }
  box.querySelector("[data-seek]").addEventListener("click", (e) => {
    const r = e.currentTarget.getBoundingClientRect()
    audio.currentTime = ((e.clientX - r.left) / r.width) * (length() / 1000)
  })
}

