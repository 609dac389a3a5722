package telegram

import (
	"encoding/json"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	nethtml "golang.org/x/net/html"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
)

// The bounds of messages, in UTF-16 units of what is shown.
const (
	maxMessage = 4096
	maxCaption = 1024
	maxButtons = 90
	maxCopy    = 256
	maxLabel   = 60 // characters of a button
)

// button is one under a message. At most one of what it does is there.
type button struct {
	Text  string         `json:"text"`
	Row   bool           `json:"row,omitempty"` // it begins a row
	URL   string         `json:"url,omitempty"`
	Copy  string         `json:"copy,omitempty"`  // it copies this
	Send  string         `json:"send,omitempty"`  // the client writes this
	Press *attach.Button `json:"press,omitempty"` // a bot of the portal is told
	Vote  int64          `json:"vote,omitempty"`  // a conversation is rated
	Like  bool           `json:"like,omitempty"`
}

// callbackData is what Telegram tells of the press of a button.
func callbackData(i int) string { return "b" + decimal(int64(i)) }

// keyboard returns buttons as Telegram has them, as JSON; empty: there are none.
func keyboard(all []button) string {
	if len(all) == 0 {
		return ""
	}
	var rows [][]map[string]any
	for i, b := range all {
		k := map[string]any{"text": b.Text}
		switch {
		case b.URL != "":
			k["url"] = b.URL
		case b.Copy != "":
			k["copy_text"] = map[string]string{"text": b.Copy}
		default:
			k["callback_data"] = callbackData(i)
		}
		if b.Row || len(rows) == 0 || len(rows[len(rows)-1]) >= 8 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
	}
	raw, err := json.Marshal(map[string]any{"inline_keyboard": rows})
	if err != nil {
		panic(err) // texts alone
	}
	return string(raw)
}

// label is the text of a button.
func label(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxLabel {
		return string(r[:maxLabel-1]) + "…"
	}
	return text
}

// buttonsOf returns the buttons of a bot's keyboard that mean something outside of the portal.
func buttonsOf(k attach.Keyboard) (out []button) {
	row := true
	for _, b := range k {
		if b.Type == attach.TypeNewline {
			row = true
			continue
		}
		one := button{Text: label(b.Text), Row: row || b.Display != "LINE"}
		switch {
		case b.Disabled == "Y" || one.Text == "":
			continue
		case b.Link != "":
			address, ok := outside(b.Link)
			if !ok {
				continue
			}
			one.URL = address
		case b.Command != "":
			one.Press = &b
		case b.Action == attach.ActionSend:
			one.Send = b.ActionValue
		case (b.Action == attach.ActionPut || b.Action == attach.ActionCopy) && units(b.ActionValue) <= maxCopy:
			one.Copy = b.ActionValue
		default:
			continue
		}
		row = b.Display != "LINE"
		out = append(out, one)
	}
	return out
}

