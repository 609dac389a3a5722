package setting

import (
	"strings"
	"unicode"

	"github.com/portico-hq/portico/internal/fault"
)

// General is what the portal says of itself.
type General struct {
	Name string `json:"name"` // shown in titles and on the sign-in page; empty is the program's name
}

// maxName is the longest name of a portal, in characters.
const maxName = 100

// GeneralKey is the setting.
var GeneralKey = Key[General]{Name: "portal.general", Check: func(g General) error {
	bad := func(text string) error { return fault.New(fault.Invalid, "INVALID_NAME", text).At("name") }
	switch {
	case len([]rune(g.Name)) > maxName:
		return bad("The name is longer than 100 characters.")
	case strings.ContainsFunc(g.Name, unicode.IsControl):
		return bad("The name contains characters that cannot be shown.")
	case g.Name != strings.TrimSpace(g.Name):
		return bad("The name begins or ends with a space.")
	}
	return nil
}}

// API is how the REST API treats its callers.
type API struct {
	// Burst and PerSecond are the limit on requests of the documented cloud: a count for each source address that falls by
	// PerSecond each second and may rise past Burst. A Burst of 0 is no limit.
	Burst     int64 `json:"burst"`
	PerSecond int64 `json:"per_second"`
	// OperatingSeconds is the limit on the time that an application or webhook spends in a method within ten minutes; 0 is
	// none.
	OperatingSeconds int64 `json:"operating_seconds"`
	// Lenient lets inbound webhooks call methods that the documentation keeps for applications, where these do not need one.
	Lenient bool `json:"lenient"`
	// Warnings has answers tell in which respects a call departs from the documentation.
	Warnings bool `json:"warnings"`
	// Unprotected turns off the bounds that protect the server itself, for measurements.
	Unprotected bool `json:"unprotected"`
}

// The largest limits.
const (
	MaxBurst     = 1_000_000
	MaxPerSecond = 100_000
	MaxOperating = 86_400
)

// APIKey is the setting.
var APIKey = Key[API]{Name: "portal.api", Check: API.check}

func (a API) check() error {
	bad := func(field, format string, args ...any) error {
		return fault.Newf(fault.Invalid, "INVALID_LIMIT", format, args...).At(field)
	}
	switch {
	case a.Burst < 0 || a.Burst > MaxBurst:
		return bad("burst", "Enter 1 to %d requests, or 0 for no limit.", MaxBurst)
	case a.Burst > 0 && (a.PerSecond < 1 || a.PerSecond > MaxPerSecond):
		return bad("per_second", "Enter 1 to %d requests a second.", MaxPerSecond)
	case a.Burst == 0 && a.PerSecond != 0:
		return bad("per_second", "Without a limit on requests there is nothing that falls: enter 0.")
	case a.OperatingSeconds < 0 || a.OperatingSeconds > MaxOperating:
		return bad("operating_seconds", "Enter 1 to %d seconds, or 0 for no limit.", MaxOperating)
	}
	return nil
}
