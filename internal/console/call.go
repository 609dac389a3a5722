package console

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is how a caller proved who they are.
type Kind int64

// The kinds of authorization.
const (
	Nobody    Kind = iota // not recognised, or refused before it was asked
	ByToken               // an access token of an application
	ByWebhook             // an inbound webhook
	BySession             // a page of the portal, such as the composer
)

// Scope is whether the caller had the permission that the method needs.
type Scope int64

// The results of the check of the permission.
const (
	Unchecked Scope = iota // the call was refused before
	Granted
	Refused
)

// Limits of what is kept of a call. They are in docs/limits.md.
const (
	KeptParams   = 16 << 10 // bytes of the parameters, as JSON
	KeptAnswer   = 16 << 10 // bytes of the answer, as JSON
	keptWarnings = 2000     // bytes of the warnings of a call
	keptText     = 200      // bytes of a name, an agent, an id that the client chose
)

// Call is one call of a method as it was answered.
type Call struct {
	ID        int64  // grows with the time
	RequestID string // as the client was told; the calls of a batch have that of their batch
	Command   string // the name of the call inside its batch; empty for a request
	Trace     string // the id that the client gave its request
	Verb      string // of HTTP; empty for a call that no request made
	Agent     string // the client's User-Agent
	Name      string // the method as the caller spelt it
	Method    string // the method as it is registered; empty where there is none
	Kind      Kind
	AppID     int64
	WebhookID int64
	UserID    int64
	Remote    string
	Start     time.Time
	Took      time.Duration
	Status    int
	Error     string // the code of the error; empty where there was none
	Scope     Scope
	Warnings  string // in which respects it departs from the documentation, one a line; see rest.WarningHeader

	// Params and Answer are JSON without secrets. Where the sizes, in bytes, are larger, something is missing.
	Params     string
	ParamsSize int64
	Masked     int64 // how many values of Params are hidden
	Answer     string
	AnswerSize int64
}

// WarningLines returns the warnings one by one.
func (c Call) WarningLines() []string {
	if c.Warnings == "" {
		return nil
	}
	return strings.Split(c.Warnings, "\n")
}

// Failed reports whether the call was answered with an error.
func (c Call) Failed() bool { return c.Error != "" }

// InBatch reports whether the call was one of a batch.
func (c Call) InBatch() bool { return c.Command != "" }

// At returns when the call was answered.
func (c Call) At() time.Time { return timeOf(c.ID) }

// Whole reports whether the parameters are kept as they were sent, so that the call can be made again.
func (c Call) Whole() bool { return c.Masked == 0 && c.ParamsSize <= int64(len(c.Params)) }

// NewCall is a call as it arrives: with its parameters and answer as they were.
type NewCall struct {
	Call

	Params, Answer []byte // as JSON, with secrets
}

// note makes of a call what is kept.
func (n NewCall) note() Call {
	c := n.Call
	for _, s := range [...]*string{&c.Trace, &c.Verb, &c.Agent, &c.Name, &c.Command, &c.Error, &c.Remote} {
		*s = clean([]byte((*s)[:min(len(*s), keptText)]))
	}
	params, answer := keep(n.Params, KeptParams), keep(n.Answer, KeptAnswer)
	c.Warnings = clean([]byte(c.Warnings[:min(len(c.Warnings), keptWarnings)]))
	c.Params, c.ParamsSize, c.Masked = params.text, params.size, params.masked
	c.Answer, c.AnswerSize = answer.text, answer.size
	return c
}

// SlowSteps are the times, in milliseconds, by which slow calls can be looked for.
var SlowSteps = []int64{100, 500, 1000, 5000}

// words returns what the call is found by: its marks, and the words of its texts.
func (c Call) words() []string {
	out := []string{
		"s=" + strconv.Itoa(c.Status/100), "k=" + strconv.FormatInt(int64(c.Kind), 10), "r=" + mark(c.RequestID), "i=" + mark(c.Remote),
	}
	add := func(key, value string) {
		if value != "" && value != "0" {
			out = append(out, key+"="+value)
		}
	}
	add("a", strconv.FormatInt(c.AppID, 10))
	add("w", strconv.FormatInt(c.WebhookID, 10))
	add("u", strconv.FormatInt(c.UserID, 10))
	add("r", mark(c.Trace))
	add("e", mark(c.Error))
	if c.Failed() {
		add("f", "1")
	}
	if c.Warnings != "" {
		add("d", "1")
	}
	for _, ms := range SlowSteps {
		if c.Took >= time.Duration(ms)*time.Millisecond {
			add("t", strconv.FormatInt(ms, 10))
		}
	}
	for _, m := range methodMarks(c.Name) {
		add("m", m)
	}
	add("o", madeID(c.Answer))
	out = append(out, textWords(c.Params, maxWords)...)
	out = append(out, textWords(withoutTime(c.Answer), maxWords)...)
	out = append(out, textWords(c.Warnings, maxWords)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// methodMarks returns what a method is found by: its name and each beginning of it that ends before a dot.
func methodMarks(name string) (out []string) {
	name = mark(name)
	for i, c := range name {
		if c == '.' && i > 0 {
			out = append(out, name[:i])
		}
	}
	return append(out, name)
}

// withoutTime takes the timing off an answer: it holds no word that anybody looks for.
func withoutTime(answer string) string {
	if i := strings.LastIndex(answer, `,"time":{"start":`); i >= 0 {
		return answer[:i]
	}
	return answer
}

// madeID returns the number that is the whole result, as the methods that add something answer.
func madeID(answer string) string {
	rest, ok := strings.CutPrefix(answer, `{"result":`)
	if !ok {
		return ""
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	if end == 0 || end > 18 || end < len(rest) && rest[end] != ',' && rest[end] != '}' {
		return ""
	}
	return rest[:end]
}

// IDText returns the id as text: it is larger than the numbers that JavaScript counts with.
func (c Call) IDText() string { return strconv.FormatInt(c.ID, 10) }

// MadeMessage returns the message that the call wrote; 0 where it wrote none.
func (c Call) MadeMessage() int64 {
	if c.Failed() || !strings.HasSuffix(c.Method, "message.add") {
		return 0
	}
	id, _ := strconv.ParseInt(madeID(c.Answer), 10, 64)
	return id
}
