package userfield

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/phpform"
)

// UsualWidth is the width of an input, in characters, that stands for as much as there is room for.
const UsualWidth = 20

const maxWidth = 255

// bounds reads the least and the greatest value of numbers; 0 is none.
func (r *settingReader) bounds(t Type) {
	exact := Field{Type: t, Settings: phpform.ArrayOf(phpform.Entry{Key: "PRECISION", Value: phpform.IntOf(12)})}
	for _, name := range []string{"MIN_VALUE", "MAX_VALUE"} {
		number := "0"
		if raw := strings.TrimSpace(r.text(name)); raw != "" {
			var err error
			if number, err = exact.canonical(raw); err != nil {
				r.fail(name, "a value of the type "+string(t))
			}
		}
		r.set(name, phpform.NumberOf(number))
	}
}

// pattern reads the expression that texts have to match; none where it is empty.
func (r *settingReader) pattern() {
	raw := strings.TrimSpace(r.text("REGEXP"))
	if _, err := compile(raw); err != nil {
		r.fail("REGEXP", "a regular expression such as /^[A-Z]+$/i, without look-around and back references")
	}
	r.set("REGEXP", phpform.StringOf(raw))
}

// words reads the default of a text, which has to be a value of the field itself.
func (r *settingReader) words() phpform.Value {
	raw := r.text("DEFAULT_VALUE")
	if r.err == nil && raw != "" && (Field{Type: String, Settings: r.soFar()}).limit(raw) != nil {
		r.fail("DEFAULT_VALUE", "a value that the field takes")
	}
	return phpform.StringOf(raw)
}

// compile reads an expression between delimiters with flags behind, "/^a+$/i"; one without them is taken as it is.
func compile(text string) (*regexp.Regexp, error) {
	if text != "" && strings.IndexByte("/#~@!%", text[0]) >= 0 {
		end := strings.LastIndexByte(text, text[0])
		if flags := text[end+1:]; end > 0 && strings.Trim(flags, "imsu") == "" {
			inner := strings.ReplaceAll(text[1:end], "\\"+text[:1], text[:1])
			if flags = strings.ReplaceAll(flags, "u", ""); flags != "" { // texts are in UTF-8 anyway
				inner = "(?" + flags + ")" + inner
			}
			return regexp.Compile(inner)
		}
	}
	return regexp.Compile(text)
}

// setting returns a setting as text; "" where the field has none of the name.
func (f Field) setting(name string) string {
	v, _ := f.Settings.Get(name)
	return v.Text()
}

// limit makes sure that a value in the one form of its type is within what the settings of the field allow.
func (f Field) limit(value string) error {
	switch {
	case value == "":
		return nil
	case f.Type == String:
		return f.fits(value)
	case f.Type == Integer, f.Type == Double:
		n, _ := strconv.ParseFloat(value, 64)
		return f.within(n)
	}
	return nil
}

// fits makes sure that a text is as long as it may be and of the form that is asked for.
func (f Field) fits(value string) error {
	n := int64(utf8.RuneCountInString(value))
	if least, _ := strconv.ParseInt(f.setting("MIN_LENGTH"), 10, 64); n < least {
		return f.wrong("write at least " + strconv.FormatInt(least, 10) + " characters.")
	}
	if most, _ := strconv.ParseInt(f.setting("MAX_LENGTH"), 10, 64); most > 0 && n > most {
		return f.wrong("write at most " + strconv.FormatInt(most, 10) + " characters.")
	}
	if pattern := f.setting("REGEXP"); pattern != "" {
		if re, err := compile(pattern); err == nil && !re.MatchString(value) {
			return f.wrong("this is not of the form that the field asks for.")
		}
	}
	return nil
}

// within makes sure that a number is between the least and the greatest, where they are not 0.
func (f Field) within(n float64) error {
	if least, _ := strconv.ParseFloat(f.setting("MIN_VALUE"), 64); least != 0 && n < least {
		return f.wrong("the least is " + f.setting("MIN_VALUE") + ".")
	}
	if most, _ := strconv.ParseFloat(f.setting("MAX_VALUE"), 64); most != 0 && n > most {
		return f.wrong("the greatest is " + f.setting("MAX_VALUE") + ".")
	}
	return nil
}
