package livechat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func refused(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestTalk has a visitor and an operator write to each other. What operators say among themselves, what they write while nothing is
// passed on, and who comes and goes, the visitor never sees.
func TestTalk(t *testing.T) {
	t.Parallel()
	both(t, func(l *line.Line) { l.Welcome, l.WelcomeText = true, "Welcome!" }, func(b *bench) {
		lines, o := b.sees("a")
		if want(b.t, "before", lines, nil); o.Known || o.State.Phase != livechat.PhaseNone {
			b.t.Errorf("before the first message: %+v", o)
		}
		first := b.send("a", "uuid-0001", "Hello <b>there</b>")
		again := b.send("a", "uuid-0001", "Hello <b>there</b>")
		if first.Number != again.Number || b.count("SELECT COUNT(*) FROM message WHERE text LIKE 'Hello%'") != 1 {
			b.t.Errorf("a message that is sent twice: %+v and %+v", first, again)
		}
		chat, _ := b.chat()
		b.say(chat, "secret among us", true)
		hi := b.say(chat, "Good morning", false)
		b.say(chat, "another secret", true)
		want1 := []string{"me: Hello <b>there</b>", ": Welcome!", "Anna Weber: Good morning"}
		lines, o = b.sees("a")
		want(b.t, "after the answer", lines, want1)
		if o.State.Phase != livechat.PhaseTaken || o.State.Read != first.Number {
			b.t.Errorf("the state is %+v, want a conversation that was taken, and the message %d read", o.State, first.Number)
		}
		b.must(b.im.Update(b.t.Context(), b.anna, hi, im.Change{Text: new("Good evening")}))
		lines, o = b.sees("a")
		want(b.t, "after a change", lines, []string{want1[0], want1[1], "Anna Weber: Good evening"})
		if m := o.History.Messages[2]; !m.Edited || m.Version <= m.Number {
			b.t.Errorf("a changed message: %+v", m)
		}
		b.must(b.im.Delete(b.t.Context(), b.anna, hi, false))
		lines, _ = b.sees("a")
		want(b.t, "after it was removed", lines, []string{want1[0], want1[1], "Anna Weber: (removed)"})
		if n := b.count("SELECT COUNT(*) FROM livechat_message WHERE content LIKE '%secret%'"); n != 0 {
			b.t.Errorf("%d inner messages are kept for the visitor", n)
		}
		if lines, o := b.sees("b"); len(lines) > 0 || o.Known {
			b.t.Errorf("somebody else sees %q", lines)
		}
	})
}

// TestSilent keeps what an operator writes from the visitor while the conversation is silent, also when it is changed later.
func TestSilent(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.send("a", "uuid-0001", "Hello")
		chat, _ := b.chat()
		b.say(chat, "Hi", false)
		b.must(b.talks.SetSilent(b.t.Context(), chat, true))
		id := b.say(chat, "hidden", false)
		b.must(b.im.Update(b.t.Context(), b.anna, id, im.Change{Text: new("hidden still")}))
		lines, _ := b.sees("a")
		want(b.t, "while it is silent", lines, []string{"me: Hello", "Anna Weber: Hi"})
	})
}

