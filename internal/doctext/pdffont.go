package doctext

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// font says what the codes of a string stand for, and how wide they are.
type font struct {
	wide    bool // codes have two bytes
	texts   map[int]string
	simple  [256]string // of codes of one byte, where texts has none
	utf16   bool        // codes are UTF-16
	widths  map[int]float64
	missing float64 // the width of codes that have none
}

const (
	maxRange = 1 << 16 // codes of a range
	maxWidth = 10_000  // of a letter, in thousandths of its size
	// entryCost is the work on an entry of a table, in that on a byte.
	entryCost = 16
	// usualWidth is that of letters of which nothing is said.
	usualWidth = 500
)

// fontOf returns a font; an empty one where there is none.
func (p *pdf) fontOf(v any) (*font, error) {
	key, remembered := -1, false
	if r, ok := v.(ref); ok {
		key, remembered = int(r), true
	}
	if f := p.fonts[key]; remembered && f != nil {
		return f, nil
	}
	d := p.dict(v)
	f := &font{texts: map[int]string{}, widths: map[int]float64{}, missing: usualWidth}
	if remembered {
		p.fonts[key] = f
	}
	read := p.single
	if d["Subtype"] == any(name("Type0")) {
		read = p.composite
	}
	if err := read(f, d); err != nil {
		return nil, err
	}
	s, ok := p.of(d["ToUnicode"]).(stream)
	if !ok {
		return f, nil
	}
	data, err := p.decode(s)
	if err != nil {
		return nil, err
	}
	return f, p.unicodes(f, data)
}

// composite reads a font whose codes have two bytes.
func (p *pdf) composite(f *font, d dict) error {
	f.wide = true
	encoding, _ := p.of(d["Encoding"]).(name)
	f.utf16 = strings.Contains(string(encoding), "UCS2") || strings.Contains(string(encoding), "UTF16")
	below := p.array(d["DescendantFonts"])
	if len(below) == 0 {
		return nil
	}
	inner := p.dict(below[0])
	if f.missing = 1000; inner["DW"] != nil {
		f.missing = p.width(inner["DW"])
	}
	list := p.array(inner["W"])
	for i := 0; i+1 < len(list); {
		first := p.int(list[i])
		if each := p.array(list[i+1]); each != nil {
			if err := p.spend(entryCost * len(each)); err != nil {
				return err
			}
			for k, w := range each {
				f.widths[first+k] = p.width(w)
			}
			i += 2
			continue
		}
		if i+2 < len(list) {
			last, w := min(p.int(list[i+1]), first+maxRange), p.width(list[i+2])
			if err := p.spend(entryCost * max(0, last-first)); err != nil {
				return err
			}
			for code := first; code <= last && len(f.widths) < maxRange; code++ {
				f.widths[code] = w
			}
		}
		i += 3
	}
	return nil
}

func (p *pdf) width(v any) float64 { return min(max(0, p.float(v)), maxWidth) }

// single reads a font whose codes have one byte.
func (p *pdf) single(f *font, d dict) error {
	base := charmap.Windows1252
	encoding := p.of(d["Encoding"])
	if n, ok := encoding.(name); ok && n == "MacRomanEncoding" {
		base = charmap.Macintosh
	}
	differences := p.dict(encoding)
	if differences["BaseEncoding"] == any(name("MacRomanEncoding")) {
		base = charmap.Macintosh
	}
	for i := range f.simple {
		f.simple[i] = string(base.DecodeByte(byte(i)))
	}
	code := 0
	names := p.array(differences["Differences"])
	if err := p.spend(entryCost * (len(names) + len(f.simple))); err != nil {
		return err
	}
	for _, v := range names {
		switch v := p.of(v).(type) {
		case float64:
			code = int(v)
		case name:
			if code >= 0 && code < len(f.simple) {
				if text := glyph(string(v)); text != "" {
					f.simple[code] = text
				}
			}
			code++
		}
	}
	first := p.int(d["FirstChar"])
	for i, w := range p.array(d["Widths"]) {
		if i >= 256 {
			break
		}
		f.widths[first+i] = p.width(w)
	}
	return nil
}

// unicodes reads the table that says what codes stand for.
func (p *pdf) unicodes(f *font, data []byte) error {
	return p.operators(&lexer{b: data}, maxMembers, func(w word, held []any) error {
		switch w {
		case "endbfchar":
			for i := 0; i+1 < len(held); i += 2 {
				f.letter(held[i], held[i+1])
			}
		case "endbfrange":
			for i := 0; i+2 < len(held); i += 3 {
				if err := p.span(f, held[i], held[i+1], held[i+2]); err != nil {
					return err
				}
			}
		case "endcodespacerange":
			if len(held) > 0 {
				code, _ := held[len(held)-1].([]byte)
				f.wide = len(code) > 1 || f.wide && len(code) != 1
			}
		}
		return nil
	})
}

func (f *font) letter(code, text any) {
	c, ok1 := code.([]byte)
	t, ok2 := text.([]byte)
	if ok1 && ok2 && len(f.texts) < maxRange {
		f.texts[number(c)] = fromUTF16(t)
	}
}

