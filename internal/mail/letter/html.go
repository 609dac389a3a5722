package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FromHTML returns what an HTML text says, as plain text. Nothing is fetched; scripts, styles and what is hidden are left out; what is quoted
// begins with ">".
func FromHTML(text string) string {
	w := plainer{}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.text()
		case html.TextToken:
			w.write(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			w.end(z.Token())
		}
	}
}

// plainer writes plain text.
type plainer struct {
	out    strings.Builder
	line   strings.Builder
	blank  int // empty lines that are due
	quotes int
	pre    int
	hidden []atom.Atom // what is open inside what is hidden
	link   string
	inLink strings.Builder
	linked bool
}

const maxQuotes = 20

// hides are the elements whose content nobody sees.
func hides(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Svg:
		return true
	}
	return false
}

// void are elements that have no end.
func void(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

func attribute(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (w *plainer) start(t html.Token) {
	style := strings.ReplaceAll(strings.ToLower(attribute(t, "style")), " ", "")
	if len(w.hidden) > 0 || hides(t.DataAtom) || strings.Contains(style, "display:none") {
		if !void(t.DataAtom) && t.Type != html.SelfClosingTagToken && len(w.hidden) < 1000 {
			w.hidden = append(w.hidden, t.DataAtom)
		}
		return
	}
	switch t.DataAtom {
	case atom.Br:
		w.newline()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table:
		w.block(1)
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd:
		w.block(0)
	case atom.Li:
		w.block(0)
		w.line.WriteString("• ")
	case atom.Td, atom.Th:
		if w.line.Len() > 0 {
			w.line.WriteString("  ")
		}
	case atom.Hr:
		w.block(0)
		w.line.WriteString("----")
		w.block(0)
	case atom.Pre:
		w.block(1)
		w.pre++
	case atom.Blockquote:
		w.block(0)
		w.quotes = min(w.quotes+1, maxQuotes)
	case atom.Img:
		if alt := OneLine(attribute(t, "alt")); alt != "" {
			w.write("[" + alt + "]")
		}
	case atom.A:
		w.endLink()
		w.link, w.linked = strings.TrimSpace(attribute(t, "href")), true
		w.inLink.Reset()
	}
}

func (w *plainer) end(t html.Token) {
	if n := len(w.hidden); n > 0 {
		for i := n - 1; i >= 0; i-- { // ends that were forgotten end with the one around them
			if w.hidden[i] == t.DataAtom {
				w.hidden = w.hidden[:i]
				return
			}
		}
		if t.DataAtom == atom.Body || t.DataAtom == atom.Html {
			w.hidden = nil
		}
		return
	}
	switch t.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table:
		w.block(1)
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd:
		w.block(0)
	case atom.Pre:
		w.block(1)
		w.pre = max(0, w.pre-1)
	case atom.Blockquote:
		w.block(0)
		w.quotes = max(0, w.quotes-1)
	case atom.A:
		w.endLink()
	}
}

// endLink writes where a link leads, where its text does not say it.
func (w *plainer) endLink() {
	if !w.linked {
		return
	}
	w.linked = false
	text := strings.TrimSpace(w.inLink.String())
	if !strings.HasPrefix(w.link, "https://") && !strings.HasPrefix(w.link, "http://") || len(w.link) > 2000 || strings.ContainsAny(w.link, " \n\t<>") {
		return
	}
	bare := func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "https://"), "http://")
		return strings.TrimSuffix(strings.TrimPrefix(s, "www."), "/")
	}
	if text != "" && bare(text) != bare(w.link) {
		w.line.WriteString(" (" + w.link + ")")
	}
}

func (w *plainer) write(text string) {
	if len(w.hidden) > 0 {
		return
	}
	if w.linked {
		w.inLink.WriteString(text)
	}
	if w.pre > 0 {
		for i, l := range strings.Split(text, "\n") {
			if i > 0 {
				w.newline()
			}
			w.line.WriteString(l)
		}
		return
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		w.space(text != "")
		return
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	w.space(unicode.IsSpace(first))
	w.line.WriteString(strings.Join(words, " "))
	w.space(unicode.IsSpace(last))
}

// space writes one between words.
func (w *plainer) space(due bool) {
	if due && w.line.Len() > 0 && !strings.HasSuffix(w.line.String(), " ") {
		w.line.WriteByte(' ')
	}
}

// newline ends a line, which may be empty.
func (w *plainer) newline() {
	for ; w.blank > 0; w.blank-- {
		w.out.WriteString(strings.TrimRight(strings.Repeat("> ", w.quotes), " ") + "\n")
	}
	text := strings.Repeat("> ", w.quotes) + strings.TrimRight(w.line.String(), " ")
	w.out.WriteString(strings.TrimRight(text, " ") + "\n")
	w.line.Reset()
}

// block ends a line that has something in it, and asks for empty ones before the next.
func (w *plainer) block(blank int) {
	if strings.TrimSpace(w.line.String()) != "" {
		w.newline()
		w.blank = blank
		return
	}
	w.line.Reset()
	if w.out.Len() > 0 {
		w.blank = max(w.blank, blank)
	}
}

func (w *plainer) text() string {
	w.endLink()
	w.block(0)
	return w.out.String()
}
