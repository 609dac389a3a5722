package agreement

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// kept are the elements that a custom agreement may have; of their attributes the address of a link is kept and nothing else.
var kept = map[atom.Atom]bool{
	atom.P: true, atom.Br: true, atom.Hr: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.B: true, atom.Strong: true, atom.I: true, atom.Em: true, atom.U: true, atom.S: true, atom.Sub: true, atom.Sup: true,
	atom.Blockquote: true, atom.A: true, atom.Table: true, atom.Thead: true, atom.Tbody: true, atom.Tr: true, atom.Th: true, atom.Td: true,
}

// instead are elements that become others.
var instead = map[atom.Atom]atom.Atom{atom.H1: atom.H2, atom.H5: atom.H4, atom.H6: atom.H4, atom.Div: atom.P, atom.Del: atom.S, atom.Strike: atom.S}

// dropped are elements whose content nobody reads.
var dropped = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Head: true, atom.Title: true, atom.Template: true, atom.Noscript: true, atom.Object: true, atom.Svg: true,
	atom.Math: true, atom.Iframe: true, atom.Textarea: true, atom.Select: true, atom.Noembed: true, atom.Noframes: true, atom.Xmp: true, atom.Plaintext: true,
}

// maxNested is how deep elements may be in each other; what is deeper loses its marks, not its words.
const maxNested = 50

// Safe returns the HTML that a custom agreement may have: an allow-list of elements without attributes, and links to https, http, mailto
// and tel. What an element that is not allowed says stays, unless nobody would read it. Empty where nothing is said.
func Safe(text string) string {
	s := sanitizer{}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return s.result()
		case html.TextToken:
			if len(s.hidden) == 0 {
				s.text(string(z.Text()))
			}
		case html.StartTagToken:
			s.start(z.Token(), false)
		case html.SelfClosingTagToken:
			s.start(z.Token(), true)
		case html.EndTagToken:
			s.end(z.Token().DataAtom)
		}
	}
}

type sanitizer struct {
	out    strings.Builder
	open   []atom.Atom
	hidden []atom.Atom // what is open inside what nobody reads
	says   bool
}

func (s *sanitizer) text(text string) {
	s.says = s.says || strings.TrimSpace(text) != ""
	s.out.WriteString(html.EscapeString(text))
}

func (s *sanitizer) start(t html.Token, closed bool) {
	a := t.DataAtom
	if dropped[a] || len(s.hidden) > 0 {
		if dropped[a] && !closed && len(s.hidden) < maxNested {
			s.hidden = append(s.hidden, a)
		}
		return
	}
	if to, ok := instead[a]; ok {
		a = to
	}
	switch {
	case !kept[a]:
	case a == atom.Br || a == atom.Hr:
		s.out.WriteString("<" + a.String() + ">")
	case len(s.open) >= maxNested:
	case a == atom.A:
		href, ok := address(t)
		if ok {
			s.out.WriteString(`<a href="` + html.EscapeString(href) + `" rel="noopener noreferrer" target="_blank">`)
			s.open = append(s.open, a)
		}
	default:
		s.endsBefore(a)
		s.out.WriteString("<" + a.String() + ">")
		s.open = append(s.open, a)
	}
}

// endsBefore closes what ends where a begins, as in a list whose items have no ends.
func (s *sanitizer) endsBefore(a atom.Atom) {
	ends, within := []atom.Atom{a}, []atom.Atom{atom.Table, atom.Blockquote}
	switch a {
	case atom.P, atom.Tr:
	case atom.Li:
		within = []atom.Atom{atom.Ul, atom.Ol, atom.Table}
	case atom.Td, atom.Th:
		ends, within = []atom.Atom{atom.Td, atom.Th}, []atom.Atom{atom.Tr, atom.Table}
	default:
		return
	}
	for i := len(s.open) - 1; i >= 0 && !slices.Contains(within, s.open[i]); i-- {
		if slices.Contains(ends, s.open[i]) {
			s.closeTo(i)
			return
		}
	}
}

// address returns where a link leads, if it may.
func address(t html.Token) (string, bool) {
	for _, attr := range t.Attr {
		if attr.Key != "href" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(attr.Val))
		if err != nil || strings.ContainsRune(attr.Val, 0) {
			return "", false
		}
		switch strings.ToLower(u.Scheme) {
		case "https", "http":
			return u.String(), u.Host != ""
		case "mailto", "tel":
			return u.String(), u.Opaque != ""
		}
		return "", false
	}
	return "", false
}

// end closes an element, and what is open inside it.
func (s *sanitizer) end(a atom.Atom) {
	if n := len(s.hidden); n > 0 {
		for i := n - 1; i >= 0; i-- {
			if s.hidden[i] == a {
				s.hidden = s.hidden[:i]
				return
			}
		}
		return
	}
	if to, ok := instead[a]; ok {
		a = to
	}
	for i, open := range slices.Backward(s.open) {
		if open == a {
			s.closeTo(i)
			return
		}
	}
}

// closeTo closes what is open until n elements are.
func (s *sanitizer) closeTo(n int) {
	for len(s.open) > n {
		last := len(s.open) - 1
		s.out.WriteString("</" + s.open[last].String() + ">")
		s.open = s.open[:last]
	}
}

func (s *sanitizer) result() string {
	s.closeTo(0)
	if !s.says {
		return ""
	}
	return strings.TrimSpace(s.out.String())
}
