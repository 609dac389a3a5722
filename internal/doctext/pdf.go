package doctext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxPDF is how many bytes of a PDF are held in memory. Larger ones are pictures of pages for the most part.
const maxPDF = 48 << 20

// pdf is a document of which the objects are found by looking for them: the table that says where they are is often broken.
type pdf struct {
	data    []byte
	at      map[int]place
	parsed  map[int]any
	members map[int]map[int]any // of streams of objects, by the number of the stream
	fonts   map[int]*font
	out     *sink
	steps   int // bytes that may still be looked at, and operators that may be carried out
	locked  bool
}

// place is where an object is: at an offset, or in a stream of objects.
type place struct{ offset, stream int }

// maxSteps bounds the work on a PDF, maxHead where the dictionary of an object ends that is looked at first.
const (
	maxSteps = 200_000_000
	maxHead  = 64 << 10
)

// spend counts work; errFull when there was enough of it.
func (p *pdf) spend(n int) error {
	if p.steps -= n + 1; p.steps < 0 {
		return errFull
	}
	return p.out.ctx.Err()
}

func readPDF(r io.Reader, s *sink) error {
	data, err := io.ReadAll(io.LimitReader(r, maxPDF+1))
	if err != nil {
		return err
	}
	if len(data) > maxPDF {
		return ErrTooLarge
	}
	p := &pdf{
		data: data, at: map[int]place{}, parsed: map[int]any{}, members: map[int]map[int]any{}, fonts: map[int]*font{}, out: s, steps: maxSteps,
	}
	pages, err := p.index()
	if err != nil {
		return err
	}
	if p.locked {
		return ErrEncrypted
	}
	if len(pages) == 0 {
		return fmt.Errorf("%w: it has no pages", ErrBroken)
	}
	for _, n := range pages {
		if err := p.page(n); err != nil {
			return err
		}
		s.gap()
	}
	return nil
}

// index finds the objects and returns the numbers of those that are pages, in the order in which they stand. What is written later holds.
func (p *pdf) index() (pages []int, err error) {
	var streams []int
	for pos := 0; ; {
		i := bytes.Index(p.data[pos:], []byte(" obj"))
		if i < 0 {
			break
		}
		pos += i + 4
		number, ok := p.numberBefore(pos - 4)
		if !ok {
			continue
		}
		if len(p.at) >= MaxObjects {
			return nil, ErrTooLarge
		}
		p.at[number] = place{offset: pos}
		d, err := p.headOf(pos)
		if err != nil {
			return nil, err
		}
		switch d["Type"] {
		case name("ObjStm"):
			streams = append(streams, number)
		case name("Page"):
			pages = append(pages, number)
		case name("XRef"):
			p.locked = p.locked || d["Encrypt"] != nil
		}
	}
	if err := p.trailers(); err != nil {
		return nil, err
	}
	for _, n := range streams {
		more, err := p.unpack(n)
		if err != nil {
			return nil, err
		}
		pages = append(pages, more...)
	}
	seen := map[int]bool{}
	pages = slices.DeleteFunc(pages, func(n int) bool { old := seen[n]; seen[n] = true; return old })
	return pages[:min(len(pages), MaxPages)], nil
}

// trailers looks whether the document is locked.
func (p *pdf) trailers() error {
	for pos := 0; ; {
		i := bytes.Index(p.data[pos:], []byte("trailer"))
		if i < 0 {
			return nil
		}
		pos += i + len("trailer")
		d, err := p.headOf(pos)
		if err != nil {
			return err
		}
		p.locked = p.locked || d["Encrypt"] != nil
	}
}

// numberBefore reads "12 0" backwards from the end of it, and returns the first number.
func (p *pdf) numberBefore(end int) (int, bool) {
	i := end
	digits := func() (n int, ok bool) {
		for unit := 1; i > 0 && isDigit(p.data[i-1]) && unit <= 100_000_000; i-- {
			n, ok = n+int(p.data[i-1]-'0')*unit, true
			unit *= 10
		}
		return n, ok
	}
	if _, ok := digits(); !ok {
		return 0, false
	}
	spaces := i
	for i > 0 && isSpace(p.data[i-1]) {
		i--
	}
	if spaces == i {
		return 0, false
	}
	return digits()
}

