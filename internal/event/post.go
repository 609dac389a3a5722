package event

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// answerTimeout is how long a handler may take, from the connection to the end of its answer.
	answerTimeout = 30 * time.Second
	// maxAnswer is how much of an answer is read; of more the connection is closed.
	maxAnswer = 64 << 10
	// keptAnswer is how much of an answer, and of its headers, is kept for the people who look for what went wrong.
	keptAnswer = 4 << 10
)

// answer is what a handler said.
type answer struct {
	status  int    // 0 when there was none
	headers string // "Name: value" in lines
	text    string // the beginning of the body
	problem string // why there is no whole answer; empty when there is one
}

// ok reports whether the handler took the event.
func (a answer) ok() bool { return a.problem == "" && a.status >= 200 && a.status < 300 }

// brief is what a list shows of an answer.
func (a answer) brief() string {
	const most = 300
	if a.problem != "" {
		return keep([]byte(a.problem), most)
	}
	return keep([]byte(a.text), most)
}

// outgoing is one request to a handler.
type outgoing struct {
	url     string
	headers [][2]string
	body    []byte
}

// request returns what is posted to a handler at a moment. The signature, where the handler's owner has a key, covers what
// is sent at that moment: a repeated attempt has a new one.
func (d *Dispatcher) request(l *lane, m *message, now time.Time) outgoing {
	out := outgoing{url: l.url, body: m.form(now)}
	out.headers = [][2]string{
		{"Content-Type", "application/x-www-form-urlencoded"},
		{"User-Agent", "Portico"},
		{DeliveryHeader, strconv.FormatInt(m.id, 10)},
		{AttemptHeader, strconv.FormatInt(m.attempts+1, 10)},
		{TimestampHeader, strconv.FormatInt(now.Unix(), 10)},
	}
	if len(m.keys) > 0 {
		signatures := make([]string, len(m.keys))
		for i, key := range m.keys {
			signatures[i] = Signature(key, now, out.body)
		}
		out.headers = append(out.headers, [2]string{SignatureHeader, strings.Join(signatures, ",")})
	}
	return out
}

// text writes the request line and the headers, as they are kept.
func (o outgoing) text() string {
	var b strings.Builder
	b.WriteString("POST " + o.url)
	for _, h := range o.headers {
		b.WriteString("\n" + h[0] + ": " + h[1])
	}
	return b.String()
}

func (d *Dispatcher) post(appID int64, o outgoing) answer {
	ctx, cancel := context.WithTimeout(d.ctx, answerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(o.body))
	if err != nil {
		return answer{problem: err.Error()}
	}
	for _, h := range o.headers {
		req.Header.Set(h[0], h[1])
	}
	client, err := d.clientOf(ctx, appID)
	if err != nil {
		return answer{problem: err.Error()}
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{problem: err.Error()}
	}
	defer func() { _ = res.Body.Close() }()
	out := answer{status: res.StatusCode, headers: headerText(res.Header)}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		out.problem = "the answer broke off: " + err.Error()
	}
	out.text = keep(text, keptAnswer)
	return out
}

// headerText writes the headers of an answer in the order of their names. Cookies are credentials of somebody.
func headerText(h http.Header) string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		for _, v := range h[name] {
			if name == "Set-Cookie" {
				cookie, _, _ := strings.Cut(v, "=")
				v = cookie + "=…"
			}
			if b.Len() > keptAnswer {
				break
			}
			b.WriteString(name + ": " + v + "\n")
		}
	}
	return keep([]byte(strings.TrimSuffix(b.String(), "\n")), keptAnswer)
}

// keep makes text of the beginning of an answer, whatever it holds.
func keep(raw []byte, most int) string {
	s := strings.ToValidUTF8(string(raw[:min(len(raw), most)]), "�")
	return strings.ReplaceAll(s, "\x00", "�")
}

// clientOf returns the client for an application.
func (d *Dispatcher) clientOf(ctx context.Context, appID int64) (*http.Client, error) {
	if d.client != nil {
		return d.client, nil
	}
	return d.clients.client(ctx, appID)
}
