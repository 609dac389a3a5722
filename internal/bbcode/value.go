package bbcode

import (
	"strconv"
	"strings"
	"time"
)

// The sizes, in pixels, that [size=…] takes; a number outside is brought to the nearer end.
const (
	minSize = 8
	maxSize = 30
)

// The sizes, in pixels, of an icon: what it has where it names none, and the largest.
const (
	defaultIcon = 20
	maxIcon     = 100
)

// userRef is the value of [user=…].
type userRef struct {
	id      int64 // 0 where the value names nobody
	all     bool  // everyone in the chat
	replace bool  // show the person's name of today, not the label
}

func parseUser(arg string) userRef {
	who, rest, _ := strings.Cut(arg, " ")
	if strings.EqualFold(who, "all") {
		return userRef{all: true}
	}
	return userRef{id: parseID(who), replace: strings.EqualFold(strings.TrimSpace(rest), "replace")}
}

// parseChat returns the value of [chat=…], "12" or "imol|5"; "" for anything else.
func parseChat(arg string) string {
	id := arg
	if len(arg) > 5 && strings.EqualFold(arg[:5], "imol|") {
		id = arg[5:]
	}
	if parseID(id) == 0 {
		return ""
	}
	return strings.ToLower(arg)
}

// parseContext splits the value of [context=dialog/message].
func parseContext(arg string) (dialog string, message int64) {
	dialog, id, _ := strings.Cut(arg, "/")
	return dialog, parseID(id)
}

// parseSize returns the pixels of [size=…]; 0 for no number.
func parseSize(arg string) int {
	arg = strings.TrimSuffix(strings.ToLower(arg), "px")
	n, err := strconv.Atoi(arg)
	if err != nil {
		return 0
	}
	return min(max(n, minSize), maxSize)
}

// Color returns value as a colour of the form #rgb or #rrggbb in lower case; false where it is none.
func Color(value string) (string, bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	if len(value) != 4 && len(value) != 7 || value[0] != '#' {
		return "", false
	}
	for i := 1; i < len(value); i++ {
		if c := value[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", false
		}
	}
	return value, true
}

// phone returns arg where it can be dialled: digits, at least one, among + - ( ) * # . and blanks; "" otherwise.
func phone(arg string) string {
	arg = strings.TrimSpace(arg)
	digits := 0
	for i := range len(arg) {
		switch c := arg[i]; {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte("+-()*#. ", c) < 0:
			return ""
		}
	}
	if digits == 0 || len(arg) > 40 {
		return ""
	}
	return arg
}

// icon is the value of [icon=URL size=20 title=smile].
type icon struct {
	url           string // "" where it is refused
	width, height int
	title         string
}

func parseIcon(arg string) icon {
	address, rest, _ := strings.Cut(arg, " ")
	ic := icon{width: defaultIcon, height: defaultIcon}
	ic.url, _ = SafeHTTP(unquote(address))
	for key, value := range attributes(rest) {
		n, _ := strconv.Atoi(value)
		n = min(n, maxIcon)
		switch {
		case key == "title":
			ic.title = value
		case n <= 0:
		case key == "size":
			ic.width, ic.height = n, n
		case key == "width":
			ic.width = n
		case key == "height":
			ic.height = n
		}
	}
	return ic
}

// attributes yields the key=value pairs of s, keys in lower case. A value runs to the next key, so it may hold blanks.
func attributes(s string) func(yield func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		key, value := "", ""
		for word := range strings.FieldsSeq(s) {
			k, v, found := strings.Cut(word, "=")
			if !found {
				value += " " + word
				continue
			}
			if key != "" && !yield(key, unquote(value)) {
				return
			}
			key, value = strings.ToLower(k), v
		}
		if key != "" {
			yield(key, unquote(value))
		}
	}
}

// imageSize returns the size of [img size=…]: "small", "medium" or "large"; "" for anything else.
func imageSize(arg string) string {
	for key, value := range attributes(arg) {
		switch value = strings.ToLower(value); {
		case key != "size":
		case value == "small", value == "medium", value == "large":
			return value
		}
	}
	return ""
}

// layouts are the formats that [timestamp=…] names, as the time package writes them.
var layouts = map[string]string{
	"SHORT_TIME_FORMAT":              "15:04",
	"LONG_TIME_FORMAT":               "15:04:05",
	"SHORT_DATE_FORMAT":              "02.01.2006",
	"MEDIUM_DATE_FORMAT":             "2 Jan 2006",
	"LONG_DATE_FORMAT":               "2 January 2006",
	"FULL_DATE_FORMAT":               "Monday, 2 January 2006",
	"DAY_MONTH_FORMAT":               "2 January",
	"DAY_SHORT_MONTH_FORMAT":         "2 Jan",
	"DAY_OF_WEEK_MONTH_FORMAT":       "Monday, 2 January",
	"SHORT_DAY_OF_WEEK_MONTH_FORMAT": "Mon, 2 January",
}

// fullLayout is the format of a timestamp that names none, or none that is known.
const fullLayout = "02.01.2006 15:04"

// lastSecond is the last moment of the year 9999, after which a date is not written with four digits.
const lastSecond = 253402300799

// parseTime returns the value of [timestamp=UNIX format=FORMAT] in loc, as it is shown; false where it is no time.
func parseTime(arg string, loc *time.Location) (t time.Time, shown string, ok bool) {
	seconds, rest, _ := strings.Cut(arg, " ")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > lastSecond {
		return time.Time{}, "", false
	}
	if loc == nil {
		loc = time.UTC
	}
	layout := fullLayout
	for key, value := range attributes(rest) {
		if l, known := layouts[strings.ToUpper(value)]; known && key == "format" {
			layout = l
		}
	}
	t = time.Unix(n, 0).In(loc)
	return t, t.Format(layout), true
}
