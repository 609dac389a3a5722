package rest

import (
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// WarningHeader tells a developer in which respects a call departs from the documentation, a header for each.
const WarningHeader = "X-Portico-Warning"

// maxWarnings bounds the headers of an answer.
const maxWarnings = 10

// Contract returns in words in which respects a call departs from the documentation of its method.
type Contract func(m *Method, kind AuthKind, params phpform.Value) []string

// WithContract makes a handler hold the calls against contract where its Policy says so.
func WithContract(contract Contract) HandlerOption {
	return func(h *Handler) { h.contract = contract }
}

// warn finds out in which respects the call departs from the documentation, and writes it into the header. Nobody but a caller who
// was recognised is told.
func (c *Call) warn(header http.Header) {
	c.hold()
	for _, text := range c.warnings {
		header.Add(WarningHeader, text)
	}
}

// hold holds the call against the documentation where the policy says so.
func (c *Call) hold() {
	h := c.handler
	if h.contract == nil || !c.policy.Warnings || c.Method == nil || c.Kind == 0 {
		return
	}
	warnings := h.contract(c.Method, c.Kind, c.Params)
	c.warnings = make([]string, min(len(warnings), maxWarnings))
	for i := range c.warnings {
		c.warnings[i] = printable(warnings[i])
	}
}

// printable returns text as a header can have it: the names in it are the caller's.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
