package placement

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// optionKind says which values an option takes.
type optionKind uint8

const (
	text    optionKind = iota // any text
	address                   // an http or https address
	yesNo                     // Y or N
	role                      // USER or ADMIN
	chats                     // ALL, or kinds of chats separated by semicolons
	icon                      // a Font Awesome name
	colour                    // a name of the messenger's palette
	percent                   // a whole number from 0
)

// Option is something that placement.bind keeps of OPTIONS for a place. What it does not know it does not keep.
type Option struct {
	Name     string
	Kind     optionKind
	Default  string
	Required bool
}

// The longest texts of options, in characters.
const (
	maxOption = 1000
	maxIcon   = 50
)

func activityOptions() []Option {
	return []Option{
		{Name: "useBuiltInInterface", Kind: yesNo, Default: "N"},
		{Name: "newUserNotificationTitle", Kind: text},
		{Name: "newUserNotificationText", Kind: text},
	}
}

func chatOptions() []Option {
	return []Option{
		{Name: "extranet", Kind: yesNo, Default: "N"},
		{Name: "context", Kind: chats, Default: "ALL"},
		{Name: "role", Kind: role, Default: "USER"},
	}
}

func navigationOptions() []Option {
	return []Option{
		{Name: "iconName", Kind: icon, Required: true},
		{Name: "extranet", Kind: yesNo, Default: "N"},
		{Name: "role", Kind: role, Default: "USER"},
	}
}

func sidebarOptions() []Option {
	return append([]Option{{Name: "iconName", Kind: icon, Required: true}}, append(chatOptions(), Option{Name: "color", Kind: colour})...)
}

func composerOptions() []Option {
	return append(sidebarOptions(), Option{Name: "width", Kind: percent, Default: "100"}, Option{Name: "height", Kind: percent, Default: "100"})
}

// Options are what an application said about how its handler shows, by the names of the place's options. They have the
// order of these.
type Options struct{ value phpform.Value }

// Value returns the options as the wire shows them: an empty list where there are none.
func (o Options) Value() phpform.Value {
	if o.value.Len() == 0 {
		return phpform.ListOf()
	}
	return o.value
}

// Get returns an option; "" where it was not given.
func (o Options) Get(name string) string {
	v, _ := o.value.Get(name)
	return v.Text()
}

// The faults of options. Pages: api-reference/widgets/mobile-app.md, api-reference/widgets/universal/background-worker.md.
var (
	errErrorHandler = fault.New(fault.Invalid, "EMPTY_ERROR_HANDLER_URL",
		"OPTIONS[errorHandlerUrl] must name the address that hears of the handler's removal")
	errContext  = fault.New(fault.Invalid, "INVALID_ERROR_CONTEXT", "OPTIONS[context] must be ALL, or USER, CHAT, LINES and CRM separated by ;")
	errExtranet = fault.New(fault.Invalid, "INVALID_ERROR_EXTRANET", "OPTIONS[extranet] must be Y or N")
	errRole     = fault.New(fault.Invalid, "INVALID_ERROR_ROLE", "OPTIONS[role] must be USER or ADMIN")
)

// keep returns what the place keeps of given, with its defaults.
func (p Place) keep(given phpform.Value) (Options, error) {
	b := &phpform.Builder{}
	for _, o := range p.Options {
		v, _ := given.GetFold(o.Name)
		if v.IsArray() && v.Len() > 0 {
			return Options{}, fault.Argument(o.Name, "OPTIONS["+o.Name+"] must be a single value")
		}
		kept, err := o.check(strings.TrimSpace(v.Text()))
		if err != nil {
			return Options{}, err
		}
		if kept != "" {
			b.Set(o.Name, phpform.StringOf(kept))
		}
	}
	return Options{b.Value()}, nil
}

// check returns the value that is kept for v.
func (o Option) check(v string) (string, error) {
	switch {
	case v == "" && o.Required && o.Kind == address:
		return "", errErrorHandler
	case v == "" && o.Required:
		return "", fault.Argument(o.Name, "Argument '"+o.Name+"' is null or empty")
	case v == "":
		return o.Default, nil
	case utf8.RuneCountInString(v) > maxOption:
		return "", fault.Argument(o.Name, "OPTIONS["+o.Name+"] must not be longer than "+strconv.Itoa(maxOption)+" characters")
	}
	switch o.Kind {
	case address:
		return v, checkURL(v)
	case yesNo:
		return o.yesNo(v)
	case role:
		return oneOf(v, errRole, "USER", "ADMIN")
	case chats:
		return chatKinds(v)
	case icon:
		return v, checkIcon(o.Name, v)
	case colour:
		return oneOf(v, fault.Argument(o.Name, "OPTIONS["+o.Name+"] must be one of "+strings.Join(colours, ", ")), colours...)
	case percent:
		if n, err := strconv.ParseInt(v, 10, 32); err != nil || n < 0 {
			return "", fault.Argument(o.Name, "OPTIONS["+o.Name+"] must be a whole number, 0 or more")
		}
	}
	return v, nil
}

func (o Option) yesNo(v string) (string, error) {
	switch strings.ToUpper(v) {
	case "Y", "1", "TRUE":
		return "Y", nil
	case "N", "0", "FALSE":
		return "N", nil
	}
	if o.Name == "extranet" {
		return "", errExtranet
	}
	return "", fault.Argument(o.Name, "OPTIONS["+o.Name+"] must be Y or N")
}

func oneOf(v string, wrong *fault.Fault, values ...string) (string, error) {
	v = strings.ToUpper(v)
	if !slices.Contains(values, v) {
		return "", wrong
	}
	return v, nil
}

// colours are the names of the messenger's palette.
var colours = []string{
	"RED", "GREEN", "MINT", "LIGHT_BLUE", "DARK_BLUE", "PURPLE", "AQUA", "PINK", "LIME", "BROWN", "AZURE", "KHAKI", "SAND",
	"ORANGE", "MARENGO", "GRAY", "GRAPHITE",
}

// ChatKind is a kind of chats in which a handler may show.
type ChatKind string

// The kinds of chats.
const (
	PrivateChat ChatKind = "USER"
	GroupChat   ChatKind = "CHAT"
	LinesChat   ChatKind = "LINES"
	CRMChat     ChatKind = "CRM"
)

const allChats = "ALL"

// chatKinds checks a list of kinds; ALL beside others is all.
func chatKinds(v string) (string, error) {
	var out []string
	for k := range strings.SplitSeq(strings.ToUpper(v), ";") {
		switch k = strings.TrimSpace(k); {
		case k == allChats:
			out = append(out, allChats)
		case slices.Contains([]ChatKind{PrivateChat, GroupChat, LinesChat, CRMChat}, ChatKind(k)):
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		case k != "":
			return "", errContext
		}
	}
	switch {
	case slices.Contains(out, allChats):
		return allChats, nil
	case out == nil:
		return "", errContext
	}
	return strings.Join(out, ";"), nil
}

// checkIcon takes names of letters, digits, spaces and dashes that hold a letter, a space or a dash, as the page of
// IM_TEXTAREA says of them.
func checkIcon(name, v string) error {
	known := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' || r == '-'
	}
	telling := func(r rune) bool { return known(r) && (r < '0' || r > '9') }
	if utf8.RuneCountInString(v) > maxIcon || strings.IndexFunc(v, func(r rune) bool { return !known(r) }) >= 0 ||
		!strings.ContainsFunc(v, telling) {
		return fault.Argument(name, "OPTIONS["+name+"] must be a name of Latin letters, digits, spaces and -, up to 50 characters")
	}
	return nil
}