// TestSignedUser has the same user of a site on two devices, and nobody else take their place.
func TestSignedUser(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		identify := func(letter, id, hash string) error {
			return b.Identify(ctx, b.as(letter), livechat.Signed{ID: id, Hash: hash, Profile: livechat.Profile{Name: "Carla " + id}})
		}
		refused(b.t, "without a secret", identify("a", "42", sign("", "42")), livechat.ErrSignature)
		secret, err := b.NewSecret(ctx, b.admin(), b.widget.ID)
		b.must(err)
		b.send("z", "uuid-0001", "I am nobody yet")
		b.must(identify("a", "42", sign(secret, "42")))
		b.send("a", "uuid-0001", "From the desk")
		b.must(identify("b", "42", sign(secret, "42")))
		lines, o := b.sees("b")
		want(b.t, "on the second device", lines, []string{"me: From the desk"})
		if !o.State.Signed || o.State.Profile.Name != "Carla 42" {
			b.t.Errorf("the second device is %+v", o.State)
		}
		b.send("b", "uuid-0002", "From the phone")
		lines, _ = b.sees("a")
		want(b.t, "on the first device", lines, []string{"me: From the desk", "me: From the phone"})
		if n := b.count("SELECT COUNT(*) FROM openline_client WHERE proved <> ''"); n != 1 {
			b.t.Errorf("%d clients are the user", n)
		}
		for what, hash := range map[string]string{"of another": sign(secret, "43"), "empty": "", "no hash": "zz", "of another secret": sign("x", "42")} {
			refused(b.t, "a signature "+what, identify("c", "42", hash), livechat.ErrSignature)
		}
		if lines, o := b.sees("c"); len(lines) > 0 || o.Known {
			b.t.Errorf("a wrong signature opens %q", lines)
		}
		refused(b.t, "the token of somebody else", identify("z", "42", sign(secret, "42")), livechat.ErrToken)
		lines, _ = b.sees("z")
		want(b.t, "who was nobody", lines, []string{"me: I am nobody yet"})
		_, err = b.Send(ctx, b.as("e"), livechat.NewMessage{UUID: "uuid-0003", Text: "x", Signed: true})
		refused(b.t, "a browser that is not known as the user any more", err, livechat.ErrNoVisitor)
		next, err := b.NewSecret(ctx, b.admin(), b.widget.ID)
		b.must(err)
		refused(b.t, "the old secret", identify("d", "42", sign(secret, "42")), livechat.ErrSignature)
		b.must(identify("d", "42", sign(next, "42")))
		if n := b.count("SELECT COUNT(*) FROM livechat_widget WHERE secret LIKE ?", "%"+next+"%"); n != 0 {
			b.t.Error("the secret is stored as it is")
		}
	})
}

// TestConsentAndForms holds back who has not agreed, or not told what the widget wants to know.
func TestConsentAndForms(t *testing.T) {
	t.Parallel()
	agrees := func(l *line.Line) { l.Agreement, l.AgreementText = true, "We keep what you write." }
	both(t, agrees, func(b *bench) {
		ctx := b.t.Context()
		set := b.widget.Settings
		set.Email = livechat.AskBefore
		b.must(b.Change(ctx, b.admin(), b.widget.ID, set))
		if _, o := b.sees("a"); o.State.Consent != "We keep what you write." {
			b.t.Errorf("the visitor is asked to agree to %q", o.State.Consent)
		}
		n := livechat.NewMessage{UUID: "uuid-0001", Text: "Hello"}
		send := func() error { _, err := b.Send(ctx, b.as("a"), n); return err }
		refused(b.t, "without consent", send(), livechat.ErrConsent)
		if _, err := b.Upload(ctx, b.as("a"), livechat.Given{}, false, "a.txt", strings.NewReader("x")); !errors.Is(err, livechat.ErrConsent) {
			b.t.Errorf("a file without consent: %v", err)
		}
		n.Consent = true
		refused(b.t, "without an address", send(), livechat.ErrEmail)
		n.Profile = &livechat.Profile{Email: "no address"}
		refused(b.t, "with a wrong address", send(), livechat.ErrEmail)
		if c := b.count("SELECT COUNT(*) FROM livechat_visitor"); c != 0 {
			b.t.Errorf("%d visitors are kept who did not write", c)
		}
		n.Profile = &livechat.Profile{Name: "Carla", Email: "carla@example.com"}
		b.must(send())
		at := b.count("SELECT consent_at FROM livechat_visitor")
		if at != b.clock.Now().UnixMicro() {
			b.t.Errorf("consent is kept as of %d", at)
		}
		_, visitor := b.chat()
		users, err := b.users.Many(ctx, []int64{visitor})
		b.must(err)
		if u := users[visitor]; u.FirstName != "Carla" || u.Email != "carla@example.com" {
			b.t.Errorf("the operators see %+v", u)
		}
		n = livechat.NewMessage{UUID: "uuid-0002", Text: "Once more"}
		b.must(send())
		agreed := func(what string, user, line int64, want time.Time, wantCurrent bool) {
			b.t.Helper()
			a, err := b.Agreed(ctx, user, line)
			b.must(err)
			if !a.At.Equal(want) || a.Current != wantCurrent || a.Name != "" {
				b.t.Errorf("%s: agreed %+v; want %v, %v", what, a, want, wantCurrent)
			}
		}
		agreed("the client", visitor, b.line.ID, b.clock.Now(), true)
		agreed("somebody else", visitor+1, b.line.ID, time.Time{}, false)
		agreed("in another line", visitor, b.line.ID+1, time.Time{}, false)
		_, _, err = b.lines.Update(ctx, b.admin(), b.line.ID, func(l *line.Line) error {
			l.AgreementText = "We keep it longer."
			return nil
		})
		b.must(err)
		agreed("after the text changed", visitor, b.line.ID, b.clock.Now(), false)
	})
}

