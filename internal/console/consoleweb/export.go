package consoleweb

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// exportStep is how many calls of an export are read at a time.
const exportStep = 500

var errFormat = fault.New(fault.Invalid, "UNKNOWN_FORMAT", "Calls are exported as jsonl or har.").At("format")

// export streams the calls that the filter describes, the newest first.
func (h pages) export(ctx context.Context, r *web.Request) (web.Result, error) {
	f, errs := readForm(r).filter(r.Viewer.Zone())
	for field, text := range errs {
		return nil, fault.New(fault.Invalid, "INVALID_FIELD", text).At(field)
	}
	name := "calls-" + r.Now.In(r.Viewer.Zone()).Format("20060102-150405")
	who := r.Viewer.Ref()
	switch r.URL.Query().Get("format") {
	case "jsonl":
		return web.Download{Name: name + ".jsonl", Type: "application/x-ndjson", Write: func(w io.Writer) error {
			return h.writeJSONL(ctx, w, who, f)
		}}, nil
	case "har":
		return web.Download{Name: name + ".har", Type: "application/json", Write: func(w io.Writer) error {
			return h.writeHAR(ctx, w, who, f)
		}}, nil
	}
	return nil, errFormat
}

// each calls do with every call that f describes, the newest first.
func (h pages) each(ctx context.Context, who user.Ref, f console.Filter, do func(console.Call) error) error {
	for {
		calls, err := h.Log.Calls(ctx, who, f, exportStep)
		if err != nil {
			return err
		}
		for _, c := range calls {
			if err := do(c); err != nil {
				return err
			}
		}
		if len(calls) < exportStep {
			return nil
		}
		f.Before = calls[len(calls)-1].ID
	}
}

// exported is a call as a line of JSON.
type exported struct {
	ID        string          `json:"id"`
	Start     time.Time       `json:"start"`
	MS        float64         `json:"ms"`
	RequestID string          `json:"request_id"`
	Trace     string          `json:"client_request_id,omitempty"`
	Command   string          `json:"batch_command,omitempty"`
	Method    string          `json:"method"`
	Known     string          `json:"known_method,omitempty"`
	Kind      string          `json:"authorization"`
	AppID     int64           `json:"app_id,omitempty"`
	WebhookID int64           `json:"webhook_id,omitempty"`
	UserID    int64           `json:"user_id,omitempty"`
	Remote    string          `json:"remote,omitempty"`
	Agent     string          `json:"user_agent,omitempty"`
	Status    int             `json:"status"`
	Error     string          `json:"error,omitempty"`
	Scope     string          `json:"scope"`
	Params    json.RawMessage `json:"params,omitempty"`
	Answer    json.RawMessage `json:"answer,omitempty"`
	Cut       bool            `json:"cut,omitempty"`
	Warnings  []string        `json:"warnings,omitempty"`
}

var (
	kindCodes  = map[console.Kind]string{console.Nobody: "none", console.ByToken: "token", console.ByWebhook: "webhook", console.BySession: "session"}
	scopeCodes = map[console.Scope]string{console.Unchecked: "unchecked", console.Granted: "granted", console.Refused: "refused"}
)

func export(c console.Call) exported {
	return exported{
		ID: c.IDText(), Start: c.Start.UTC(), MS: ms(c.Took), RequestID: c.RequestID, Trace: c.Trace, Command: c.Command, Method: c.Name,
		Known: c.Method, Kind: kindCodes[c.Kind], AppID: c.AppID, WebhookID: c.WebhookID, UserID: c.UserID, Remote: c.Remote, Agent: c.Agent,
		Status: c.Status, Error: c.Error, Scope: scopeCodes[c.Scope], Params: rawJSON(c.Params), Answer: rawJSON(c.Answer),
		Cut:      c.ParamsSize > int64(len(c.Params)) || c.AnswerSize > int64(len(c.Answer)),
		Warnings: c.WarningLines(),
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// rawJSON returns text as JSON: as it is, or as a string where it was cut.
func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	b, _ := json.Marshal(text) // a string: cannot fail
	return b
}

func (h pages) writeJSONL(ctx context.Context, w io.Writer, who user.Ref, f console.Filter) error {
	b := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := h.each(ctx, who, f, func(c console.Call) error { return e.Encode(export(c)) }); err != nil {
		return err
	}
	return b.Flush()
}

// The form of HAR 1.2, as far as it says something of a call.
type (
	harEntry struct {
		Started  time.Time      `json:"startedDateTime"`
		Time     float64        `json:"time"`
		Request  harRequest     `json:"request"`
		Response harResponse    `json:"response"`
		Cache    struct{}       `json:"cache"`
		Timings  map[string]any `json:"timings"`
		Server   string         `json:"serverIPAddress,omitempty"`
		Comment  string         `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string      `json:"method"`
		URL         string      `json:"url"`
		HTTPVersion string      `json:"httpVersion"`
		Cookies     []harPair   `json:"cookies"`
		Headers     []harPair   `json:"headers"`
		Query       []harPair   `json:"queryString"`
		PostData    *harContent `json:"postData,omitempty"`
		HeadersSize int64       `json:"headersSize"`
		BodySize    int64       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int64      `json:"headersSize"`
		BodySize    int64      `json:"bodySize"`
	}
	harPair    struct{ Name, Value string }
	harContent struct {
		Size     int64  `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
)

// MarshalJSON writes the names of HAR.
func (p harPair) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"name": p.Name, "value": p.Value})
}

// har makes an entry of a call. The parameters stand as JSON, in whichever form they came.
func (h pages) har(c console.Call) harEntry {
	e := harEntry{Started: c.Start.UTC(), Time: ms(c.Took), Timings: map[string]any{"send": 0, "wait": ms(c.Took), "receive": 0}}
	e.Request = harRequest{
		Method: c.Verb, URL: h.Endpoint() + c.Name, HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Query: []harPair{}, HeadersSize: -1,
		Headers: []harPair{}, BodySize: c.ParamsSize,
	}
	if c.Verb == "" {
		e.Request.Method = http.MethodPost
	}
	if c.Agent != "" {
		e.Request.Headers = append(e.Request.Headers, harPair{"User-Agent", c.Agent})
	}
	if c.Params != "" {
		e.Request.PostData = &harContent{Size: c.ParamsSize, MimeType: "application/json", Text: c.Params}
	}
	e.Response = harResponse{
		Status: c.Status, StatusText: http.StatusText(c.Status), HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, HeadersSize: -1,
		Headers: []harPair{{"X-Request-Id", c.RequestID}}, BodySize: c.AnswerSize,
		Content: harContent{c.AnswerSize, "application/json", c.Answer},
	}
	if c.InBatch() {
		e.Comment = "Call " + c.Command + " of a batch"
	}
	return e
}

func (h pages) writeHAR(ctx context.Context, w io.Writer, who user.Ref, f console.Filter) error {
	b := bufio.NewWriterSize(w, 64<<10)
	_, _ = b.WriteString(`{"log":{"version":"1.2","creator":{"name":"Portico","version":"1"},"entries":[`) // an error stays in b
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	first := true
	err := h.each(ctx, who, f, func(c console.Call) error {
		if !first {
			_ = b.WriteByte(',')
		}
		first = false
		return e.Encode(h.har(c))
	})
	if err != nil {
		return err
	}
	_, _ = b.WriteString("]}}\n")
	return b.Flush()
}