// span reads a range of codes, which stand for letters that follow each other, or for those of a list.
func (p *pdf) span(f *font, low, high, to any) error {
	from, ok1 := low.([]byte)
	end, ok2 := high.([]byte)
	if !ok1 || !ok2 {
		return nil
	}
	first, last := number(from), number(end)
	last = min(last, first+maxRange)
	if err := p.spend(entryCost * max(0, last-first)); err != nil {
		return err
	}
	switch to := to.(type) {
	case []any:
		for i, t := range to {
			if text, ok := t.([]byte); ok && first+i <= last {
				f.texts[first+i] = fromUTF16(text)
			}
		}
	case []byte:
		letters := []rune(fromUTF16(to))
		for code := first; code <= last && len(letters) > 0 && len(f.texts) < maxRange; code++ {
			f.texts[code] = string(letters)
			letters[len(letters)-1]++
		}
	}
	return nil
}

func number(b []byte) (n int) {
	for _, c := range b[:min(len(b), 4)] {
		n = n<<8 | int(c)
	}
	return n
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units))
}

// codes returns the codes of a string.
func (f *font) codes(s []byte) []int {
	out := make([]int, 0, len(s))
	if !f.wide {
		for _, c := range s {
			out = append(out, int(c))
		}
		return out
	}
	for i := 0; i+1 < len(s); i += 2 {
		out = append(out, int(s[i])<<8|int(s[i+1]))
	}
	return out
}

// text returns what a code stands for; "" where nobody knows.
func (f *font) text(code int) string {
	if t, ok := f.texts[code]; ok {
		return t
	}
	switch {
	case f.utf16:
		return string(utf16.Decode([]uint16{uint16(code)})) //nolint:gosec // codes have two bytes
	case !f.wide && code < len(f.simple):
		return f.simple[code]
	}
	return ""
}

func (f *font) widthOf(code int) float64 {
	if w, ok := f.widths[code]; ok {
		return w
	}
	return f.missing
}

// accents are the letters of which the names of glyphs are made: "eacute" is an e with an acute.
var accents = map[string]string{
	"acute": "\u0301", "grave": "\u0300", "circumflex": "\u0302", "dieresis": "\u0308", "tilde": "\u0303", "ring": "\u030a", "cedilla": "\u0327",
	"caron": "\u030c", "ogonek": "\u0328", "macron": "\u0304", "breve": "\u0306", "dotaccent": "\u0307", "hungarumlaut": "\u030b", "commaaccent": "\u0326",
}

// glyphs are the names that are not made of others.
var glyphs = map[string]string{
	"space": " ", "hyphen": "-", "minus": "-", "endash": "–", "emdash": "—", "period": ".", "comma": ",", "colon": ":", "semicolon": ";", "quoteright": "’",
	"quoteleft": "‘", "quotesingle": "'", "quotedbl": `"`, "quotedblleft": "“", "quotedblright": "”", "parenleft": "(", "parenright": ")", "slash": "/",
	"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "at": "@",
	"underscore": "_", "plus": "+", "equal": "=", "percent": "%", "ampersand": "&", "numbersign": "#", "asterisk": "*", "question": "?", "exclam": "!",
	"fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl", "f_i": "fi", "f_l": "fl", "f_f": "ff", "germandbls": "ß", "ae": "æ", "AE": "Æ",
	"oe": "œ", "OE": "Œ", "oslash": "ø", "Oslash": "Ø", "lslash": "ł", "Lslash": "Ł", "dotlessi": "ı", "eth": "ð", "Eth": "Ð", "thorn": "þ", "Thorn": "Þ",
	"dcroat": "đ", "Dcroat": "Đ", "Euro": "€", "sterling": "£", "section": "§", "bullet": "•", "ellipsis": "…", "degree": "°", "numero": "№",
	"guillemotleft": "«", "guillemotright": "»", "bracketleft": "[", "bracketright": "]", "copyright": "©", "registered": "®", "trademark": "™",
}

// glyph returns what a glyph of that name looks like; "" for one that nobody knows.
func glyph(name string) string {
	name, _, _ = strings.Cut(name, ".") // "a.sc" is a small capital
	if t := glyphs[name]; t != "" {
		return t
	}
	if len(name) < 2 {
		return name
	}
	for _, prefix := range []string{"uni", "u"} {
		if digits, ok := strings.CutPrefix(name, prefix); ok && len(digits) >= 4 {
			if r, err := strconv.ParseUint(digits[:min(len(digits), 6)], 16, 32); err == nil && r <= 0x10ffff {
				return string(rune(r))
			}
		}
	}
	if number, ok := strings.CutPrefix(name, "afii"); ok {
		return cyrillic(number)
	}
	if mark, ok := accents[name[1:]]; ok {
		return name[:1] + mark // the index takes accents off
	}
	return ""
}

// cyrillic returns the letter with a number of the Association for Font Information Interchange.
func cyrillic(number string) string {
	n, err := strconv.Atoi(number)
	r := rune(0)
	switch {
	case err != nil:
	case n >= 10017 && n <= 10022:
		r = 'А' + rune(n-10017)
	case n == 10023:
		r = 'Ё'
	case n >= 10024 && n <= 10049:
		r = 'Ж' + rune(n-10024)
	case n >= 10065 && n <= 10070:
		r = 'а' + rune(n-10065)
	case n == 10071:
		r = 'ё'
	case n >= 10072 && n <= 10097:
		r = 'ж' + rune(n-10072)
	case n == 61352:
		r = '№'
	}
	if r == 0 {
		return ""
	}
	return string(r)
}
