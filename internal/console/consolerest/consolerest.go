// Package consolerest tells the log of requests what package rest answered.
package consolerest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Recorder notes every call in the log of requests.
type Recorder struct{ log *console.Service }

var _ rest.Recorder = Recorder{}

// NewRecorder returns a recorder that notes calls in log.
func NewRecorder(log *console.Service) Recorder { return Recorder{log} }

// kinds are the kinds of authorization.
var kinds = map[rest.AuthKind]console.Kind{
	rest.ByToken: console.ByToken, rest.ByWebhook: console.ByWebhook, rest.BySession: console.BySession,
}

// prefixV3 sets the methods of REST 3.0 apart from those of the same name beside them, as their address does.
const prefixV3 = "api/"

// Record notes one call.
func (r Recorder) Record(rec rest.Record) {
	c := rec.Call
	n := console.NewCall{
		Call: console.Call{
			RequestID: rec.RequestID, Command: rec.Command, Trace: rec.Trace, Verb: rec.Verb, Agent: rec.Agent, Name: rec.Name,
			Kind: kinds[c.Kind], AppID: c.AppID, WebhookID: c.WebhookID, UserID: c.UserID, Remote: c.Remote, Start: c.Start,
			Took: max(rec.Finish.Sub(c.Start), 0), Status: rec.Status, Scope: scopeOf(rec),
			Warnings: strings.Join(rec.Warnings, "\n"),
		},
		Answer: rec.Answer,
	}
	if c.Params.Len() > 0 {
		n.Params = phpform.AppendJSON(nil, c.Params)
	}
	if c.Method != nil {
		n.Method = c.Method.Name
	}
	if c.V3 {
		n.Name = prefixV3 + n.Name
		if n.Method != "" {
			n.Method = prefixV3 + n.Method
		}
	}
	if rec.Fault != nil {
		n.Error = rec.Fault.Code
	}
	r.log.Note(context.Background(), n, rec.Finish)
}

// scopeOf returns what the check of the permission said: it is the first that is made once it is known who calls.
func scopeOf(rec rest.Record) console.Scope {
	switch {
	case rec.Call.Kind == 0 || rec.Call.Method == nil:
		return console.Unchecked
	case rec.Fault != nil && (rec.Fault.Code == rest.ErrScope.Code || rec.Fault.Code == dto.CodeScope):
		return console.Refused
	}
	return console.Granted
}