// outside returns an address that leads out of the portal.
func outside(address string) (string, bool) {
	address, ok := bbcode.SafeHTTP(address)
	return address, ok && !strings.HasPrefix(address, "/")
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

// part is one message of Telegram.
type part struct {
	Text    string   `json:"text,omitempty"` // HTML; of a file it is the caption
	File    int64    `json:"file,omitempty"` // of the portal
	Buttons []button `json:"buttons,omitempty"`
}

// kind is that of the row of the message.
func (p part) kind() string {
	switch {
	case p.File == 0:
		return kindText
	case p.Text != "":
		return kindCaption
	}
	return kindFile
}

// compose makes the messages of Telegram of one of the portal: the text in as many parts as it needs, then the files. A short text is the
// caption of a single file. Buttons are under the last text.
func compose(text string, files []int64, buttons []button) []part {
	r := render(text, maxMessage)
	buttons = append(r.buttons, buttons...)
	buttons = buttons[:min(len(buttons), maxButtons)]
	var out []part
	if len(files) == 1 && len(r.chunks) == 1 && r.units <= maxCaption {
		return []part{{Text: r.chunks[0], File: files[0], Buttons: buttons}}
	}
	for _, c := range r.chunks {
		out = append(out, part{Text: c})
	}
	last := len(out) - 1
	for _, id := range files {
		out = append(out, part{File: id})
	}
	if last < 0 {
		last = len(out) - 1
	}
	if last >= 0 {
		out[last].Buttons = buttons
	}
	return out
}

// rendered is a text as Telegram takes it.
type rendered struct {
	chunks  []string // HTML, each of at most so many units
	units   int      // of the last chunk
	buttons []button // of the text
}

// render writes BB code as the HTML that Telegram knows, cut where it becomes too long: at a line's end, between words, and where there is
// neither anywhere.
func render(text string, limit int) rendered {
	w := renderer{limit: limit}
	z := nethtml.NewTokenizer(strings.NewReader(string(bbcode.HTML(text, bbcode.Options{}))))
	for {
		switch z.Next() {
		case nethtml.ErrorToken: // the end: what is read was written by package bbcode
			w.flush()
			return w.rendered
		case nethtml.TextToken:
			w.text(html.UnescapeString(string(z.Raw())))
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			w.start(z.Token())
		case nethtml.EndTagToken:
			w.end()
		}
	}
}

// renderer writes chunks.
type renderer struct {
	rendered

	limit int
	out   strings.Builder
	count int       // units of the chunk
	seen  bool      // it shows something
	open  []element // of the chunk; empty ones stand for elements that Telegram does not know
	quote bool
}

type element struct {
	start, end string
	button     int // of a button: its number, from 1
	quote      bool
}

// void are the elements without an end.
var void = []string{"br", "img"}

func (w *renderer) start(t nethtml.Token) {
	attr := func(name string) string {
		for _, a := range t.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	e := element{}
	switch t.Data {
	case "br":
		w.text("\n")
	case "img":
		w.image(attr("src"), attr("alt"))
	case "b", "i", "u", "s", "code":
		e.start, e.end = "<"+t.Data+">", "</"+t.Data+">"
	case "blockquote":
		if !w.quote {
			e, w.quote = element{start: "<blockquote>", end: "</blockquote>", quote: true}, true
		}
	case "a":
		if address, ok := outside(attr("href")); ok {
			e.start, e.end = `<a href="`+html.EscapeString(address)+`">`, "</a>"
		}
	case "button":
		e.button = w.button(attr("data-send"), attr("data-put"))
	}
	if slices.Contains(void, t.Data) {
		return
	}
	w.open = append(w.open, e)
	w.out.WriteString(e.start)
}

func (w *renderer) end() {
	if len(w.open) == 0 {
		return
	}
	e := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.out.WriteString(e.end)
	w.quote = w.quote && !e.quote
	if e.button > 0 {
		b := &w.buttons[e.button-1]
		if b.Text = label(b.Text); b.Text == "" {
			b.Text = label(b.Send + b.Copy)
		}
	}
}

// button begins a button of the text; 0: it is none that Telegram could show.
func (w *renderer) button(send, put string) int {
	b := button{Row: true, Send: send}
	if send == "" {
		b.Copy = put
	}
	if b.Send == "" && b.Copy == "" || units(b.Copy) > maxCopy || len(w.buttons) >= maxButtons {
		return 0
	}
	w.buttons = append(w.buttons, b)
	return len(w.buttons)
}

// image writes the address of a picture: Telegram shows it below the text.
func (w *renderer) image(src, alt string) {
	address, ok := outside(src)
	if alt == "" {
		alt = src
	}
	if !ok || slices.ContainsFunc(w.open, func(e element) bool { return strings.HasPrefix(e.start, "<a ") }) {
		w.text(alt)
		return
	}
	w.open = append(w.open, element{start: `<a href="` + html.EscapeString(address) + `">`, end: "</a>"})
	w.out.WriteString(w.open[len(w.open)-1].start)
	w.text(alt)
	w.end()
}

// text writes what is shown, in as many chunks as it needs.
func (w *renderer) text(text string) {
	for i := range w.open {
		if n := w.open[i].button; n > 0 {
			w.buttons[n-1].Text += text
		}
	}
	for text != "" {
		fits := prefix(text, w.limit-w.count)
		if fits < len(text) {
			if at := strings.LastIndexAny(text[:fits], "\n "); at > 0 && (w.count > 0 || at > fits/2) {
				fits = at + 1
			} else if w.count > 0 && at < 0 {
				fits = 0 // the word goes on in the next one, whole
			}
		}
		w.put(text[:fits])
		if text = text[fits:]; text != "" {
			w.flush()
			text = strings.TrimLeft(text, " \n")
		}
	}
}

// prefix returns how many bytes of a text have at most n units.
func prefix(text string, n int) int {
	for i, r := range text {
		if n -= utf16.RuneLen(r); n < 0 {
			return i
		}
	}
	return len(text)
}

func (w *renderer) put(text string) {
	w.out.WriteString(html.EscapeString(text))
	w.count += units(text)
	w.seen = w.seen || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
}

// flush ends a chunk and begins the next one with the elements that are open.
func (w *renderer) flush() {
	for _, e := range slices.Backward(w.open) {
		w.out.WriteString(e.end)
	}
	if w.seen {
		w.chunks = append(w.chunks, w.out.String())
		w.units = w.count
	}
	w.out.Reset()
	w.count, w.seen = 0, false
	for _, e := range w.open {
		w.out.WriteString(e.start)
	}
}
