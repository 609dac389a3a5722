package doctext

import (
	"bytes"
	"math"
	"strings"
)

const (
	maxForms    = 10    // forms in each other
	maxOperands = 1_000 // before an operator
)

// painter carries out the operators of a page, as far as they place text.
type painter struct {
	*pdf

	resources dict
	depth     int
	font      *font
	size      float64
	// spacing of letters and words, and how far letters are stretched
	letters, words, stretch, leading float64
	text, line                       matrix
	endX, endY                       float64 // where the last text ended
	any                              bool    // there was some
}

// matrix places text: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) moved(x, y float64) matrix {
	m.e, m.f = m.e+x*m.a+y*m.c, m.f+x*m.b+y*m.d
	return m
}

// run carries out operators.
func (p *pdf) run(content []byte, resources dict, depth int) error {
	t := &painter{pdf: p, resources: resources, depth: depth, stretch: 1, text: matrix{a: 1, d: 1}, line: matrix{a: 1, d: 1}, font: &font{missing: usualWidth}}
	l := &lexer{b: content}
	return p.operators(l, maxOperands, func(w word, operands []any) error {
		if w == "ID" {
			skipImage(l)
			return nil
		}
		return t.do(w, operands)
	})
}

// operators gives each operator to do, with the first most values of those that stand before it. They are do's as long as it runs.
func (p *pdf) operators(l *lexer, most int, do func(w word, operands []any) error) error {
	var operands []any
	for !l.done() {
		before := l.i
		v := l.value(0)
		if err := p.spend(l.i - before); err != nil {
			return err
		}
		w, ok := v.(word)
		if !ok {
			if len(operands) < most {
				operands = append(operands, v)
			}
			continue
		}
		if err := do(w, operands); err != nil {
			return err
		}
		operands = operands[:0]
	}
	return nil
}

// skipImage skips a picture that stands among the operators.
func skipImage(l *lexer) {
	for !l.done() {
		i := bytes.Index(l.rest(), []byte("EI"))
		if i < 0 {
			l.i = len(l.b)
			return
		}
		l.i += i + 2
		if before := l.i - 3; before >= 0 && isSpace(l.b[before]) && (l.done() || isSpace(l.b[l.i])) {
			return
		}
	}
}

// operand returns the number that stands at place i from the end, 1 being the last.
func operand(list []any, i int) float64 {
	if i > len(list) {
		return 0
	}
	f, _ := list[len(list)-i].(float64)
	return f
}

func (t *painter) do(w word, o []any) error {
	switch w {
	case "BT":
		t.text, t.line = matrix{a: 1, d: 1}, matrix{a: 1, d: 1}
	case "Tf":
		return t.setFont(o)
	case "Tc":
		t.letters = operand(o, 1)
	case "Tw":
		t.words = operand(o, 1)
	case "Tz":
		t.stretch = operand(o, 1) / 100
	case "TL":
		t.leading = operand(o, 1)
	case "Td":
		t.next(operand(o, 2), operand(o, 1))
	case "TD":
		t.leading = -operand(o, 1)
		t.next(operand(o, 2), operand(o, 1))
	case "Tm":
		t.line = matrix{operand(o, 6), operand(o, 5), operand(o, 4), operand(o, 3), operand(o, 2), operand(o, 1)}
		t.text = t.line
	case "T*":
		t.next(0, -t.leading)
	case "Tj", "TJ", "'", `"`:
		if len(o) == 0 {
			return nil
		}
		if w == `"` {
			t.words, t.letters = operand(o, 3), operand(o, 2)
		}
		if w == "'" || w == `"` {
			t.next(0, -t.leading)
		}
		return t.show(o[len(o)-1])
	case "Do":
		return t.form(o)
	}
	return nil
}

// next moves to the beginning of a line.
func (t *painter) next(x, y float64) {
	t.line = t.line.moved(x, y)
	t.text = t.line
}

func (t *painter) setFont(o []any) error {
	if len(o) < 2 {
		return nil
	}
	n, _ := o[len(o)-2].(name)
	f, err := t.fontOf(t.dict(t.resources["Font"])[string(n)])
	t.font, t.size = f, operand(o, 1)
	return err
}

// show writes a string, or strings with numbers between them that move what follows.
func (t *painter) show(v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, part := range list {
		switch part := part.(type) {
		case float64:
			t.text = t.text.moved(-part/1000*t.size*t.stretch, 0)
		case []byte:
			if err := t.string(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *painter) string(s []byte) error {
	if err := t.spend(len(s)); err != nil {
		return err
	}
	if t.apart() {
		t.out.gap()
	}
	var text strings.Builder
	var advance float64
	for _, code := range t.font.codes(s) {
		letter := t.font.text(code)
		text.WriteString(letter)
		advance += t.font.widthOf(code)/1000*t.size + t.letters
		if letter == " " {
			advance += t.words
		}
	}
	t.text = t.text.moved(advance*t.stretch, 0)
	t.endX, t.endY, t.any = t.text.e, t.text.f, true
	return t.out.write(clean(text.String()))
}

// clean drops what is no letter at all.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\u00ad' || r >= 0xe000 && r <= 0xf8ff {
			return -1
		}
		return r
	}, text)
}

// apart reports whether what comes is another word: it stands on another line, or a fifth of a letter's size from the last one.
func (t *painter) apart() bool {
	unit := math.Abs(t.size) * math.Hypot(t.text.a, t.text.b)
	if !t.any || unit == 0 {
		return true
	}
	dx, dy := t.text.e-t.endX, t.text.f-t.endY
	along := (dx*t.text.a + dy*t.text.b) / math.Hypot(t.text.a, t.text.b)
	across := math.Hypot(dx, dy)*math.Hypot(dx, dy) - along*along
	return across > unit*unit/4 || along > unit/5 || along < -unit/2
}

// form writes the text of a drawing that the page uses.
func (t *painter) form(o []any) error {
	if len(o) == 0 || t.depth >= maxForms {
		return nil
	}
	n, _ := o[len(o)-1].(name)
	s, ok := t.of(t.dict(t.resources["XObject"])[string(n)]).(stream)
	if !ok || s.dict["Subtype"] != any(name("Form")) {
		return nil
	}
	data, err := t.decode(s)
	if err != nil {
		return err
	}
	resources := t.dict(s.dict["Resources"])
	if resources == nil {
		resources = t.resources
	}
	t.out.gap()
	return t.run(data, resources, t.depth+1)
}
