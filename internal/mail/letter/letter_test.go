package letter_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/mail/letter"
)

// crlf is a mail as servers keep it.
func crlf(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

func read(t *testing.T, raw []byte) letter.Mail {
	t.Helper()
	m, err := letter.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return m
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// TestAWrittenLetterIsReadAsItWas also writes names, subjects and file names with which somebody tries to add headers.
func TestAWrittenLetterIsReadAsItWas(t *testing.T) {
	t.Parallel()
	l := letter.Letter{
		From: letter.Address{Name: "Anna\r\nBcc: all@example.com", Email: "anna@example.com"}, To: letter.Address{Name: "Jörg Größe", Email: "joerg@example.org"},
		Subject: "Täglich\r\nX-Evil: 1\r\n\r\nbody", Text: "Hello\n.\nFrom here\n" + strings.Repeat("long ", 400), HTML: "<p>Hello</p>", ID: "abc@example.com", InReplyTo: "one@example.org",
		References: []string{"zero@example.org", "one@example.org"}, Date: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Unsubscribe: "https://example.com/u?a=b",
	}
	var b bytes.Buffer
	err := l.Write(&b, []letter.Attachment{
		{Name: "Übersicht\r\nX: 1.txt", Type: "text/plain", Body: strings.NewReader("one\ntwo")}, {Name: "a.bin", Body: bytes.NewReader([]byte{0, 1, 255})},
	})
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
	for _, evil := range []string{"\r\nBcc:", "\r\nX-Evil:", "\r\nX:"} {
		if strings.Contains(head, evil) {
			t.Errorf("the header has %q:\n%s", evil, head)
		}
	}
	if strings.Contains(head, "Auto-Submitted") || !strings.Contains(head, "List-Unsubscribe: <https://example.com/u?a=b>") || !strings.Contains(head, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
		t.Errorf("the header is\n%s", head)
	}
	for line := range strings.SplitSeq(b.String(), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
	m := read(t, b.Bytes())
	same(t, "from", m.From, letter.Address{Name: "Anna Bcc: all@example.com", Email: "anna@example.com"})
	same(t, "subject", m.Subject, "Täglich X-Evil: 1 body")
	same(t, "text", m.Text, strings.TrimSpace(l.Text))
	same(t, "ids", []any{m.ID, m.InReplyTo, m.References, m.Answers()}, []any{"abc@example.com", []string{"one@example.org"}, l.References, []string{"one@example.org", "one@example.org", "zero@example.org"}})
	same(t, "files", m.Files, []letter.File{{Name: "Übersicht X: 1.txt", Type: "text/plain", Content: []byte("one\ntwo")}, {Name: "a.bin", Type: "application/octet-stream", Content: []byte{0, 1, 255}}})
	if !m.Date.Equal(l.Date) {
		t.Errorf("the date is %v", m.Date)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	head := []string{"From: Anna <anna@example.com>", "To: support@example.org", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Message-ID: <1@example.com>"}
	with := func(more ...string) []byte { return crlf(slices.Concat(head, more)...) }
	for _, c := range []struct {
		name string
		raw  []byte
		text string
		left []string
		file []string
	}{
		{"no kind at all", with("", "Hello"), "Hello", nil, nil},
		{"latin letters without saying so", with("", "Gr\xfc\xdfe"), "Grüße", nil, nil},
		{"a charset that there is not", with("Content-Type: text/plain; charset=klingon", "", "Gr\xfc\xdfe"), "Grüße", nil, nil},
		{"a charset that is nonsense", with(`Content-Type: text/plain; charset="\"'; DROP"`, "", "Hello"), "Hello", nil, nil},
		{"Cyrillic", with("Content-Type: text/plain; charset=koi8-r", "", "\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет", nil, nil},
		{"UTF-16", with("Content-Type: text/plain; charset=utf-16le", "Content-Transfer-Encoding: base64", "", "SABpAA=="), "Hi", nil, nil},
		{"an encoding that there is not", with("Content-Type: text/plain", "Content-Transfer-Encoding: x-uuencode", "", "Hello"), "Hello", nil, nil},
		{"broken base64", with("Content-Type: text/plain", "Content-Transfer-Encoding: base64", "", "SGVsbG8!!!"), "Hel", []string{"a part of the text, which is broken"}, nil},
		{"control characters", with("", "He\x00l\x1blo\u202e there\u200b"), "Hello there", nil, nil},
		{"HTML alone", with("Content-Type: text/html", "", "<html><head><title>x</title><style>p{}</style></head><body><p>Hello&nbsp;<b>you</b></p><p>and <a href='https://example.com/a'>here</a></p></body></html>"), "Hello you\n\nand here (https://example.com/a)", nil, nil},
		{
			"both", with("Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/plain", "", "plain", "--b", "Content-Type: text/html", "", "<p>rich</p>", "--b--"),
			"plain", nil, nil,
		},
		{
			"an empty plain text", with("Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/plain", "", " ", "--b", "Content-Type: text/html", "", "<p>rich</p>", "--b--"),
			"rich", nil, nil,
		},
		{
			"a file between texts",
			with("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "above", "--b", "Content-Type: image/png; name=a.png", "Content-Transfer-Encoding: base64", "", "AAAA", "--b", "Content-Type: text/plain", "", "below", "--b--"),
			"above\n\nbelow", nil,
			[]string{"a.png image/png 3"},
		},
		{
			"names that lead out", with("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: application/zip", `Content-Disposition: attachment; filename="../../etc/passwd"`, "", "x",
				"--b", "Content-Type: application/zip", `Content-Disposition: attachment; filename="C:\\a\\b.zip"`, "", "x", "--b", "Content-Type: application/zip", `Content-Disposition: attachment; filename=".."`, "", "x", "--b--"),
			"", nil,
			[]string{"passwd application/zip 1", "b.zip application/zip 1", "file application/zip 1"},
		},
		{
			"a broken file",
			with("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "text", "--b", "Content-Type: image/png; name=a.png", "Content-Transfer-Encoding: base64", "", "A===A", "--b--"),
			"text",
			[]string{"the file a.png, which is broken"},
			nil,
		},
		{
			"no end", with("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "", "text"),
			"text",
			[]string{"a part of the text, which is broken", "the end of the mail, which is broken"},
			nil,
		},
		{
			"a mail within", with("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: message/rfc822", "", "From: x@example.com", "", "inner", "--b--"),
			"", nil,
			[]string{"mail.eml message/rfc822 28"},
		},
		{
			"signed", with("Content-Type: multipart/signed; boundary=b", "", "--b", "Content-Type: text/plain", "", "signed", "--b", "Content-Type: application/pgp-signature; name=s.asc", "", "-----", "--b--"),
			"signed", nil, nil,
		},
		{
			"the dot of a signature",
			with("Content-Type: multipart/related; boundary=b", "", "--b", "Content-Type: text/html", "", "<p>text<img src='cid:1'>", "--b", "Content-Type: image/gif", "Content-ID: <1>", "", "GIF", "--b--"),
			"text", nil, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := read(t, c.raw)
			same(t, "text", m.Text, c.text)
			same(t, "left", m.Left, c.left)
			var files []string
			for _, f := range m.Files {
				files = append(files, fmt.Sprintf("%s %s %d", f.Name, f.Type, len(f.Content)))
			}
			same(t, "files", files, c.file)
			same(t, "head", []string{m.Subject, m.ID, m.From.Email}, []string{"Grüße", "1@example.com", "anna@example.com"})
		})
	}
}

// TestAMailThatIsTooMuchIsBounded reads mails that were made to cost much.
func TestAMailThatIsTooMuchIsBounded(t *testing.T) {
	t.Parallel()
	many := append([]string{"From: anna@example.com"}, slices.Repeat([]string{"X-A: b"}, 10_000)...)
	same(t, "10,000 headers", read(t, crlf(append(many, "", "text")...)).Text, "text")
	if _, err := letter.Read(bytes.NewReader(crlf(append(slices.Repeat([]string{"X-A: " + strings.Repeat("b", 900)}, 1000), "", "text")...))); !errors.Is(err, letter.ErrHeader) {
		t.Errorf("a header of 900 KB: %v", err)
	}
	deep := []string{"From: anna@example.com"}
	for i := range 500 {
		deep = append(deep, fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d", i), "", fmt.Sprintf("--b%d", i))
	}
	m := read(t, crlf(append(deep, "Content-Type: text/plain", "", "deep inside")...))
	if m.Text != "" || len(m.Left) == 0 || len(m.Left) > letter.MaxFiles {
		t.Errorf("500 parts in each other: %q, %q", m.Text, m.Left)
	}
	wide := []string{"From: anna@example.com", "Content-Type: multipart/mixed; boundary=b", ""}
	for i := range 1000 {
		wide = append(wide, "--b", "Content-Type: application/zip; name="+strconv.Itoa(i)+".zip", "", "x")
	}
	if m = read(t, crlf(append(wide, "--b--")...)); len(m.Files) != letter.MaxFiles || len(m.Left) != letter.MaxFiles {
		t.Errorf("1,000 files: %d, and %d are said to be left", len(m.Files), len(m.Left))
	}
	if m = read(t, crlf("From: a@example.com", "", strings.Repeat("x", 3<<20))); len(m.Text) != 1<<20 || len(m.Left) != 1 {
		t.Errorf("3 MB of text: %d bytes, %q", len(m.Text), m.Left)
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]letter.Address{
		"From: Anna Weber <Anna@Example.COM>":                                 {Name: "Anna Weber", Email: "anna@example.com"},
		`From: "Weber, Anna" <anna@example.com>`:                              {Name: "Weber, Anna", Email: "anna@example.com"},
		"From: =?utf-8?b?SsO2cmc=?= <j@example.com>":                          {Name: "Jörg", Email: "j@example.com"},
		"From: Anna (at home) Weber [x] <anna@example.com>":                   {Name: "Anna (at home) Weber [x]", Email: "anna@example.com"},
		"From: anna@example.com":                                              {Email: "anna@example.com"},
		"From: \x01\x02 <evil\x00@example.com>":                               {},
		"From: <a@b@example.com>":                                             {},
		"From: nobody":                                                        {},
		"From: shop <noreply@shop.example>\r\nReply-To: Carl <c@example.com>": {Name: "Carl", Email: "c@example.com"},
		"From: Carl <c@example.com>\r\nReply-To: c@example.com":               {Name: "Carl", Email: "c@example.com"},
		"From: Carl <c@example.com>\r\nReply-To: nonsense":                    {Name: "Carl", Email: "c@example.com"},
		"From: \u202egnal <c@example.com>":                                    {Name: "gnal", Email: "c@example.com"},
		"From: " + strings.Repeat("x", 300) + "@example.com":                  {},
		"From: " + strings.Repeat("x", 300) + " <a@example.com>":              {Name: strings.Repeat("x", 200), Email: "a@example.com"},
		"From: a@example.com, b@example.com":                                  {Email: "a@example.com"},
	} {
		same(t, header, read(t, crlf(header, "", "x")).From, want)
	}
}

func TestAutomaticMailsAreKnown(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"X-A: b":                              "",
		"Auto-Submitted: no":                  "",
		"Auto-Submitted: auto-replied":        "an automatic answer",
		"Auto-Submitted: auto-generated; x=y": "an automatic answer",
		"Precedence: bulk":                    "a mailing",
		"Precedence: list":                    "a mail of a list",
		"Precedence: auto_reply":              "an automatic answer",
		"List-Id: <x.example.com>":            "a mail of a list",
		"List-Unsubscribe: <mailto:x@y.z>":    "a mailing",
		"X-Autoreply: yes":                    "an automatic answer",
		"Return-Path: <>":                     "a report of a mail server",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b":          "a report of a mail server",
		"Content-Type: multipart/report; report-type=disposition-notification; boundary=b": "a receipt",
	} {
		same(t, header, read(t, crlf("From: a@example.com", header, "", "--b--")).Auto, want)
	}
	same(t, "of the mail server", read(t, crlf("From: MAILER-DAEMON@example.com", "", "x")).Auto, "a report of a mail server")
}

func TestAReportSaysWhatCameBack(t *testing.T) {
	t.Parallel()
	m := read(t, crlf("From: MAILER-DAEMON@example.com", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
		"--b", "", "It could not be delivered.", "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.com", "",
		"Final-Recipient: rfc822; x@example.org", "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 No such user",
		"--b", "Content-Type: text/rfc822-headers", "", "From: support@example.com", "Message-ID: <ours@example.com>", "", "--b--"))
	same(t, "what came back", []any{m.Failed, m.Why}, []any{[]string{"ours@example.com"}, "there is no such address (550 5.1.1 No such user)"})
	if len(m.Files) > 0 {
		t.Errorf("it has files: %q", m.Files)
	}
	for what, c := range map[string]struct {
		status []string
		failed int
		why    string
	}{
		"in another order": {[]string{"Diagnostic-Code: smtp; 552 over", "  quota", "Status: 5.2.2 (full)", "Action: failed"}, 1, "the mailbox is full (552 over quota)"},
		"a status alone":   {[]string{"Action: failed", "Status: 5.1.1"}, 1, "there is no such address (5.1.1)"},
		"one unknown":      {[]string{"Action: Failed", "Status: 5.9.9"}, 1, "status 5.9.9"},
		"without a reason": {[]string{"Action: failed"}, 1, ""},
		"without anything": {nil, 1, ""},
		"of the second":    {[]string{"Action: delivered", "Status: 2.0.0", "", "Action: failed", "Diagnostic-Code: x-unix; no"}, 1, "no"},
		"that is late":     {[]string{"Action: delayed", "Status: 4.4.1", "Diagnostic-Code: smtp; 421 later"}, 0, ""},
		"that arrived":     {[]string{"Action: delivered", "Status: 2.0.0"}, 0, ""},
	} {
		lines := slices.Concat([]string{"From: MAILER-DAEMON@example.com", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.com", ""},
			c.status, []string{"--b", "Content-Type: message/rfc822", "", "Message-ID:", " <ours@example.com>", "", "Message-ID: <another@example.com>", "--b--"})
		m := read(t, crlf(lines...))
		same(t, what, []any{len(m.Failed), m.Why}, []any{c.failed, c.why})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, own string
		marked          bool
	}{
		{"nothing quoted", "Hello\n\nAnna", "Hello\n\nAnna", true},
		{"below", "Thanks!\n\nOn Mon, 23 Nov 2026 at 10:00, Anna Weber <anna@example.com> wrote:\n\n> Hello\n> you\n>\n> > before", "Thanks!", true},
		{"below, broken in two", "Thanks!\n\nOn Mon, 23 Nov 2026 at 10:00, Anna Weber\n<anna@example.com> wrote:\n> Hello", "Thanks!", true},
		{"in German", "Danke!\n\nAm 23.11.2026 um 10:00 schrieb Anna:\n> Hallo", "Danke!", true},
		{"above", "On Monday Anna wrote:\n> Do you deliver?\n\nYes, we do.", "Yes, we do.", true},
		{"in between", "> Do you deliver?\nYes.\n> When?\nOn Saturday.", "> Do you deliver?\nYes.\n> When?\nOn Saturday.", true},
		{"in between, with a rest", "> When?\nOn Saturday.\n\n> Regards", "> When?\nOn Saturday.", true},
		{"of another program", "Yes please\n\n________________________________\nFrom: Anna <anna@example.com>\nSent: Monday, 23 November 2026\nTo: Carl\nSubject: Offer\n\nDo you want it?", "Yes please", false},
		{"of another program, in German", "Ja bitte\n\nVon: Anna\nGesendet: Montag\nAn: Carl\nBetreff: Angebot\n\nWollen Sie?", "Ja bitte", false},
		{"with a line", "Yes\n\n-----Original Message-----\nFrom: Anna\n\nDo you?", "Yes", false},
		{"only quoted", "> all\n> of it", "> all\n> of it", true},
		{"a list of its own", "From: Berlin\nTo: Paris", "From: Berlin\nTo: Paris", true},
		{"above, said in a sentence", "As he wrote:\n> text\nI agree.", "I agree.", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own, rest, marked := letter.Cut(c.text)
			if own != c.own || marked != c.marked {
				t.Errorf("it is cut to %q, %t, the rest is %q", own, marked, rest)
			}
		})
	}
}

func TestFromHTML(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a<br>b<br/>c":                                          "a\nb\nc",
		"<div>a</div><div>b</div>":                              "a\nb",
		"<p>a</p>\n<p>b</p>":                                    "a\n\nb",
		"<div><br></div>a":                                      "a",
		"<ul><li>one</li><li>two</li></ul>":                     "• one\n• two",
		"<table><tr><td>a<td>b<tr><td>c</table>":                "a  b\nc",
		"<script>alert(1)</script>x<style>y</style>":            "x",
		"<div style='display: none'>a<div>b</div></div>c":       "c",
		"x<noscript>y":                                          "x",
		"<a href='javascript:alert(1)'>x</a>":                   "x",
		"<a href='https://www.example.com/'>example.com</a>":    "example.com",
		"<a href='https://evil.example'>bank.example</a>":       "bank.example (https://evil.example)",
		"<blockquote>a<blockquote>b</blockquote></blockquote>c": "> a\n> > b\nc",
		"1 &lt; 2 &amp;amp; 3":                                  "1 < 2 &amp; 3",
		"<img src=x alt='A picture'>":                           "[A picture]",
		"<pre>a\n  b</pre>":                                     "a\n  b",
		"<b>bo</b>ld":                                           "bold",
		"a <b>b</b> c":                                          "a b c",
		"<a":                                                    "",
		"":                                                      "",
	} {
		m := read(t, crlf("From: a@example.com", "Content-Type: text/html", "", in))
		same(t, in, m.Text, want)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Offer": "Re: Offer", "Re: Offer": "Re: Offer", "RE: AW: Re[2]: Offer": "Re: Offer", "Note: Offer": "Re: Note: Offer", "": "Re: your message", "re:": "Re: your message",
		"Fwd: Offer\r\nBcc: x": "Re: Offer Bcc: x",
	} {
		same(t, in, letter.Reply(in), want)
	}
	first, last := letter.Address{Name: "Weber, Anna Maria"}.Split()
	same(t, "a name with a comma", []string{first, last}, []string{"Anna Maria", "Weber"})
	first, last = letter.Address{Name: "Anna Maria Weber"}.Split()
	same(t, "a name", []string{first, last}, []string{"Anna Maria", "Weber"})
}

func FuzzRead(f *testing.F) {
	f.Add(crlf("From: Anna <anna@example.com>", "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/html; charset=utf-7", "", "<p>x", "--b", "Content-Type: message/rfc822", "", "x", "--b--"))
	f.Add(crlf("From: a@example.com", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "Content-Type: message/delivery-status", "", "Action: failed", "Message-ID: <x@y>", "--b--"))
	f.Add(crlf("From: a@example.com", "Content-Transfer-Encoding: base64", "", "SGVsbG8="))
	f.Add(crlf("From: =?x?q?=00?= <a@example.com>", "Subject: =?utf-8?b?////?=", "References: <a> <b <c>>", "", "\xff\xfe"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := letter.Read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if strings.ContainsAny(m.Subject+m.From.Name+m.From.Email+m.ID, "\r\n\x00") || strings.ContainsRune(m.Text, 0) || len(m.Files) > letter.MaxFiles {
			t.Errorf("the mail is %+v", m)
		}
		letter.Cut(m.Text)
		answer := letter.Letter{From: letter.Address{Name: m.From.Name, Email: "a@example.com"}, To: m.From, Subject: letter.Reply(m.Subject), ID: "x@example.com", InReplyTo: m.ID, References: m.References, Text: m.Text}
		var b bytes.Buffer
		if err := answer.Write(&b, nil); err != nil {
			t.Fatalf("answer %q: %v", raw, err)
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			key, _, ok := strings.Cut(line, ":")
			if known := []string{"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Content-Type"}; !strings.HasPrefix(line, " ") && (!ok || !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, key) })) {
				t.Errorf("the answer has a header of its own: %q", line)
			}
		}
	})
}

func FuzzFromHTML(f *testing.F) {
	f.Add("<div style=display:none><p>x</div><a href=https://x>y<blockquote><pre>\n")
	f.Fuzz(func(_ *testing.T, text string) {
		letter.Cut(letter.FromHTML(text))
	})
}
