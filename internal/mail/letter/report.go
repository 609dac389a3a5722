package letter

import (
	"io"
	"strings"
)

// report is what a mail server says of a mail (RFC 3464).
type report struct {
	actions, failures int
	why               string // of the first recipient whom it could not be delivered to
}

// failed reports whether a mail came back. One that is late, or has arrived, did not; a server that says no action tells of a failure.
func (r *report) failed() bool { return r.actions == 0 || r.failures > 0 }

// fields are those of a group, by their names in small letters.
type fields map[string]string

// groups reads fields in groups that empty lines part. A line that begins with a space goes on with that before it.
func groups(r io.Reader) (out []fields) {
	raw, _ := io.ReadAll(io.LimitReader(r, maxText))
	now, last := fields{}, ""
	for line := range strings.Lines(toUTF8(raw)) {
		line = strings.TrimRight(line, "\r\n")
		key, value, ok := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			if len(now) > 0 {
				out, now, last = append(out, now), fields{}, ""
			}
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				now[last] += " " + strings.TrimSpace(line)
			}
		case ok:
			last = strings.ToLower(strings.TrimSpace(key))
			now[last] = strings.TrimSpace(value)
		}
	}
	if len(now) > 0 {
		out = append(out, now)
	}
	return out
}

// read reads a part of the type message/delivery-status: a group of the mail itself, and one for each recipient.
func (r *report) read(body io.Reader) {
	for _, g := range groups(body) {
		action, said := g["action"]
		if !said {
			continue
		}
		r.actions++
		if !strings.EqualFold(action, "failed") {
			continue
		}
		r.failures++
		if r.why == "" {
			r.why = reason(g["status"], g["diagnostic-code"])
		}
	}
}

// returned returns the ids of the mail whose header a report holds.
func returned(body io.Reader) []string {
	all := groups(body)
	if len(all) == 0 {
		return nil
	}
	return idsOf(all[0]["message-id"])
}

// reason says why a mail could not be delivered: what the status means (RFC 3463), and what the server of the recipient said.
func reason(status, diagnostic string) string {
	if _, text, ok := strings.Cut(diagnostic, ";"); ok {
		diagnostic = text
	}
	diagnostic = cutTo(OneLine(diagnostic), maxSubject)
	status, _, _ = strings.Cut(status, " ") // a comment
	known := statuses[status]
	switch {
	case known != "" && diagnostic != "":
		return known + " (" + diagnostic + ")"
	case known != "":
		return known + " (" + status + ")"
	case diagnostic != "":
		return diagnostic
	case status != "":
		return "status " + cutTo(OneLine(status), 20)
	}
	return ""
}

// statuses are those of RFC 3463 that a person can do something about.
var statuses = map[string]string{
	"5.1.1": "there is no such address", "5.1.2": "there is no such domain", "5.1.3": "this is no address", "5.1.6": "the mailbox has moved, and nobody knows where",
	"5.1.10": "the domain takes no mail", "5.2.1": "the mailbox is switched off", "5.2.2": "the mailbox is full", "5.2.3": "the mail is too large for the mailbox",
	"5.3.4": "the mail is too large", "5.4.1": "the server of the recipient did not answer", "5.4.4": "there is no server for the domain", "5.4.7": "it could not be delivered in time",
	"4.4.7": "it could not be delivered in time", "5.7.1": "the server of the recipient does not take it", "5.7.26": "the sender's domain does not prove that the mail is its own",
}
