package agreement

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// Language is one in which the portal has a standard text.
type Language struct{ Code, Name string }

// Languages returns those in which the portal has a standard text, in the order in which they are offered.
func Languages() []Language { return slices.Clone(languages) }

func invalid(field, text string) error {
	return fault.New(fault.Invalid, "INVALID_AGREEMENT", text).At(field)
}

// clean puts w into the form in which it is stored. What does not belong to its kind is left out. Fault: INVALID_AGREEMENT at a field.
func (w *Words) clean() error {
	for _, c := range []struct {
		text  *string
		field string
		most  int
	}{
		{&w.Name, "name", MaxName},
		{&w.Label, "label", MaxLabel},
		{&w.Button, "button", MaxButton},
		{&w.Fields.Company, "company", MaxField},
		{&w.Fields.Address, "address", MaxField},
		{&w.Fields.Purposes, "purposes", MaxField},
		{&w.Fields.Parties, "parties", MaxField},
		{&w.Fields.Email, "email", MaxField},
	} {
		*c.text = strings.TrimSpace(strings.ReplaceAll(*c.text, "\r\n", "\n"))
		if !plain(*c.text, c.most) {
			return invalid(c.field, "Write at most "+strconv.Itoa(c.most)+" characters.")
		}
	}
	if w.Name == "" {
		return invalid("name", "Enter a name: it is how the agreement is found.")
	}
	if w.Language != "" && !slices.ContainsFunc(languages, func(l Language) bool { return l.Code == w.Language }) {
		return invalid("language", "Choose a language of the list.")
	}
	switch w.Kind {
	case Standard:
		return w.cleanStandard()
	case Custom:
		return w.cleanCustom()
	}
	return invalid("kind", "Choose a kind of the list.")
}

func (w *Words) cleanStandard() error {
	w.HTML = ""
	if w.Language == "" {
		w.Language = fallback
	}
	if w.Fields.Company == "" {
		return invalid("company", "Say who gets the consent.")
	}
	if w.Fields.Email == "" {
		return invalid("email", "Say where the consent can be withdrawn.")
	}
	if a, err := mail.ParseAddress(w.Fields.Email); err != nil || a.Address != w.Fields.Email {
		return invalid("email", "Enter an e-mail address.")
	}
	return nil
}

func (w *Words) cleanCustom() error {
	w.Fields = Fields{}
	if len(w.HTML) > MaxHTML {
		return invalid("html", "The text is longer than "+strconv.Itoa(MaxHTML)+" bytes.")
	}
	if !utf8.ValidString(w.HTML) || strings.ContainsRune(w.HTML, 0) {
		return invalid("html", "The text has bytes that are no characters.")
	}
	if w.HTML = Safe(w.HTML); w.HTML == "" {
		return invalid("html", "Write the text.")
	}
	if len(w.HTML) > MaxHTML {
		return invalid("html", "The text is longer than "+strconv.Itoa(MaxHTML)+" bytes.")
	}
	return nil
}

func plain(text string, most int) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0) && utf8.RuneCountInString(text) <= most
}

// version adds to v the words and what is shown of them.
func (w Words) version(v Version) Version {
	v.Words = w
	v.ShownLabel, v.ShownButton, v.Text = w.shown(w.Fields, w.Button)
	return v
}

// shown returns what people are shown, with fields and the caption of a button.
func (w Words) shown(f Fields, button string) (label, caption, text string) {
	p := phrasesIn(w.Language)
	if caption = button; caption == "" {
		caption = p.button
	}
	label, text = w.Label, w.HTML
	if w.Kind == Standard {
		text = p.text(f)
		if label == "" {
			label = strings.NewReplacer("{BUTTON}", caption, "{COMPANY}", f.Company).Replace(p.label)
		}
		return label, caption, text
	}
	if label == "" {
		label = strings.NewReplacer("{BUTTON}", caption, "{NAME}", w.Name).Replace(p.custom)
	}
	return label, caption, text
}

// Replaced returns the label and the text of the agreement with the fields that are not empty in the place of its own, and with the
// caption of a button where that is not empty. A custom agreement is as it is.
func (a Agreement) Replaced(f Fields, button string) (label, text string) {
	if a.Kind != Standard {
		return a.ShownLabel, a.Text
	}
	own := a.Fields
	for _, c := range []struct {
		to   *string
		from string
	}{{&own.Company, f.Company}, {&own.Address, f.Address}, {&own.Purposes, f.Purposes}, {&own.Parties, f.Parties}, {&own.Email, f.Email}} {
		if c.from != "" {
			*c.to = c.from
		}
	}
	if button == "" {
		button = a.Button
	}
	label, _, text = a.shown(own, button)
	return label, text
}

// Plain returns the text without marks, for places that show none.
func (v Version) Plain() string {
	if v.Kind == Custom {
		return strings.TrimSpace(letter.FromHTML(v.Text))
	}
	return v.Text
}

// Said returns what a client reads where there is nothing to press: what they agree to by writing, and where it can be read.
func (v Version) Said(url string) string {
	return strings.NewReplacer("{NAME}", v.Name, "{URL}", url).Replace(phrasesIn(v.Language).said)
}

// Preview returns what people would be shown of words, without storing them. Fault: INVALID_AGREEMENT at a field.
func Preview(w Words) (Version, error) {
	if err := w.clean(); err != nil {
		return Version{}, err
	}
	return w.version(Version{}), nil
}