// TestOfflineForm takes a question outside the working hours. It waits for the operators.
func TestOfflineForm(t *testing.T) {
	t.Parallel()
	hours := func(l *line.Line) {
		l.WorkTime = line.WorkTime{Enabled: true, From: 10 * 60, To: 18 * 60, Rule: line.Scenario{Rule: line.RuleNone}}
	}
	both(t, hours, func(b *bench) {
		ctx := b.t.Context()
		if _, o := b.sees("a"); !o.State.Form {
			b.t.Errorf("at nine, before the opening at ten: %+v", o.State)
		}
		n := livechat.NewMessage{UUID: "uuid-0001", Text: "Call me", Form: true, Profile: &livechat.Profile{Name: "Carla"}}
		_, err := b.Send(ctx, b.as("a"), n)
		refused(b.t, "a form without an address", err, livechat.ErrEmail)
		n.Profile.Email = "carla@example.com"
		_, err = b.Send(ctx, b.as("a"), n)
		b.must(err)
		chat, _ := b.chat()
		v, err := b.talks.Last(ctx, chat)
		b.must(err)
		if v.State != openline.StateWaiting {
			b.t.Errorf("the conversation is %s", v.State)
		}
		lines, o := b.sees("a")
		want(b.t, "after the form", lines, []string{"me: Call me"})
		if o.State.Phase != livechat.PhaseWaiting || o.State.Position != 1 {
			b.t.Errorf("after the form: %+v", o.State)
		}
		b.clock.Advance(2 * time.Hour)
		if _, o := b.sees("b"); o.State.Form {
			b.t.Error("the form is shown during the working hours")
		}
		set := b.widget.Settings
		set.Offline = livechat.OfflineAbsent
		b.must(b.Change(ctx, b.admin(), b.widget.ID, set))
		b.there.set(b.anna, false)
		if _, o := b.sees("b"); !o.State.Form {
			b.t.Error("nobody is there, and the form is not shown")
		}
		b.there.set(b.anna, true)
		b.clock.Advance(10 * time.Second)
		if _, o := b.sees("b"); o.State.Form {
			b.t.Error("somebody came, and the form is still shown")
		}
	})
}

// TestQueuePlaces tells visitors who wait where they stand.
func TestQueuePlaces(t *testing.T) {
	t.Parallel()
	both(t, func(l *line.Line) { l.CheckAvailable = true }, func(b *bench) {
		b.there.set(b.anna, false)
		for _, letter := range []string{"a", "b", "c"} {
			b.send(letter, "uuid-0001", "Hello")
		}
		for i, letter := range []string{"a", "b", "c"} {
			if _, o := b.sees(letter); o.State.Position != int64(i+1) || o.State.Phase != livechat.PhaseWaiting {
				b.t.Errorf("visitor %d is told %+v", i+1, o.State)
			}
		}
	})
}