// headOf returns the dictionary at an offset; nil where there is none.
func (p *pdf) headOf(offset int) (dict, error) {
	l := &lexer{b: p.data[:min(len(p.data), offset+maxHead)], i: offset}
	l.space()
	if !bytes.HasPrefix(l.rest(), []byte("<<")) {
		return nil, p.spend(l.i - offset)
	}
	d, _ := l.value(0).(dict)
	return d, p.spend(l.i - offset)
}

// unpack reads a stream of objects and returns those of them that are pages.
func (p *pdf) unpack(number int) (pages []int, err error) {
	s, ok := p.object(number).(stream)
	if !ok {
		return nil, nil
	}
	data, err := p.decode(s)
	if err != nil {
		return nil, err
	}
	count, first := p.int(s.dict["N"]), p.int(s.dict["First"])
	if first < 0 || first > len(data) {
		return nil, nil
	}
	head := &lexer{b: data[:first]}
	inside := map[int]any{}
	for range min(count, MaxObjects) {
		n, ok1 := head.value(0).(float64)
		offset, ok2 := head.value(0).(float64)
		if !ok1 || !ok2 || offset < 0 || first+int(offset) >= len(data) {
			break
		}
		if len(p.at) >= MaxObjects {
			return nil, ErrTooLarge
		}
		l := &lexer{b: data, i: first + int(offset)}
		v := l.value(0)
		if err := p.spend(l.i - first - int(offset)); err != nil {
			return nil, err
		}
		if inside[int(n)] = v; p.at[int(n)].offset > p.at[number].offset {
			continue // a newer one stands by itself
		}
		p.at[int(n)] = place{offset: p.at[number].offset, stream: number}
		delete(p.parsed, int(n))
		if d, _ := v.(dict); d["Type"] == any(name("Page")) {
			pages = append(pages, int(n))
		}
	}
	p.members[number] = inside
	return pages, nil
}

// object returns the object with a number; nil where there is none.
func (p *pdf) object(number int) any {
	if v, ok := p.parsed[number]; ok {
		return v
	}
	at, ok := p.at[number]
	if !ok {
		return nil
	}
	if at.stream != 0 {
		return p.members[at.stream][number]
	}
	if p.steps < 0 {
		return nil
	}
	l := &lexer{b: p.data, i: at.offset}
	v := l.value(0)
	p.steps -= l.i - at.offset
	if d, ok := v.(dict); ok {
		if l.space(); bytes.HasPrefix(l.rest(), []byte("stream")) {
			v = stream{d, l.i + len("stream")}
		}
	}
	p.parsed[number] = v
	return v
}

// maxHops bounds references to references.
const maxHops = 20

// of returns what v is, also where it is a reference.
func (p *pdf) of(v any) any {
	for range maxHops {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = p.object(int(r))
	}
	return nil
}

func (p *pdf) dict(v any) dict {
	switch v := p.of(v).(type) {
	case dict:
		return v
	case stream:
		return v.dict
	}
	return nil
}

func (p *pdf) array(v any) []any {
	a, _ := p.of(v).([]any)
	return a
}

func (p *pdf) float(v any) float64 {
	f, _ := p.of(v).(float64)
	return f
}

func (p *pdf) int(v any) int {
	f := p.float(v)
	if f < -1e9 || f > 1e9 {
		return 0
	}
	return int(f)
}

// page writes the text of a page.
func (p *pdf) page(number int) error {
	d := p.dict(ref(number))
	resources := d
	for range maxHops { // a page has those of the pages above it
		if resources["Resources"] != nil || resources["Parent"] == nil {
			break
		}
		resources = p.dict(resources["Parent"])
	}
	var content []byte
	parts := p.array(d["Contents"])
	if parts == nil {
		parts = []any{d["Contents"]}
	}
	for _, part := range parts {
		s, ok := p.of(part).(stream)
		if !ok {
			continue
		}
		data, err := p.decode(s)
		if err != nil {
			return err
		}
		content = append(append(content, data...), '\n')
		if len(content) > maxContent {
			break
		}
	}
	return p.run(content, p.dict(resources["Resources"]), 0)
}

// maxContent is how many bytes the operators of a page may have.
const maxContent = 32 << 20

var errUnknownFilter = errors.New("packed in an unknown way")
