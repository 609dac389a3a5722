package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/console"
)

// story is one that went well, changed by the parts of a test.
func story(change ...func(*console.Story)) console.Story {
	s := console.Story{
		Now:     began.Add(time.Hour),
		Message: console.StoryMessage{ID: 5, ChatID: 9, At: began, Private: true},
		Bot:     &console.StoryBot{ID: 3, Name: "Echo", Member: true, Handler: "http://h/bot", AppID: 1},
		Delivery: &console.StoryDelivery{
			ID: 7, URL: "http://h/bot", Sent: true, Attempts: 1, Status: 200, LastAt: began.Add(time.Second), Took: time.Second,
		},
		Calls:   []console.Call{{ID: 11, Name: "imbot.message.add", Status: 200}},
		Replies: []console.StoryReply{{MessageID: 6, ChatID: 9, CallID: 11, At: began.Add(1500 * time.Millisecond)}},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func message(f func(*console.StoryMessage)) func(*console.Story) {
	return func(s *console.Story) { f(&s.Message) }
}

// unsent is a story without an event, about a bot that f changes.
func unsent(f func(*console.StoryBot)) func(*console.Story) {
	return func(s *console.Story) {
		s.Delivery, s.Calls, s.Replies = nil, nil, nil
		f(s.Bot)
	}
}

// untaken is a story whose event was not taken.
func untaken(f func(*console.StoryDelivery)) func(*console.Story) {
	return func(s *console.Story) {
		s.Calls, s.Replies = nil, nil
		s.Delivery.Sent, s.Delivery.Status = false, 0
		f(s.Delivery)
	}
}

func calls(list ...console.Call) func(*console.Story) {
	return func(s *console.Story) { s.Calls, s.Replies = list, nil }
}

func TestTheFirstBrokenLinkIsNamed(t *testing.T) {
	t.Parallel()
	same := func(*console.StoryBot) {}
	for _, tt := range []struct {
		name  string
		story console.Story
		code  string
		marks string // of the links: good, bad, open
		fix   string // a part of it
	}{
		{"answered", story(), "answered", "ggggg", ""},
		{"a message of the system", story(message(func(m *console.StoryMessage) { m.System = true })), "system", "ooooo", ""},
		{"no bot", story(func(s *console.Story) { s.Bot = nil }), "no_bot", "boooo", "add it"},
		{"not in the chat", story(unsent(func(b *console.StoryBot) { b.Member = false })), "not_member", "gbooo", "Add Echo"},
		{"open channels only", story(unsent(func(b *console.StoryBot) { b.LinesOnly = true })), "lines_only", "gbooo", "TYPE=B"},
		{"not in open channels", story(unsent(same), message(func(m *console.StoryMessage) { m.Lines, m.Private = true, false })), "not_in_lines", "gbooo", "OPENLINE=Y"},
		{"no handler", story(unsent(func(b *console.StoryBot) { b.Handler = "" })), "no_handler", "gbooo", "EVENT_MESSAGE_ADD"},
		{"not mentioned", story(unsent(same), message(func(m *console.StoryMessage) { m.Private = false })), "not_mentioned", "gbooo", "TYPE=S"},
		{"came later", story(unsent(func(b *console.StoryBot) { b.Joined = began.Add(time.Minute) })), "joined_later", "gbooo", "once more"},
		{"no event", story(unsent(same)), "no_event", "gbooo", "once more"},
		{"too long ago", story(unsent(same), func(s *console.Story) { s.Now = began.Add(100 * time.Hour) }), "forgotten", "goooo", ""},
		{"paused", story(untaken(func(d *console.StoryDelivery) { d.PausedBy = "person" })), "paused", "ggboo", "Resume"},
		{"behind others", story(untaken(func(d *console.StoryDelivery) { d.Attempts, d.Ahead = 0, 4 })), "queued", "ggboo", "Handlers"},
		{"behind one that fails", story(untaken(func(d *console.StoryDelivery) {
			d.Attempts, d.Ahead, d.First = 0, 2, &console.StoryDelivery{Attempts: 3, Problem: "connect: connection refused"}
		})), "queued", "ggboo", "Start the handler"},
		{"on its way", story(untaken(func(d *console.StoryDelivery) { d.Attempts, d.Ahead = 0, 1 })), "under_way", "ggooo", ""},
		{"nothing listens", story(untaken(func(d *console.StoryDelivery) { d.Problem = "dial tcp 127.0.0.1:9: connect: connection refused" })), "refused", "ggboo", "Start the handler"},
		{"too slow", story(untaken(func(d *console.StoryDelivery) { d.Problem = "context deadline exceeded (Client.Timeout)" })), "timeout", "ggboo", "30 seconds"},
		{"unknown name", story(untaken(func(d *console.StoryDelivery) { d.Problem = "lookup bot: no such host" })), "no_host", "ggboo", "Check the name"},
		{"certificate", story(untaken(func(d *console.StoryDelivery) { d.Problem = "x509: certificate signed by unknown authority" })), "certificate", "ggboo", "certificate"},
		{"broke off", story(untaken(func(d *console.StoryDelivery) { d.Problem = "unexpected EOF" })), "broken_off", "ggboo", "its log"},
		{"something else", story(untaken(func(d *console.StoryDelivery) { d.Problem = "odd" })), "no_answer", "ggboo", "Try the address"},
		{"500", story(untaken(func(d *console.StoryDelivery) { d.Status = 500 })), "handler_error", "ggboo", "its log"},
		{"404", story(untaken(func(d *console.StoryDelivery) { d.Status = 404 })), "handler_gone", "ggboo", "path"},
		{"403", story(untaken(func(d *console.StoryDelivery) { d.Status = 403 })), "handler_denied", "ggboo", "sign-in"},
		{"302", story(untaken(func(d *console.StoryDelivery) { d.Status = 302 })), "handler_moved", "ggboo", "leads"},
		{"418", story(untaken(func(d *console.StoryDelivery) { d.Status = 418 })), "handler_refused", "ggboo", "200"},
		{"put aside", story(untaken(func(d *console.StoryDelivery) { d.Status, d.Dead = 500, true })), "handler_error", "ggboo", "send the delivery again"},
		{"paused itself", story(untaken(func(d *console.StoryDelivery) { d.Status, d.PausedBy = 500, "failed" })), "handler_error", "ggboo", "resume the handler"},
		{"called nothing", story(calls()), "no_call", "gggbo", "application_token"},
		{"at work", story(calls(), func(s *console.Story) { s.Now = began.Add(5 * time.Second) }), "working", "gggoo", ""},
		{"refused", story(calls(console.Call{ID: 1, Name: "imbot.message.add", Error: "insufficient_scope"})), "call_failed", "gggbo", "permission"},
		{"refused for an unknown reason", story(calls(console.Call{ID: 1, Error: "STRANGE"})), "call_failed", "gggbo", "documentation"},
		{"without a token", story(calls(), func(s *console.Story) { s.Strangers = []console.Call{{ID: 2, Error: "NO_AUTH_FOUND"}} }), "unauthorized", "gggbo", "auth"},
		{"wrote nothing", story(calls(console.Call{ID: 1, Name: "profile"})), "no_message", "ggggb", "imbot.message.add"},
		{"wrote elsewhere", story(func(s *console.Story) { s.Replies[0].ChatID = 8 }), "elsewhere", "ggggb", "DIALOG_ID"},
		{"a bot's message", story(message(func(m *console.StoryMessage) { m.ByBot = true })), "by_bot", "ggggg", ""},
		{"a bot's message by itself", story(message(func(m *console.StoryMessage) { m.ByBot = true }), func(s *console.Story) { s.Delivery = nil }), "by_bot", "ooogg", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := tt.story.Explain()
			var b strings.Builder
			for _, l := range v.Links {
				b.WriteByte(l.Mark[0])
			}
			marks := b.String()
			if v.Code != tt.code || marks != tt.marks || v.Title == "" {
				t.Errorf("verdict %s %q with %s, want %s with %s", v.Code, v.Title, marks, tt.code, tt.marks)
			}
			if !strings.Contains(v.Fix, tt.fix) || tt.fix == "" && v.Fix != "" {
				t.Errorf("the fix is %q, want %q in it", v.Fix, tt.fix)
			}
		})
	}
}