// TestFiles lets visitors open their own files and those sent to them, no others.
func TestFiles(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		f, err := b.Upload(ctx, b.as("a"), livechat.Given{}, false, "bill.txt", strings.NewReader("12 EUR"))
		b.must(err)
		_, err = b.Send(ctx, b.as("b"), livechat.NewMessage{UUID: "uuid-0001", Files: []int64{f.ID}})
		refused(b.t, "the file of another in a message", err, livechat.ErrFile)
		m, err := b.Send(ctx, b.as("a"), livechat.NewMessage{UUID: "uuid-0001", Files: []int64{f.ID}})
		b.must(err)
		if len(m.Files) != 1 || m.Files[0] != f {
			b.t.Errorf("the message shows %+v", m.Files)
		}
		chat, _ := b.chat()
		theirs := b.files.add("offer.pdf", 9)
		inner := b.files.add("notes.pdf", 9)
		sent, err := b.im.Send(ctx, im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: "The offer", Files: []int64{theirs.ID}})
		b.must(err)
		_, err = b.im.Send(ctx, im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: "Notes", Files: []int64{inner.ID}, Inner: true})
		b.must(err)
		open := func(letter string, id int64) error { _, err := b.Open(ctx, b.as(letter), id, false); return err }
		b.must(open("a", f.ID))
		b.must(open("a", theirs.ID))
		refused(b.t, "a file of an inner message", open("a", inner.ID), livechat.ErrNoFile)
		b.send("b", "uuid-0002", "Hello")
		refused(b.t, "a file of another visitor", open("b", f.ID), livechat.ErrNoFile)
		b.must(b.im.Delete(ctx, b.anna, sent.ID, false))
		refused(b.t, "a file of a message that was removed", open("a", theirs.ID), livechat.ErrNoFile)
	})
}

// TestRating takes one rating, when it is asked for.
func TestRating(t *testing.T) {
	t.Parallel()
	votes := func(l *line.Line) {
		l.Vote = line.Vote{Enabled: true, BeforeFinish: true, Widget: line.VoteTexts{Ask: "How was it?", Like: "Thanks!", Dislike: "Sorry!"}, Message: line.VoteTexts{Ask: "1 or 0?", Like: "Thanks!", Dislike: "Sorry!"}}
	}
	both(t, votes, func(b *bench) {
		ctx := b.t.Context()
		b.send("a", "uuid-0001", "Hello")
		chat, _ := b.chat()
		b.say(chat, "Done", false)
		refused(b.t, "a rating that nobody asked for", b.Rate(ctx, b.as("a"), true), livechat.ErrVote)
		b.must(b.talks.AskVote(ctx, b.anna, chat))
		if _, o := b.sees("a"); !o.State.Vote || !o.History.Messages[2].Vote {
			b.t.Errorf("the visitor is not asked: %+v", o.State)
		}
		b.must(b.Rate(ctx, b.as("a"), true))
		refused(b.t, "a second rating", b.Rate(ctx, b.as("a"), false), livechat.ErrVote)
		lines, o := b.sees("a")
		want(b.t, "after the rating", lines, []string{"me: Hello", "Anna Weber: Done", ": How was it?", ": Thanks!"})
		v, err := b.talks.Last(ctx, chat)
		b.must(err)
		if v.Vote != openline.VoteLike || o.State.Vote || !o.State.Voted {
			b.t.Errorf("the rating is %d, the visitor sees %+v", v.Vote, o.State)
		}
	})
}

