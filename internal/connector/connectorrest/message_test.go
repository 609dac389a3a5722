package connectorrest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorrest"
	"github.com/portico-hq/portico/internal/phpform"
)

// connect registers the usual connector and switches it on on line 2.
func (b *bench) connect() {
	b.t.Helper()
	b.steps([]step{
		{"person", "imconnector.register", site, registered},
		{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=1`, yes},
	})
}

const (
	sent   = `200 {"result":{"SUCCESS":true,"DATA":{"RESULT":[`
	failed = `200 {"result":{"SUCCESS":false,"DATA":{"RESULT":[`
	end    = `]}}`
)

func of(messages string) string {
	return `{"CONNECTOR":"site_chat","LINE":2,"MESSAGES":[` + messages + `]}`
}

func TestSendMessages(t *testing.T) {
	t.Parallel()
	long := "chat" + strings.Repeat("0123456789abcdef", 4)
	form := "CONNECTOR=site_chat&LINE=2&MESSAGES[0][user][id]=" + long + "&MESSAGES[0][user][name]=&MESSAGES[0][message][id]=0&MESSAGES[0][message][date]=1795770000" +
		"&MESSAGES[0][message][text]=Hello%20%26amp%3B%20%26lt%3Bb%26gt%3B&MESSAGES[0][chat][id]=" + long + "&MESSAGES[0][chat][url]="
	first := sent + `{"user":"900","message":{"id":"0","date":{},"text":"Hello & <b>","files":[]},"chat":{"id":"` + long + `"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end
	const rich = `{"user":{"id":"u42","name":"Anna 2","last_name":"O'Neil-Kim","gender":"female","email":"a@example.com","phone":"+49 30 1234","skip_phone_validate":"Y"},` +
		`"message":{"id":"m1","text":"Good afternoon","disable_crm":"Y"},"chat":{"id":"c1","name":"Support","url":"https://example.com/chats/123"}}`
	one := func(user, message, chat string) string {
		return of(fmt.Sprintf(`{"user":%s,"message":%s,"chat":%s}`, user, message, chat))
	}
	bad := func(user, message, chat, problem string) string {
		return failed + fmt.Sprintf(`{%s"message":%s,"chat":%s,"SUCCESS":false,"ERRORS":[%q]}`, user, message, chat, problem) + end
	}
	run(t, func(t *testing.T, b *bench) {
		b.steps([]step{{"person", "imconnector.send.messages", form, noProvider}})
		b.connect()
		b.bind("OnOpenLineMessageAdd")
		b.steps([]step{
			{"webhook", "imconnector.send.messages", form, authType},
			{"other", "imconnector.send.messages", form, noProvider},
			{"person", "imconnector.send.messages", strings.Replace(form, "LINE=2", "LINE=0", 1), noLine},
			{"person", "imconnector.send.messages", strings.Replace(form, "LINE=2", "LINE=", 1), missing("LINE")},
			{"person", "imconnector.send.messages", strings.Replace(form, "LINE=2", "LINE=7", 1), noLine},
			{"person", "imconnector.send.messages", strings.Replace(form, "LINE=2", "LINE=9", 1), noLine},
			{"person", "imconnector.send.messages", `{"CONNECTOR":"site_chat","LINE":2}`, missing("MESSAGES")},
			{"person", "imconnector.send.messages", `{"LINE":2,"MESSAGES":[]}`, missing("CONNECTOR")},
			{"person", "imconnector.send.messages", `{"CONNECTOR":"site_chat","LINE":2,"MESSAGES":"x"}`, argument("MESSAGES", "The value of an argument 'MESSAGES' must be of type array")},
			{"person", "imconnector.send.messages", of(`"x"`), argument("MESSAGES", "The MESSAGES parameter must be an array of messages (arrays)")},
			{"person", "imconnector.send.messages", of(`{"user":{"id":1},"message":{"text":"x"}}`), argument("MESSAGES", "The incorrect structure of a message inside MESSAGES parameter")},
			{"person", "imconnector.send.messages", of(strings.Repeat(`[],`, connector.MaxMessages) + `[]`), argument("MESSAGES", "MESSAGES must have at most 1000 messages")},
			{"person", "imconnector.send.messages", form, first},
			{"person", "imconnector.send.messages", form, first}, // again, as after a token was renewed
			{"person", "imconnector.send.messages", of(rich), sent + `{"user":"900","message":{"id":"m1","date":{},"text":"Good afternoon","files":[]},"chat":{"id":"c1","name":"Support","description":"Link to the original post: https://example.com/chats/123"},"extra":{"skip_phone_validate":"Y","disable_tracker":"Y"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end},
			{"person", "imconnector.send.messages", one(`{"id":"u7"}`, `{"id":"m1","text":"Mine"}`, `{"id":"c1"}`), sent + `{"user":"900","message":{"id":"m1","date":{},"text":"Mine","files":[]},"chat":{"id":"c1"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end},
			{"person", "imconnector.send.messages", one(`{"name":"x"}`, `{"id":"m2","text":"x"}`, `{"id":"c1"}`), bad("", `{"id":"m2","date":{},"text":"x","files":[]}`, `{"id":"c1"}`, "The user has no id.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m2","text":"x"}`, `{"name":"c1"}`), bad("", `{"id":"m2","date":{},"text":"x","files":[]}`, `{"id":"","name":"c1"}`, "The chat has no id.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m2"}`, `{"id":"c1"}`), bad("", `{"id":"m2","date":{},"text":"","files":[]}`, `{"id":"c1"}`, "Pass a text or files.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m2","text":"x","user_id":77}`, `{"id":"c1"}`), bad("", `{"id":"m2","date":{},"text":"x","files":[]}`, `{"id":"c1"}`, "There is no such employee.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m2","text":"x","user_id":"me"}`, `{"id":"c1"}`), bad("", `{"id":"m2","date":{},"text":"x","files":[]}`, `{"id":"c1"}`, "There is no such employee.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m3","text":"On the way","user_id":5}`, `{"id":"c1"}`), sent + `{"user":"900","message":{"id":"m3","date":{},"text":"On the way","files":[]},"chat":{"id":"c1"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m4","files":[{"url":"ftp://x/"}]}`, `{"id":"c1"}`), bad("", `{"id":"m4","date":{},"text":"","files":[{"url":"ftp://x/","name":"file"}]}`, `{"id":"c1"}`, "A file needs an http or https address.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m5","text":"x","files":"a.txt"}`, `{"id":"c1"}`), bad("", `{"id":"m5","date":{},"text":"x","files":[]}`, `{"id":"c1"}`, "The files are no list of objects with a url and a name.")},
			{"person", "imconnector.send.messages", one(`{"id":"u"}`, `{"id":"m5","text":"x","files":{"url":"https://x.example/a","name":"a"}}`, `{"id":"c1"}`), bad("", `{"id":"m5","date":{},"text":"x","files":[]}`, `{"id":"c1"}`, "The files are no list of objects with a url and a name.")},
		})
		want := long + "|" + long + "|Hello & <b> at 1795770000\nc1|u42 Anna O'Neil-Kim F +49 30 1234 a@example.com|Good afternoon\nc1|u7|Mine\nc1|u by 5|On the way"
		if got := b.said(); got != want {
			t.Errorf("said was\n%s\nwant\n%s", got, want)
		}
		if n := strings.Count(b.sent(), "3 ONOPENLINEMESSAGEADD"); n != 4 || strings.Contains(b.sent(), "\n4 ") {
			t.Errorf("%d events: %s", n, b.sent())
		}
		event := `3 ONOPENLINEMESSAGEADD {"DATA":[{"connector":{"connector_id":"site_chat","line_id":2,"chat_id":"c1","user_id":"u7"},"chat":{"id":100},"message":{"id":3,"date":"2026-11-23T09:00:00Z","text":"Mine","files":[],"attach":"","system":"N","user_id":900},"ref":[],"extra":{"EXTRA_URL":""}}]}`
		if !strings.Contains(b.sent(), event) && !strings.Contains(strings.ReplaceAll(b.sent(), `"id":4,"date"`, `"id":3,"date"`), event) {
			t.Errorf("sent\n%s\nwant\n%s", b.sent(), event)
		}
	})
}

// TestAThousandMessages sends as many as a call may have, a bad one and one of a megabyte among them.
func TestAThousandMessages(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		var all []string
		for i := range connector.MaxMessages {
			text := fmt.Sprintf("Message %d", i)
			switch i {
			case 120:
				text = strings.Repeat("x", 1<<20)
			case 121:
				text = ""
			}
			all = append(all, fmt.Sprintf(`{"user":{"id":"u%d"},"message":{"id":%d,"text":%q},"chat":{"id":"c%d"}}`, i%9, i, text, i%9))
		}
		got := b.call("person", "imconnector.send.messages", of(strings.Join(all, ",")))
		if !strings.HasPrefix(got, failed) || strings.Count(got, `"SUCCESS":true`) != connector.MaxMessages-2 ||
			strings.Count(got, `"ERRORS":["The text is longer than 20000 characters."]`) != 1 || strings.Count(got, `"ERRORS":["Pass a text or files."]`) != 1 {
			t.Errorf("%.300s", got)
		}
		lines := strings.Split(b.said(), "\n")
		if len(lines) != connector.MaxMessages-2 || !strings.HasSuffix(lines[119], "|Message 119") || !strings.HasSuffix(lines[120], "|Message 122") {
			t.Errorf("%d are in the chat: %s, %s", len(lines), lines[119], lines[120])
		}
	})
}

func TestUpdateAndDeleteMessages(t *testing.T) {
	t.Parallel()
	const (
		original = `{"user":{"id":"u1"},"message":{"id":"m1","text":"Good afternoon"},"chat":{"id":"c1"}}`
		changed  = `{"user":{"id":"u1"},"message":{"id":"m1","text":"Good &quot;evening&quot;"},"chat":{"id":"c1","name":"Support","url":"https://x.example/"}}`
		unknown  = `{"user":{"id":"u1"},"message":{"id":"m9","text":"x"},"chat":{"id":"c1"}}`
		gone     = "There is no such message: none with these ids was sent through the connector on this line."
	)
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind("OnOpenLineMessageUpdate", "OnOpenLineMessageDelete")
		b.call("person", "imconnector.send.messages", of(original))
		b.steps([]step{
			{"webhook", "imconnector.update.messages", of(changed), authType},
			{"person", "imconnector.update.messages", of(changed), sent + `{"user":"900","message":{"id":"m1","date":{},"text":"Good \"evening\""},"chat":{"id":"c1","name":"Support","description":"Link to the original post: https://x.example/"},"SUCCESS":true}` + end},
			{"person", "imconnector.update.messages", of(unknown), failed + `{"message":{"id":"m9","date":{},"text":"x"},"chat":{"id":"c1"},"SUCCESS":false,"ERRORS":["` + gone + `"]}` + end},
			{"person", "imconnector.update.messages", of(strings.Replace(changed, `"text"`, `"user_id":5,"text"`, 1)), failed + `{"message":{"id":"m1","date":{},"text":"Good \"evening\""},"chat":{"id":"c1","name":"Support","description":"Link to the original post: https://x.example/"},"SUCCESS":false,"ERRORS":["The message was not written in the name of this employee."]}` + end},
			{"person", "imconnector.update.messages", strings.Replace(of(changed), `"LINE":2`, `"LINE":7`, 1), noLine},
		})
		if want := `c1|u1|Good "evening"`; b.said() != want {
			t.Errorf("said is %s, want %s", b.said(), want)
		}
		const person = `{"user":{"id":"u1","name":"Anna","last_name":"Lang","email":"a@example.com","phone":"+49 30 1234","gender":"female","picture":{"url":"https://x.example/good"}},` +
			`"message":{"id":"m1","text":"Good &quot;evening&quot;","date":1795770000},"chat":{"id":"c1","name":"Shop","url":"https://x.example/shop"}}`
		b.call("person", "imconnector.update.messages", of(person))
		if want := []string{"revised u1Supporthttps://x.example/", "revised u1 Anna Lang F +49 30 1234 a@example.comShophttps://x.example/shop at 1795770000"}; !slices.Equal(b.talks.names, want) {
			t.Errorf("said of the client: %q, want %q", b.talks.names, want)
		}
		b.steps([]step{
			{"webhook", "imconnector.delete.messages", of(original), authType},
			{"other", "imconnector.delete.messages", of(original), noProvider},
			{"person", "imconnector.delete.messages", of(`{"user":{"id":"u1"},"message":{"id":"m1"},"chat":{"id":"c1","name":"Shop"}}`), sent + `{"user":"900","message":{"id":"m1"},"chat":{"id":"c1"},"SUCCESS":true}` + end},
			{"person", "imconnector.delete.messages", of(original), failed + `{"message":{"id":"m1","text":"Good afternoon"},"chat":{"id":"c1"},"SUCCESS":false,"ERRORS":["` + gone + `"]}` + end},
			{"person", "imconnector.send.messages", of(original), sent + `{"user":"900","message":{"id":"m1","date":{},"text":"Good afternoon","files":[]},"chat":{"id":"c1"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end},
			{"person", "imconnector.register", with("{", `{"DEL_EXTERNAL_MESSAGES":false,`), registered},
			{"person", "imconnector.delete.messages", of(original), failed + `{"message":{"id":"m1","text":"Good afternoon"},"chat":{"id":"c1"},"SUCCESS":false,"ERRORS":["The connector was registered without the right to delete messages (DEL_EXTERNAL_MESSAGES)."]}` + end},
		})
		if want := `c1|u1|(gone)`; b.said() != want {
			t.Errorf("said is %s, want %s", b.said(), want)
		}
		moved := `{"CONNECTOR":"site_chat","LINE":2,"DATA":[{"im":{"chat_id":100,"message_id":1},"message":{"id":1},"chat":{"id":100}}]}`
		if want := "3 ONOPENLINEMESSAGEUPDATE " + moved + "\n3 ONOPENLINEMESSAGEUPDATE " + moved + "\n3 ONOPENLINEMESSAGEDELETE " + moved; b.sent() != want {
			t.Errorf("sent\n%s\nwant\n%s", b.sent(), want)
		}
	})
}

// TestDates takes the time of a message in and refuses what is none. Answers have an empty object in its place, which may come back.
func TestDates(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		for i, c := range []struct {
			date, kept string
			bad        bool
		}{
			{`1795770000`, " at 1795770000", false},
			{`"1795770000"`, " at 1795770000", false},
			{`1795770000123`, " at 8589934592", false}, // milliseconds: they lie ahead
			{`0`, "", false},
			{`""`, "", false},
			{`null`, "", false},
			{`{}`, "", false},
			{`-1`, "", true},
			{`"yesterday"`, "", true},
			{`1.5`, "", true},
			{`[1]`, "", true},
		} {
			id := fmt.Sprintf("d%d", i)
			message := of(`{"user":{"id":"u"},"message":{"id":"` + id + `","text":"x","date":` + c.date + `},"chat":{"id":"c1"}}`)
			got := b.call("person", "imconnector.send.messages", message)
			if refused := strings.Contains(got, `"ERRORS":["The date is no Unix time in seconds."]`); refused != c.bad {
				t.Errorf("%s: %s", c.date, got)
			}
			lines := strings.Split(b.said(), "\n")
			if last := lines[len(lines)-1]; !c.bad && last != "c1|u|x"+c.kept {
				t.Errorf("%s: kept as %s", c.date, last)
			}
			if c.bad { // it was not taken in: mended, it is
				if got := b.call("person", "imconnector.send.messages", strings.Replace(message, c.date+"}", "1795770000}", 1)); !strings.HasPrefix(got, sent) {
					t.Errorf("%s, mended: %s", c.date, got)
				}
			}
		}
	})
}

func TestRenameChat(t *testing.T) {
	t.Parallel()
	params := func(chat, user string) string {
		return `{"CONNECTOR":"site_chat","LINE":2,"CHAT_ID":"` + chat + `","NAME":"Big &amp; new","USER_ID":"` + user + `"}`
	}
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.steps([]step{
			{"webhook", "imconnector.chat.name.set", params("c1", "u1"), authType},
			{"other", "imconnector.chat.name.set", params("c1", "u1"), noProvider},
			{"person", "imconnector.chat.name.set", params("c1", "u1"), `200 {"result":{"SUCCESS":true,"DATA":{"RESULT":{}}}`},
			{"person", "imconnector.chat.name.set", params("c1", ""), missing("USER_ID")},
			{"person", "imconnector.chat.name.set", params("", "u1"), missing("CHAT_ID")},
			{"person", "imconnector.chat.name.set", params("c9", "u1"), `400 {"error":"CHAT_RENAMING_FAILED","error_description":"Failed to rename the chat"}`},
			{"person", "imconnector.chat.name.set", strings.Replace(params("c1", "u1"), "Big &amp; new", strings.Repeat("é", 256), 1), `400 {"error":"CHAT_RENAMING_FAILED","error_description":"Failed to rename the chat"}`},
			{"person", "imconnector.chat.name.set", strings.Replace(params("c1", "u1"), `"LINE":2`, `"LINE":7`, 1), noLine},
			{"person", "imconnector.register", with("{", `{"CHAT_GROUP":1,`), registered},
			{"person", "imconnector.chat.name.set", params("c1", ""), `200 {"result":{"SUCCESS":true,"DATA":{"RESULT":{}}}`},
		})
		if want := "[site_chat2c1u1Big & new site_chat2c1Big & new]"; fmt.Sprint(b.talks.names) != want {
			t.Errorf("the names are %v", b.talks.names)
		}
	})
}

// FuzzMessage reads elements of MESSAGES from forms: whatever comes, a message has the types that it should, and what is to be shown
// is bounded.
func FuzzMessage(f *testing.F) {
	f.Add("user[id]=1&message[id]=0&message[text]=Hello%20%26amp%3B&chat[id]=c")
	f.Add("user=1&message[files][0][url]=https://x.example/a.png&message[files][0][name]=a&message[date]=x&chat[id][]=1")
	f.Add("user[picture][url]=x&user[skip_phone_validate]=y&message[user_id]=-1&message[files]=x")
	f.Fuzz(func(t *testing.T, form string) {
		v, err := phpform.ParseForm(form, phpform.Limits{})
		if err != nil {
			return
		}
		m := connectorrest.Message(v)
		for _, a := range m.Files {
			if a.Name == "" || utf8.RuneCountInString(a.Name) > 200 && utf8.ValidString(a.Name) {
				t.Errorf("a file is called %q", a.Name)
			}
		}
		if m.UserID < -1 {
			t.Errorf("written by %d", m.UserID)
		}
	})
}
