package doctext

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"io"
	"strings"
)

// markupFormat says where in a markup the text is.
type markupFormat struct {
	html bool
	only map[string]bool // the elements that hold text; nil: all
	// breaks are the elements that end a word; nil: all.
	breaks map[string]bool
	// cells takes the numbers of a table's cells too, which are no texts of the table of texts.
	cells bool
}

const (
	maxTag  = 512      // bytes that are looked at of a tag
	maxHeld = 16 << 10 // bytes of text that are held until they are written
)

// scanner goes through markup byte by byte: it holds a tag's beginning and a piece of text, nothing more.
type scanner struct {
	markupFormat

	in   *bufio.Reader
	out  *sink
	held []byte
	tag  []byte
	keep int  // how many elements that hold text are open
	cell bool // a cell with a number is open
}

// markup writes the text of XML or HTML. A markup that breaks off yields what came before.
func markup(r io.Reader, f markupFormat, out *sink) error {
	s := scanner{markupFormat: f, in: bufio.NewReaderSize(r, 32<<10), out: out}
	for {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return s.flush()
		}
		if err != nil {
			return err
		}
		if c == '<' {
			err = s.element()
		} else {
			err = s.letter(c)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

func (s *scanner) wanted() bool { return s.only == nil || s.keep > 0 }

func (s *scanner) letter(c byte) error {
	if !s.wanted() {
		return nil
	}
	s.held = append(s.held, c)
	if len(s.held) < maxHeld || c != ' ' && c != '\n' && len(s.held) < 2*maxHeld {
		return nil
	}
	return s.flush()
}

// flush writes what is held, with the letters that entities stand for.
func (s *scanner) flush() error {
	if len(s.held) == 0 {
		return nil
	}
	text := string(s.held)
	s.held = s.held[:0]
	if strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	return s.out.write(text)
}

// element reads what follows a "<".
func (s *scanner) element() error {
	next, err := s.in.Peek(1)
	if err != nil {
		return err
	}
	if c := next[0]; c != '/' && c != '!' && c != '?' && c != ':' && c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && c < 0x80 {
		return s.letter('<') // a sign in a text
	}
	if head, _ := s.in.Peek(8); bytes.HasPrefix(head, []byte("!--")) {
		return s.skipTo("-->", nil)
	} else if string(head) == "![CDATA[" {
		_, _ = s.in.Discard(len(head))
		return s.skipTo("]]>", s.letter)
	}
	if err := s.readTag(); err != nil {
		return err
	}
	name, closing := s.tagName()
	if s.html {
		return s.htmlTag(name, closing)
	}
	return s.xmlTag(name, closing, bytes.HasSuffix(s.tag, []byte("/")))
}

// readTag reads to the end of a tag, of which it keeps the beginning and the last letter. A ">" in quotes does not end it.
func (s *scanner) readTag() error {
	s.tag = s.tag[:0]
	var quote byte
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'') && len(s.tag) > 0 && s.tag[0] != '/':
			quote = c
		case quote == 0 && c == '>':
			return nil
		}
		if len(s.tag) == maxTag {
			s.tag[maxTag-1] = c
		} else {
			s.tag = append(s.tag, c)
		}
	}
}

// skipTo reads to an end mark of two signs that are the same and a third, and gives what stands before it to take.
func (s *scanner) skipTo(end string, take func(byte) error) error {
	if take == nil {
		take = func(byte) error { return nil }
	}
	seen := 0 // how many of the first signs came last
	for {
		c, err := s.in.ReadByte()
		switch {
		case err != nil:
			return err
		case c == end[0] && seen < 2:
			seen++
			continue
		case c == end[0]:
			err = take(c) // the first of three
		case c == end[2] && seen == 2:
			return nil
		default:
			for ; seen > 0 && err == nil; seen-- {
				err = take(end[0])
			}
			if err == nil {
				err = take(c)
			}
			seen = 0
		}
		if err != nil {
			return err
		}
	}
}

func (s *scanner) tagName() (name string, closing bool) {
	tag := s.tag
	if len(tag) > 0 && tag[0] == '/' {
		tag, closing = tag[1:], true
	}
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	if s.html {
		tag = bytes.ToLower(tag)
	}
	return string(tag), closing
}

func (s *scanner) htmlTag(name string, closing bool) error {
	if !inline[name] {
		if err := s.flush(); err != nil {
			return err
		}
		s.out.gap()
	}
	if closing || name != "script" && name != "style" && name != "svg" && name != "noscript" {
		return nil
	}
	return s.skipElement(name)
}

// skipElement reads to the closing tag of an element, whatever stands in it.
func (s *scanner) skipElement(name string) error {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		if c != '<' {
			continue
		}
		head, _ := s.in.Peek(len(name) + 1)
		if len(head) == len(name)+1 && head[0] == '/' && strings.EqualFold(string(head[1:]), name) {
			return s.readTag()
		}
	}
}

func (s *scanner) xmlTag(name string, closing, empty bool) error {
	if err := s.flush(); err != nil {
		return err
	}
	if s.breaks == nil || s.breaks[name] {
		s.out.gap()
	}
	if s.cells && name == "c" {
		s.cell = !closing && !empty && !bytes.Contains(s.tag, []byte(` t="s"`))
	}
	if s.only == nil || empty || !s.only[name] && (name != "v" || !s.cells) {
		return nil
	}
	if name == "v" && !s.only[name] && !s.cell && !closing {
		return nil // the number of a text in the table of texts
	}
	if closing {
		s.keep = max(0, s.keep-1)
	} else {
		s.keep++
	}
	return nil
}
