package bbcode

import (
	"strconv"
	"time"
)

// rel is the relation of a link that leaves the portal.
const rel = ` target="_blank" rel="noopener noreferrer nofollow"`

// writer writes tokens as HTML.
type writer struct {
	opt  *Options
	out  []byte
	ends []ending
	link int // how many links or buttons are open: 0 or 1

	lists []list // that are open, the outermost first
}

// ending is what closes an open pair.
type ending struct {
	html string // "" where the pair was dropped
	link bool   // a link or button ends with it
}

func (w *writer) tokens(tokens []token) {
	for i := 0; i < len(tokens); i++ {
		t := &tokens[i]
		if w.opt.Lists && w.listToken(t) {
			continue
		}
		switch t.kind {
		case plain:
			w.text(t.src)
		case newline:
			w.put("<br>")
		case atom:
			w.atom(t)
		case open:
			i = w.open(t, i)
		case closing:
			w.close()
		case quoteStart:
			w.put(`<blockquote class="bb-quote">`)
		case quoteEnd:
			w.put("</blockquote>")
		}
	}
}

func (w *writer) put(parts ...string) {
	for _, p := range parts {
		w.out = append(w.out, p...)
	}
}

// text writes s with its bare addresses as links.
func (w *writer) text(s string) {
	for w.link == 0 {
		start, end, ok := nextLink(s)
		if !ok {
			break
		}
		w.escape(s[:start])
		address, safe := SafeURL(s[start:end])
		if safe {
			w.startLink("bb-link", address)
		}
		w.escape(s[start:end])
		if safe {
			w.put("</a>")
		}
		s = s[end:]
	}
	w.escape(s)
}

// escape writes s as text: line breaks as br, a tab or four blanks as four blanks that stay.
func (w *writer) escape(s string) {
	from := 0
	for i := 0; i < len(s); i++ {
		with, width := "", 1
		switch s[i] {
		case '&':
			with = "&amp;"
		case '<':
			with = "&lt;"
		case '>':
			with = "&gt;"
		case '\n':
			with = "<br>"
		case '\t':
			with = tabulation
		case ' ':
			if len(s)-i < 4 || s[i:i+4] != "    " {
				continue
			}
			with, width = tabulation, 4
		default:
			continue
		}
		w.put(s[from:i], with)
		from = i + width
		i = from - 1
	}
	w.put(s[from:])
}

const tabulation = "\u00a0\u00a0\u00a0\u00a0"

// attr writes a blank and name="value".
func (w *writer) attr(name, value string) {
	w.put(" ", name, `="`)
	w.quote(value)
	w.put(`"`)
}

// quote writes s for the inside of a quoted attribute, or of a code block where no mark means anything.
func (w *writer) quote(s string) {
	from := 0
	for i := range len(s) {
		with := ""
		switch s[i] {
		case '&':
			with = "&amp;"
		case '<':
			with = "&lt;"
		case '>':
			with = "&gt;"
		case '"':
			with = "&#34;"
		default:
			continue
		}
		w.put(s[from:i], with)
		from = i + 1
	}
	w.put(s[from:])
}

func (w *writer) startLink(class, address string) {
	w.put(`<a class="`, class, `"`)
	w.attr("href", address)
	if External(address, w.opt.Host) {
		w.put(rel)
	}
	w.put(">")
}

// open writes the start of the pair t, the token at i, and returns the index of the last token that it has dealt with.
func (w *writer) open(t *token, i int) int {
	end := w.start(t)
	w.ends = append(w.ends, end)
	if end.link {
		w.link++
	}
	label := ""
	switch t.tag {
	case tagUser:
		u := parseUser(t.arg)
		if u.replace || t.match == i+1 {
			label = w.opt.user(u.id).Name
		}
	case tagChat, tagContext:
		if t.match == i+1 {
			label = w.opt.mention(t).Name
		}
	case tagURL, tagSend, tagPut, tagCall:
		if t.match == i+1 {
			label = t.arg
		}
	}
	if label == "" {
		return i
	}
	w.escape(label)
	return t.match - 1
}

func (w *writer) close() {
	end := w.ends[len(w.ends)-1]
	w.ends = w.ends[:len(w.ends)-1]
	w.put(end.html)
	if end.link {
		w.link--
	}
}

