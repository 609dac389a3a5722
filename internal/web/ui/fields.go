package ui

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// fieldArgs are the named arguments that every kind of field takes.
const fieldArgs = "help error placeholder required autofocus autocomplete suffix prefix inputmode min max maxlength disabled readonly rows type id class pattern step list label-hidden"

// fieldID makes an element's id of a field's name.
func fieldID(name string) string {
	clean := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}
	return "f-" + strings.Map(clean, name)
}

// inputAttrs are the arguments that become attributes as they are.
var inputAttrs = []string{"placeholder", "autocomplete", "inputmode", "min", "max", "maxlength", "rows", "pattern", "step", "list"}

func fieldData(component, label, name string, value any, kv []any) (map[string]any, error) {
	a, err := pairs(component, fieldArgs, kv)
	if err != nil {
		return nil, err
	}
	text := ""
	if value != nil {
		text = fmt.Sprint(value)
	}
	var attrs strings.Builder
	for _, n := range inputAttrs {
		if v := a.str(n, ""); v != "" {
			fmt.Fprintf(&attrs, ` %s="%s"`, n, template.HTMLEscapeString(v))
		}
	}
	for _, n := range []string{"required", "autofocus", "disabled", "readonly"} {
		if a.is(n) {
			attrs.WriteString(" " + n)
		}
	}
	return map[string]any{
		"Label": label, "Name": name, "Value": text, "ID": a.str("id", fieldID(name)),
		"Help": a.str("help", ""), "Error": a.str("error", ""), "Type": a.str("type", "text"),
		"Prefix": a.str("prefix", ""), "Suffix": a.str("suffix", ""), "Required": a.is("required"),
		"Class": a.str("class", ""), "LabelHidden": a.is("label-hidden"),
		"Attrs": template.HTMLAttr(attrs.String()), //nolint:gosec // names from our list, values escaped above
	}, nil
}

func field(label, name string, value any, kv ...any) (template.HTML, error) {
	d, err := fieldData("field", label, name, value, kv)
	if err != nil {
		return "", err
	}
	return render("field", d)
}

func textarea(label, name string, value any, kv ...any) (template.HTML, error) {
	d, err := fieldData("textarea", label, name, value, kv)
	if err != nil {
		return "", err
	}
	return render("textarea", d)
}

func selectField(label, name string, value any, options []Option, kv ...any) (template.HTML, error) {
	d, err := fieldData("select", label, name, value, kv)
	if err != nil {
		return "", err
	}
	d["Options"] = options
	return render("select", d)
}

func checkbox(label, name string, on bool, kv ...any) (template.HTML, error) {
	return check("checkbox", label, name, on, kv)
}

func switchField(label, name string, on bool, kv ...any) (template.HTML, error) {
	return check("switch", label, name, on, kv)
}

// Person is somebody who was chosen.
type Person struct {
	ID                  int64
	Name, Color, Avatar string
}

// people is a field for people, looked for by the module ui/people/people.js. Who was chosen is sent under the name, what was typed and
// not chosen as name_typed. With "one" there is one person.
func people(label, name string, chosen []Person, kv ...any) (template.HTML, error) {
	a, err := pairs("people", "help error required one typed", kv)
	if err != nil {
		return "", err
	}
	type chip struct {
		Person
		Picture template.HTML
	}
	chips := make([]chip, len(chosen))
	for i, p := range chosen {
		picture, err := Avatar(p.Name, p.Color, p.Avatar, 20)
		if err != nil {
			return "", err
		}
		chips[i] = chip{p, picture}
	}
	return render("people", map[string]any{
		"Label": label, "Name": name, "ID": fieldID(name + "_typed"), "People": chips, "One": a.is("one"), "Required": a.is("required"),
		"Typed": a.str("typed", ""), "Help": a.str("help", ""), "Error": a.str("error", ""),
	})
}

func check(kind, label, name string, on bool, kv []any) (template.HTML, error) {
	a, err := pairs(kind, "help error value disabled id", kv)
	if err != nil {
		return "", err
	}
	value := a.str("value", "1")
	return render("check", map[string]any{
		"Kind": kind, "Label": label, "Name": name, "On": on, "Value": value, "Help": a.str("help", ""),
		"Error": a.str("error", ""), "Disabled": a.is("disabled"), "ID": a.str("id", fieldID(name+"-"+value)),
	})
}

// luminance is the relative luminance of WCAG 2.
func luminance(r, g, b uint8) float64 {
	lin := func(c uint8) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}
