package e2e

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/im"
)

// TestTwoPeopleNoticeEachOther has Bob see what Ann does, and hear her: presence, typing, what was read, notices, a picture that
// is dropped and a voice note.
func TestTwoPeopleNoticeEachOther(t *testing.T) {
	t.Parallel()
	p := newPair(t, "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "autoplay-policy=no-user-gesture-required")
	p.ann.open("/online/2")
	p.bob.open("/online/1")
	for _, b := range []*tab{p.ann, p.bob} {
		b.until("the conversation", inField+` || !!document.querySelector("textarea[name=text]") && document.title.includes(" · ")`)
	}
	p.presence()
	p.typing()
	p.readMarks()
	p.notices()
	p.dropped()
	p.voice()
	for _, b := range []*tab{p.ann, p.bob} {
		if faults := b.complaints(); len(faults) > 0 {
			t.Errorf("the page of %s complained of %q", b.name, faults)
		}
	}
}

// presence has Bob away for a while.
func (p *pair) presence() {
	a := p.ann
	const ask, dot = `(document.dispatchEvent(new Event("visibilitychange")), true)`, `document.querySelector(".im-who .presence-online")`
	a.until("Bob to be there", "!!"+dot)
	eventually(p.t, "Bob to be away", func() bool { // his page may just have asked for something
		p.clock.Advance(10 * time.Minute)
		evaluate[bool](a, ask)
		return evaluate[bool](a, `new Promise((done) => setTimeout(() => done(!`+dot+`), 300))`)
	})
	evaluate[bool](p.bob, ask)
	a.until("Bob to be back", `(document.dispatchEvent(new Event("visibilitychange")), !!`+dot+`)`)
}

func (p *pair) typing() {
	a, b := p.ann, p.bob
	a.until("nobody to type", `document.querySelector(".im-head [data-typing]").hidden`)
	b.fill(`textarea[name=text]`, "H")
	a.until("Bob to type", `document.querySelector(".im-head [data-typing]").textContent === "Bob is typing…" && document.querySelector(".im-head [data-subtitle]").hidden`)
	b.fill(`textarea[name=text]`, "i\r")
	a.until("him to stop", `document.querySelector(".im-head [data-typing]").hidden && `+said("Hi"))
}

func (p *pair) readMarks() {
	a, b := p.ann, p.bob
	b.open("/online/")
	b.until("the list", `!!document.querySelector(".im-line")`)
	a.fill(`textarea[name=text]`, "Have you seen it?\r")
	b.until("one to be unread", `document.querySelector('.im-line[data-dialog="1"] [data-count]')?.textContent === "1"`)
	a.until("it to be sent", `!document.querySelector(".msg-pending") && `+last+`.innerText.includes("Have you seen it?") && !`+last+`.matches(".msg-seen")`)
	b.click(`.im-line[data-dialog="1"]`)
	a.until("it to be seen", last+`.matches(".msg-seen") && !!document.querySelector('.im-line[data-dialog="2"] [aria-label="Seen"]')`)
}

// notices has Bob work elsewhere while Ann writes: the rail counts, and the bell when she speaks to him.
func (p *pair) notices() {
	b := p.bob
	b.open("/company/personal/user/2/tasks/")
	b.until("nothing to be new", `document.querySelector('.rail [data-counter="messenger"]').hidden && document.querySelector(".bell [data-counter]").hidden`)
	p.ann.fill(`textarea[name=text]`, "And now?\r")
	b.until("the rail to count", `document.querySelector('.rail [data-counter="messenger"]').textContent === "1" && document.querySelector(".bell [data-counter]").hidden`)
	if _, err := p.portal.IM.Send(p.t.Context(), im.NewMessage{ChatID: p.group.ID, AuthorID: 1, Text: "[USER=2]Bob[/USER], please look"}); err != nil {
		p.t.Fatal(err)
	}
	b.until("the bell to count", `document.querySelector(".bell [data-counter]").textContent === "1"`)
	b.click(`.bell`)
	b.until("the notice", `[...document.querySelectorAll(".slider")].some((s) => s.innerText.includes("please look"))`)
	b.shot("notices")
	b.open("/online/1")
	b.until("the conversation", said("And now?"))
}

// dropped drags a picture onto the conversation.
func (p *pair) dropped() {
	a, b := p.ann, p.bob
	path := filepath.Join(p.t.TempDir(), "stand.png")
	writePicture(p.t, path)
	drag := func(kind input.DispatchDragEventType) {
		p.t.Helper()
		data := input.DragData{Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1}
		if _, err := chromedp.Call(a.ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 760, Y: 400, Data: &data}); err != nil {
			a.fail("drag", err)
		}
	}
	drag("dragEnter")
	drag("dragOver")
	a.until("the place to drop", `document.querySelector("[data-drop]").checkVisibility()`)
	a.shot("drop")
	drag("drop")
	a.until("the preview", `(() => { const i = document.querySelector(".im-tray-there img"); return i?.complete && i.naturalWidth === 640 && !document.querySelector("[data-drop]").checkVisibility() })()`)
	a.shot("dropped")
	a.fill(`textarea[name=text]`, "Our stand\r")
	b.until("the picture", `(() => { const i = document.querySelector(".msg-picture img"); return i?.complete && i.naturalWidth > 0 && i.width > 100 })() && `+said("Our stand"))
	b.shot("picture-sent")
}

// writePicture writes a picture of 640 × 360 pixels.
func writePicture(t *testing.T, path string) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	for x := range 640 {
		for y := range 360 {
			img.Set(x, y, color.RGBA{R: uint8(x / 3), G: uint8(y / 2), B: 160, A: 255})
		}
	}
	f, err := os.Create(path)
	if err == nil {
		err = png.Encode(f, img)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// voice has Ann record a note, and Bob listen to it.
func (p *pair) voice() {
	a, b := p.ann, p.bob
	a.click(`[data-voice]`)
	a.until("the recording", `document.querySelector("[data-record]").checkVisibility() && document.querySelector("[data-record] [data-time]").textContent >= "0:01" &&
		document.querySelector("[data-record] [data-wave] path").getAttribute("d").length > 60`)
	a.shot("recording")
	a.click(`[data-voice-send]`)
	b.until("the note", `/^0:0[1-9]$/.test(document.querySelector(".msg-voice [data-time]")?.textContent)`)
	b.until("its wave", `document.querySelector(".msg-voice .msg-wave path").getAttribute("d").length > 20`)
	b.shot("voice-note")
	b.click(`.msg-voice [data-play]`)
	b.until("it to be heard", `document.querySelector(".msg-voice audio").currentTime > 0.2 && document.querySelector(".msg-voice").hasAttribute("data-playing")`)
	b.click(`.msg-voice [data-play]`)
	b.until("it to pause", `document.querySelector(".msg-voice audio").paused && !document.querySelector(".msg-voice").hasAttribute("data-playing")`)
	// One that is thought better of leaves nothing behind.
	a.until("the field again", `document.querySelector("[data-voice]").checkVisibility() && !document.querySelector(".msg-pending")`)
	a.click(`[data-voice]`)
	a.until("the recording", `document.querySelector("[data-record]").checkVisibility()`)
	a.click(`[data-voice-cancel]`)
	a.until("the field", `document.querySelector(".im-field").checkVisibility() && !document.querySelector("[data-record]").checkVisibility() && document.querySelector("[data-tray]").hidden`)
}