// start writes the start tag of t and returns its end; nothing where the value is refused.
func (w *writer) start(t *token) ending {
	switch t.tag {
	case tagBold:
		return w.element("b")
	case tagItalic:
		return w.element("i")
	case tagUnderline:
		return w.element("u")
	case tagStrike:
		return w.element("s")
	case tagSize:
		if n := parseSize(t.arg); n > 0 {
			w.put(`<span class="bb-size-`, strconv.Itoa(n), `">`)
			return ending{html: "</span>"}
		}
	case tagColor:
		// A font element, because the pages' content security policy refuses style attributes.
		if c, ok := Color(t.arg); ok {
			w.put(`<font class="bb-color" color="`, c, `">`)
			return ending{html: "</font>"}
		}
	case tagUser, tagChat, tagContext:
		return w.mention(t)
	case tagURL:
		if address, ok := SafeURL(t.arg); ok && w.link == 0 {
			w.startLink("bb-link", address)
			return ending{html: "</a>", link: true}
		}
	case tagSend, tagPut, tagCall:
		return w.button(t.tag, t.arg)
	}
	return ending{}
}

func (w *writer) element(name string) ending {
	w.put("<", name, ">")
	return ending{html: "</" + name + ">"}
}

// mention writes the start of a mention: a link where it leads somewhere, else a span.
func (w *writer) mention(t *token) ending {
	class := "bb-context"
	id := ""
	switch t.tag {
	case tagUser:
		u := parseUser(t.arg)
		class, id = "bb-user", strconv.FormatInt(u.id, 10)
		switch {
		case u.all:
			w.put(`<span class="bb-user bb-all">`)
			return ending{html: "</span>"}
		case u.id == 0:
			return ending{}
		}
	case tagChat:
		class, id = "bb-chat", parseChat(t.arg)
		if id == "" {
			return ending{}
		}
	}
	address, ok := SafeURL(w.opt.mention(t).URL)
	if !ok || w.link > 0 {
		w.put(`<span class="`, class, `">`)
		return ending{html: "</span>"}
	}
	w.put(`<a class="`, class, `"`)
	w.attr("href", address)
	if id != "" {
		w.attr("data-id", id)
	}
	w.put(">")
	return ending{html: "</a>", link: true}
}

// button writes the start of a button that sends, puts or calls value.
func (w *writer) button(what tag, value string) ending {
	name := "send"
	switch what {
	case tagPut:
		name = "put"
	case tagCall:
		name, value = "call", phone(value)
	}
	if value == "" || w.link > 0 {
		return ending{}
	}
	w.put(`<button type="button" class="bb-`, name, `"`)
	w.attr("data-"+name, value)
	w.put(">")
	return ending{html: "</button>", link: true}
}

// atom writes a tag that stands for itself; as text where its value is refused.
func (w *writer) atom(t *token) {
	ok := false
	switch t.tag {
	case tagCode:
		w.put(`<code class="bb-code">`)
		w.quote(t.body)
		w.put("</code>")
		return
	case tagURL:
		w.leaf(w.start(&token{tag: tagURL, arg: t.body}), t.body)
		return
	case tagSend, tagPut, tagCall:
		w.leaf(w.button(t.tag, t.body), t.body)
		return
	case tagImage:
		ok = w.image(t)
	case tagIcon:
		ok = w.icon(parseIcon(t.arg))
	case tagTime:
		ok = w.time(t.arg)
	case tagDisk:
		ok = w.file(parseID(t.arg))
	}
	if !ok {
		w.text(t.src)
	}
}

func (w *writer) leaf(end ending, label string) {
	w.escape(label)
	w.put(end.html)
}

func (w *writer) image(t *token) bool {
	size := imageSize(t.arg)
	address, ok := SafeHTTP(t.body)
	if size == "" || !ok {
		return false
	}
	linked := w.link == 0
	if linked {
		w.startLink("bb-image", address)
	}
	w.put(`<img class="bb-img bb-img-`, size, `"`)
	w.attr("src", address)
	w.put(` alt="" loading="lazy" referrerpolicy="no-referrer">`)
	if linked {
		w.put("</a>")
	}
	return true
}

func (w *writer) icon(ic icon) bool {
	if ic.url == "" {
		return false
	}
	w.put(`<img class="bb-icon"`)
	w.attr("src", ic.url)
	w.put(` width="`, strconv.Itoa(ic.width), `" height="`, strconv.Itoa(ic.height), `"`)
	w.attr("alt", ic.title)
	if ic.title != "" {
		w.attr("title", ic.title)
	}
	w.put(` loading="lazy" referrerpolicy="no-referrer">`)
	return true
}

func (w *writer) time(arg string) bool {
	t, shown, ok := parseTime(arg, w.opt.Location)
	if !ok {
		return false
	}
	w.put(`<time class="bb-time" datetime="`, t.Format(time.RFC3339), `">`)
	w.escape(shown)
	w.put("</time>")
	return true
}

func (w *writer) file(id int64) bool {
	m := w.opt.file(id)
	address, ok := SafeURL(m.URL)
	if !ok || m.Name == "" {
		return false
	}
	if w.link > 0 {
		w.escape(m.Name)
		return true
	}
	w.startLink("bb-disk", address)
	w.escape(m.Name)
	w.put("</a>")
	return true
}
