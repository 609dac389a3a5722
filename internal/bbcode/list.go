package bbcode

import (
	"strconv"
	"strings"
)

// maxLists is how many lists may be inside each other; further ones stay text.
const maxLists = 10

// listMarks are the marks of lists, of Options.Lists. Some editors end items; the next item or the list's end would do.
var listMarks = [...]struct {
	text string
	kind kind
	arg  string
}{{"[*]", listItem, ""}, {"[list]", listStart, ""}, {"[list=1]", listStart, "1"}, {"[/list]", listEnd, ""}, {"[/*]", listItem, "/"}}

// scanList reads the mark of a list at pos; false where there is none.
func (s *scanner) scanList() bool {
	rest := s.src[s.pos:]
	for _, m := range listMarks {
		if len(rest) >= len(m.text) && strings.EqualFold(rest[:len(m.text)], m.text) {
			s.emit(token{kind: m.kind, arg: m.arg}, s.pos+len(m.text))
			return true
		}
	}
	return false
}

// pairLists matches the starts and ends of lists and finds their items. What is not ended, crosses the edge of a quote, is too deep or in
// no list becomes text. The breaks and blanks around the marks of lists go: they are breaks of their own.
func pairLists(out []token) []token {
	matchLists(out)
	kept := out[:0]
	after := plain // the mark of a list that was the last token kept
	for _, t := range out {
		switch {
		case t.kind == listStart, t.kind == listEnd, t.kind == listItem:
			kept = trimEnd(kept)
			if t.kind == listItem && t.arg == "/" {
				after = listItem
				continue
			}
			kept, after = append(kept, t), t.kind
			continue
		case after != plain && t.kind == newline:
			if after == listEnd {
				after = plain // one break ends the line on which the list ends
			}
			continue
		case after != plain && t.kind == plain:
			t.src = strings.TrimLeft(t.src, " \t")
			if t.src == "" {
				continue
			}
		}
		kept, after = append(kept, t), plain
	}
	return kept
}

// trimEnd drops the breaks and blanks at the end.
func trimEnd(out []token) []token {
	for n := len(out); n > 0; n-- {
		t := &out[n-1]
		if t.kind == plain {
			if t.src = strings.TrimRight(t.src, " \t"); t.src != "" {
				return out[:n]
			}
		} else if t.kind != newline {
			return out[:n]
		}
	}
	return out[:0]
}

// matchLists turns the marks of lists that belong to none into text.
func matchLists(out []token) {
	type block struct {
		start int
		list  bool
		deep  bool  // too deep: text
		items []int // its items, which become text where it does
	}
	var stack []block
	depth := 0
	drop := func(b block) { // a list that is not ended
		if !b.list {
			return
		}
		out[b.start].kind = plain
		for _, i := range b.items {
			out[i].kind = plain
		}
		if !b.deep {
			depth--
		}
	}
	for i := range out {
		t := &out[i]
		top := len(stack) - 1
		switch t.kind {
		case quoteStart:
			stack = append(stack, block{start: i})
		case quoteEnd:
			for top >= 0 && stack[top].list {
				drop(stack[top])
				top--
			}
			stack = stack[:max(top, 0)]
		case listStart:
			b := block{start: i, list: true, deep: depth == maxLists}
			if !b.deep {
				depth++
			}
			stack = append(stack, b)
		case listItem:
			if top < 0 || !stack[top].list || stack[top].deep {
				t.kind = plain
				continue
			}
			stack[top].items = append(stack[top].items, i)
		case listEnd:
			switch {
			case top < 0 || !stack[top].list:
				t.kind = plain
				continue
			case stack[top].deep:
				out[stack[top].start].kind, t.kind = plain, plain
			default:
				depth--
			}
			stack = stack[:top]
		}
	}
	for _, b := range stack {
		drop(b)
	}
}

// list is a list that is being written.
type list struct {
	numbered bool
	item     bool // an item of it is open
	n        int
}

// listToken writes a mark of a list, or opens an item for what stands before the first one; false for other tokens.
func (w *writer) listToken(t *token) bool {
	top := len(w.lists) - 1
	switch t.kind {
	case listStart:
		if top >= 0 {
			w.openItem(&w.lists[top])
		}
		l := list{numbered: t.arg != ""}
		w.put("<", l.element(), ` class="bb-list">`)
		w.lists = append(w.lists, l)
	case listItem:
		w.closeItem(&w.lists[top])
		w.openItem(&w.lists[top])
	case listEnd:
		w.closeItem(&w.lists[top])
		w.put("</", w.lists[top].element(), ">")
		w.lists = w.lists[:top]
	default:
		if top >= 0 {
			w.openItem(&w.lists[top])
		}
		return false
	}
	return true
}

func (l list) element() string {
	if l.numbered {
		return "ol"
	}
	return "ul"
}

func (w *writer) openItem(l *list) {
	if !l.item {
		w.put("<li>")
		l.item = true
	}
}

func (w *writer) closeItem(l *list) {
	if l.item {
		w.put("</li>")
		l.item = false
	}
}

// listToken writes a mark of a list as text: each item on a line of its own; false for other tokens.
func (p *plainWriter) listToken(t *token) bool {
	top := len(p.lists) - 1
	switch t.kind {
	case listStart:
		p.block()
		p.lists = append(p.lists, list{numbered: t.arg != ""})
	case listItem:
		p.block()
		p.out = append(p.out, strings.Repeat("  ", top)...)
		l := &p.lists[top]
		l.n++
		if l.numbered {
			p.out = append(strconv.AppendInt(p.out, int64(l.n), 10), ". "...)
		} else {
			p.out = append(p.out, "• "...)
		}
	case listEnd:
		p.lists = p.lists[:top]
		p.pending = true
	default:
		return false
	}
	return true
}
