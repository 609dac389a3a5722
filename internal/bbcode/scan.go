package bbcode

import (
	"strings"
)

// minDashes is how many dashes alone on a line start or end a quoted message.
const minDashes = 6

// parse returns the pieces of text with every pair matched; what belongs to no pair is plain. Lists are looked for where they are wanted.
func parse(text string, lists bool) []token {
	s := scanner{src: clean(text), fence: -1, lists: lists}
	s.run()
	if lists {
		s.out = pairLists(s.out)
	}
	pair(s.out)
	return s.out
}

// clean makes text valid UTF-8 with "\n" as its only line end and without other control characters.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, unwanted) < 0 {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case unwanted(r):
			return -1
		}
		return r
	}, text)
}

// unwanted reports whether r is a control character other than a newline or a tab.
func unwanted(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0
}

// scanner cuts a text into tokens in one pass. The next… fields remember the last look ahead for a mark, so that each part
// of the text is searched once however often it is asked.
type scanner struct {
	src    string
	pos    int
	mark   int // where the text not yet put out starts
	out    []token
	quoted bool // inside a run of >> lines
	lists  bool // the marks of lists mean something
	fence  int  // the index of the quoteStart of an open line of dashes, or -1

	nextOpen, nextClose, nextCode ahead
}

// ahead is a remembered look ahead: the first place at or after from.
type ahead struct {
	known bool
	at    int
}

func (s *scanner) run() {
	s.lineStart()
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case '\n':
			s.lineEnd(1)
		case '[':
			if (!s.lists || !s.scanList()) && !s.scanTag() {
				s.pos++
			}
		default:
			s.pos++
		}
	}
	s.flush()
	s.endQuote()
	s.dropFence()
}

// flush puts out the text up to pos.
func (s *scanner) flush() {
	if s.mark < s.pos {
		s.out = append(s.out, token{kind: plain, src: s.src[s.mark:s.pos]})
	}
	s.mark = s.pos
}

// emit puts out the text so far and then t, which spans the text up to end.
func (s *scanner) emit(t token, end int) {
	s.flush()
	t.src = s.src[s.pos:end]
	s.out = append(s.out, t)
	s.pos, s.mark = end, end
}

// lineEnd handles a line break of the given width. The break after a quote is the quote's own end.
func (s *scanner) lineEnd(width int) {
	if s.quoted && !strings.HasPrefix(s.src[s.pos+width:], ">>") {
		s.flush()
		s.endQuote()
		s.pos += width
		s.mark = s.pos
	} else {
		s.emit(token{kind: newline}, s.pos+width)
	}
	s.lineStart()
}

// lineStart handles the marks that mean something at the start of a line only.
func (s *scanner) lineStart() {
	for {
		rest := s.src[s.pos:]
		if strings.HasPrefix(rest, ">>") {
			if !s.quoted {
				s.dropBreak()
				s.emit(token{kind: quoteStart}, s.pos)
				s.quoted = true
			}
			s.pos += 2
			s.mark = s.pos
			return
		}
		n := dashes(rest)
		if n == 0 {
			return
		}
		s.fenceLine(n)
	}
}

// fenceLine handles a line of dashes that is n bytes long with its line end.
func (s *scanner) fenceLine(n int) {
	broke := s.dropBreak()
	if s.fence >= 0 {
		s.emit(token{kind: quoteEnd}, s.pos+n)
		s.fence = -1
		return
	}
	s.emit(token{kind: quoteStart}, s.pos+n)
	s.fence = len(s.out) - 1
	if broke {
		s.out[s.fence].arg = "\n" // for dropFence
	}
}

// dropFence turns a line of dashes that no second one answers back into text.
func (s *scanner) dropFence() {
	if s.fence < 0 {
		return
	}
	t := &s.out[s.fence]
	*t = token{kind: plain, src: t.arg + t.src}
}

// dropBreak removes the line break just put out: the start of a quote is a break of its own.
func (s *scanner) dropBreak() bool {
	if n := len(s.out); n > 0 && s.mark == s.pos && s.out[n-1].kind == newline {
		s.out = s.out[:n-1]
		return true
	}
	return false
}

func (s *scanner) endQuote() {
	if s.quoted {
		s.out = append(s.out, token{kind: quoteEnd})
		s.quoted = false
	}
}

// dashes returns the length, with its line end, of the line of dashes that rest starts with; 0 where there is none.
func dashes(rest string) int {
	n := 0
	for n < len(rest) && rest[n] == '-' {
		n++
	}
	if n < minDashes {
		return 0
	}
	for n < len(rest) && rest[n] == ' ' {
		n++
	}
	switch {
	case n == len(rest):
		return n
	case rest[n] == '\n':
		return n + 1
	}
	return 0
}

// scanTag reads the tag at pos; false where there is none.
func (s *scanner) scanTag() bool {
	name, at, ends := tagName(s.src, s.pos)
	sh, ok := shapes[name]
	if !ok || at >= len(s.src) {
		return false
	}
	if ends {
		if s.src[at] != ']' || !sh.bare && !sh.value {
			return false
		}
		s.emit(token{kind: closing, tag: sh.tag}, at+1)
		return true
	}
	end := s.find(&s.nextClose, ']', at)
	if end < 0 {
		return false
	}
	if o := s.find(&s.nextOpen, '[', at); o >= 0 && o < end || strings.IndexByte(s.src[at:end], '\n') >= 0 {
		return false
	}
	return s.startTag(name, sh, at, end)
}