// TestFollow tells a stream what is new, in order and once, and goes on where it was cut.
func TestFollow(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.send("a", "uuid-0001", "Hello")
		chat, _ := b.chat()
		_, o := b.sees("a")
		got := make(chan livechat.Update, 16)
		ctx, cut := context.WithCancel(b.t.Context())
		f, err := b.Follow(ctx, b.as("a"), o.Version)
		b.must(err)
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx, func(u livechat.Update) bool { got <- u; return true }) }()
		if u := <-got; u.State == nil {
			b.t.Errorf("the stream begins with %+v", u)
		}
		b.say(chat, "not for them", true)
		b.say(chat, "one", false)
		u := nextMessages(got)
		if len(u.Messages) != 1 || u.Messages[0].Text != "one" {
			b.t.Errorf("the stream tells %+v", u)
		}
		cut()
		b.must(<-done)
		f.Close()
		b.say(chat, "two", false)
		b.say(chat, "three", false)
		ctx, cut = context.WithCancel(b.t.Context())
		defer cut()
		if f, err = b.Follow(ctx, b.as("a"), u.Version); err != nil {
			b.t.Fatal(err)
		}
		defer f.Close()
		go func() { done <- f.Run(ctx, func(u livechat.Update) bool { got <- u; return u.Messages == nil }) }()
		u = nextMessages(got)
		if len(u.Messages) != 2 || u.Messages[0].Text != "two" || u.Messages[1].Text != "three" {
			b.t.Errorf("after the cut the stream tells %+v", u)
		}
		b.must(<-done)
	})
}

func nextMessages(got <-chan livechat.Update) livechat.Update {
	for u := range got {
		if u.Messages != nil {
			return u
		}
	}
	return livechat.Update{}
}

// TestBounds refuses what is too much, and what is none of the visitor's.
func TestBounds(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		send := func(c livechat.Caller, n livechat.NewMessage) error { _, err := b.Send(ctx, c, n); return err }
		ok := livechat.NewMessage{UUID: "uuid-0001", Text: "x"}
		c := b.as("a")
		c.Code = strings.Repeat("a", 26)
		refused(b.t, "another code", send(c, ok), livechat.ErrNoWidget)
		c.Code = "' OR 1=1 --"
		refused(b.t, "a code that is none", send(c, ok), livechat.ErrNoWidget)
		c = b.as("a")
		c.Token = "short"
		refused(b.t, "a short token", send(c, ok), livechat.ErrToken)
		refused(b.t, "no text", send(b.as("a"), livechat.NewMessage{UUID: "uuid-0001", Text: " \n\x00"}), livechat.ErrText)
		refused(b.t, "a long text", send(b.as("a"), livechat.NewMessage{UUID: "uuid-0001", Text: strings.Repeat("é", 5001)}), livechat.ErrText)
		refused(b.t, "no id", send(b.as("a"), livechat.NewMessage{UUID: "'; DROP", Text: "x"}), livechat.ErrUUID)
		refused(b.t, "many files", send(b.as("a"), livechat.NewMessage{UUID: "uuid-0001", Files: make([]int64, 11)}), livechat.ErrFile)
		n := 0
		for ; n < 100; n++ {
			ok.UUID = "uuid-" + strings.Repeat("x", 4+n%60) + strings.Repeat("y", n/60)
			if err := send(b.as("a"), ok); err != nil {
				refused(b.t, "many messages", err, livechat.ErrTooMany)
				break
			}
		}
		if n < 20 || n > 22 {
			b.t.Errorf("%d messages were taken at once", n)
		}
		b.clock.Advance(time.Minute)
		b.must(send(b.as("a"), livechat.NewMessage{UUID: "uuid-later", Text: "x"}))
		if _, err := b.Before(ctx, b.as("q"), 0); !errors.Is(err, livechat.ErrNoVisitor) {
			b.t.Errorf("an unknown token reads: %v", err)
		}
		b.clock.Advance(181 * 24 * time.Hour)
		if _, o := b.sees("a"); o.Known {
			b.t.Error("a token that was not used for half a year is still known")
		}
	})
}