// startTag puts out the start of a tag, or the whole of it, whose attribute is src[at:end].
func (s *scanner) startTag(name string, sh shape, at, end int) bool {
	attr := s.src[at:end]
	switch {
	case attr == "" && sh.tag == tagBreak:
		s.lineEnd(end + 1 - s.pos)
	case attr == "" && sh.tag == tagCode:
		return s.scanCode(end + 1)
	case attr == "" && sh.bare:
		s.emit(token{kind: open, tag: sh.tag}, end+1)
	case attr == "" && sh.leaf && sh.tag != tagImage:
		return s.scanLeaf(name, sh, "", end+1)
	case attr == "":
		return false
	case attr[0] == ' ' && sh.tag == tagImage:
		return s.scanLeaf(name, sh, attr[1:], end+1)
	case attr[0] == '=' && sh.value:
		s.emit(token{kind: open, tag: sh.tag, arg: sh.argument(attr[1:])}, end+1)
	case attr[0] == '=' && sh.void:
		s.emit(token{kind: atom, tag: sh.tag, arg: strings.TrimSpace(attr[1:])}, end+1)
	default:
		return false
	}
	return true
}

// scanLeaf puts out a tag whose content, from at, is its value and ends with the tag's own end.
func (s *scanner) scanLeaf(name string, sh shape, arg string, at int) bool {
	end := s.find(&s.nextOpen, '[', at)
	if end < 0 {
		return false
	}
	got, after, ends := tagName(s.src, end)
	if !ends || got != name || after >= len(s.src) || s.src[after] != ']' {
		return false
	}
	body := strings.TrimSpace(s.src[at:end])
	if body == "" {
		return false
	}
	s.emit(token{kind: atom, tag: sh.tag, arg: arg, body: body}, after+1)
	return true
}

// scanCode puts out a code block whose content starts at at. Nothing inside it is a mark.
func (s *scanner) scanCode(at int) bool {
	const end = "[/code]"
	if !s.nextCode.known || s.nextCode.at >= 0 && s.nextCode.at < at {
		s.nextCode = ahead{known: true, at: indexFold(s.src, end, at)}
	}
	to := s.nextCode.at
	if to < 0 {
		return false
	}
	body := strings.TrimSuffix(strings.TrimPrefix(s.src[at:to], "\n"), "\n")
	s.emit(token{kind: atom, tag: tagCode, body: body}, to+len(end))
	return true
}

// find returns the first place of b at or after from, or -1. Calls with the same a must not go back.
func (s *scanner) find(a *ahead, b byte, from int) int {
	if a.known && (a.at < 0 || a.at >= from) {
		return a.at
	}
	a.known = true
	a.at = strings.IndexByte(s.src[from:], b)
	if a.at >= 0 {
		a.at += from
	}
	return a.at
}

// tagName reads the name of the tag at src[pos] == '[', in lower case, with the place after it and whether it is an end.
func tagName(src string, pos int) (name string, at int, ends bool) {
	var buf [longestName]byte
	at = pos + 1
	if at < len(src) && src[at] == '/' {
		ends = true
		at++
	}
	n := 0
	for ; at < len(src) && n < len(buf); at++ {
		c := src[at] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		buf[n] = c
		n++
	}
	return string(buf[:n]), at, ends
}

// indexFold returns the first place at or after from where src holds end, which starts with '[', in any case; -1 where none.
func indexFold(src, end string, from int) int {
	for from < len(src) {
		i := strings.IndexByte(src[from:], '[')
		if i < 0 {
			return -1
		}
		from += i
		if len(src)-from >= len(end) && strings.EqualFold(src[from:from+len(end)], end) {
			return from
		}
		from++
	}
	return -1
}

// argument reads what stands behind the equals sign. What [put] puts keeps its last blanks: more is to be typed behind it.
func (sh shape) argument(v string) string {
	if sh.tag == tagPut && !strings.ContainsAny(v, `"'`) {
		return strings.TrimLeft(v, " ")
	}
	return unquote(v)
}

// unquote trims v and takes off the quotation marks around it.
func unquote(v string) string {
	v = strings.TrimSpace(v)
	if n := len(v); n >= 2 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		return v[1 : n-1]
	}
	return v
}

// pair matches the starts and ends of tags. A start that is not ended, that is ended after a tag around it, that crosses
// the edge of a quote or of an item of a list, or that is deeper than maxDepth becomes text, and so does an end without a start.
func pair(out []token) {
	var (
		stack  []int
		opened [tagBreak + 1]int
	)
	unwind := func(to int) {
		for _, i := range stack[to:] {
			opened[out[i].tag]--
			out[i].kind = plain
		}
		stack = stack[:to]
	}
	for i := range out {
		t := &out[i]
		switch t.kind {
		case quoteStart, quoteEnd, listStart, listEnd, listItem:
			unwind(0)
		case open:
			if len(stack) == maxDepth {
				t.kind = plain
				continue
			}
			opened[t.tag]++
			stack = append(stack, i)
		case closing:
			if opened[t.tag] == 0 {
				t.kind = plain
				continue
			}
			top := len(stack) - 1
			for out[stack[top]].tag != t.tag {
				top--
			}
			unwind(top + 1)
			out[stack[top]].match = i
			opened[t.tag]--
			stack = stack[:top]
		}
	}
	unwind(0)
}