// TestWidgets lets administrators set up widgets and nobody else, and forgets visitors with their widget.
func TestWidgets(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		ben := user.Ref{ID: 99}
		_, err := b.Add(ctx, ben, b.line.ID, livechat.Defaults())
		refused(b.t, "an employee adds", err, livechat.ErrDenied)
		refused(b.t, "an employee changes", b.Change(ctx, ben, b.widget.ID, livechat.Defaults()), livechat.ErrDenied)
		_, err = b.NewSecret(ctx, ben, b.widget.ID)
		refused(b.t, "an employee makes a secret", err, livechat.ErrDenied)
		refused(b.t, "an employee deletes", b.Delete(ctx, ben, b.widget.ID), livechat.ErrDenied)
		set := livechat.Defaults()
		set.Sites = []string{" shop.example.com ", "https://*.example.org/", "http://localhost:8080", "https://shop.example.com"}
		b.must(b.Change(ctx, b.admin(), b.widget.ID, set))
		w, err := b.Get(ctx, b.admin(), b.widget.ID)
		b.must(err)
		want(b.t, "sites", w.Sites, []string{"https://shop.example.com", "https://*.example.org", "http://localhost:8080"})
		for origin, allowed := range map[string]bool{
			"https://shop.example.com": true, "http://shop.example.com": false, "https://shop.example.com.evil.example": false,
			"https://a.b.example.org": true, "https://example.org": false, "https://evilexample.org": false, "http://localhost:8080": true, "null": false,
		} {
			if w.Allows(origin) != allowed {
				b.t.Errorf("%s is allowed: %t", origin, !allowed)
			}
		}
		for field, bad := range map[string]func(s *livechat.Settings){
			"title": func(s *livechat.Settings) { s.Title = "" }, "color": func(s *livechat.Settings) { s.Color = "red;}" },
			"position": func(s *livechat.Settings) { s.Position = "top" }, "sites": func(s *livechat.Settings) { s.Sites = []string{"javascript:alert(1)"} },
			"offline": func(s *livechat.Settings) { s.Offline = "" }, "email": func(s *livechat.Settings) { s.Email = "maybe" },
		} {
			set := livechat.Defaults()
			bad(&set)
			if err := b.Change(ctx, b.admin(), b.widget.ID, set); err == nil || !strings.Contains(err.Error(), "SETTING_WRONG") {
				b.t.Errorf("a wrong %s: %v", field, err)
			}
		}
		b.send("a", "uuid-0001", "Hello")
		set.Active = false
		b.must(b.Change(ctx, b.admin(), b.widget.ID, set))
		_, err = b.Enter(ctx, b.as("a"))
		refused(b.t, "a widget that is off", err, livechat.ErrNoWidget)
		b.must(b.Delete(ctx, b.admin(), b.widget.ID))
		for _, table := range []string{"livechat_widget", "livechat_visitor", "livechat_token", "livechat_message", "livechat_file"} {
			if n := b.count("SELECT COUNT(*) FROM " + table); n != 0 {
				b.t.Errorf("%d rows are left in %s", n, table)
			}
		}
		if n := b.count("SELECT COUNT(*) FROM audit_entry WHERE module = 'livechat'"); n < 4 {
			b.t.Errorf("%d entries in the log of changes", n)
		}
	})
}

// TestDrafts are shown to operators where the line wants that alone.
func TestDrafts(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{true, false} {
		both(t, func(l *line.Line) { l.WatchTyping = watch }, func(b *bench) {
			b.send("a", "uuid-0001", "Hello")
			b.must(b.Typing(b.t.Context(), b.as("a"), "I would li"))
			draft := "I would li"
			if !watch {
				draft = ""
			}
			want(b.t, "what operators see", b.msgr.drafts, []string{draft})
			if watch {
				b.must(b.Typing(b.t.Context(), b.as("a"), "much "+strings.Repeat("x", 1000)+"!"))
				want(b.t, "the end of what is long", b.msgr.drafts[1:], []string{strings.Repeat("x", 1000) + "!"})
			}
			refused(b.t, "somebody unknown types", b.Typing(b.t.Context(), b.as("b"), "x"), livechat.ErrNoVisitor)
		})
	}
}
