package notify_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
)

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestNoticesArePushedToEveryDevice(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.subscribe(t, b.anna, "https://push.example/1")
		b.subscribe(t, b.anna, "https://push.example/2")
		b.subscribe(t, b.boris, "https://push.example/3")
		b.tell(t, notify.Notice{UserID: b.anna, Text: "The [b]build[/b] is red", Out: "Build: red"})
		same(t, "both devices", b.sent(t), "1 Notifications of applications: Build: red", "2 Notifications of applications: Build: red")
		b.tell(t, notify.Notice{UserID: b.anna, Text: "[b]Green[/b] again", Title: "Build", NoPush: true})
		same(t, "told otherwise", b.sent(t))
		b.tell(t, notify.Notice{UserID: b.anna, Text: "first", Title: "Build", Tag: "b"})
		b.tell(t, notify.Notice{UserID: b.anna, Text: "second", Title: "Build", Tag: "b"})
		same(t, "one takes the place of another", b.sent(t), "1 Build: second", "2 Build: second")
	})
}

func TestNobodyIsPushedWhoWantsQuietOrLooks(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.subscribe(t, b.anna, "https://push.example/1")
		pushes := func(what string, want bool) {
			t.Helper()
			b.tell(t, notify.Notice{UserID: b.anna, Text: "x", Title: "T"})
			if got := b.sent(t); (len(got) == 1) != want {
				t.Errorf("%s: %q", what, got)
			}
		}
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		pushes("at first", true)
		check(b.See(ctx, b.anna))
		pushes("while she looks", false)
		check(b.LookAway(ctx, b.anna))
		pushes("when she looks away", true)
		check(b.See(ctx, b.anna))
		b.clock.Advance(80 * time.Second)
		pushes("when the page says nothing any more", true)
		check(b.SetStatus(ctx, b.anna, notify.Busy))
		pushes("while she is busy", false)
		check(b.SetStatus(ctx, b.anna, notify.Away))
		check(b.SaveSettings(ctx, b.anna, notify.Settings{Quiet: true, QuietFrom: 22 * 60, QuietTo: 7 * 60, Zone: "Asia/Tokyo"}))
		pushes("at 18:01 in Tokyo", true)
		b.clock.Advance(4 * time.Hour)
		pushes("at 22:01 in Tokyo", false)
		b.clock.Advance(8 * time.Hour)
		pushes("at 6:01 in Tokyo", false)
		b.clock.Advance(time.Hour)
		pushes("at 7:01 in Tokyo", true)
		check(b.SaveSettings(ctx, b.anna, notify.Settings{NoPush: []string{"rest|rest_notify"}}))
		pushes("of a kind that she does not want", false)
		if n, _ := b.Unread(ctx, b.anna); n != 10 {
			t.Errorf("%d are in the centre", n)
		}
	})
}

func TestFailedPushesAreTriedAgainAndGoneDevicesForgotten(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.subscribe(t, b.anna, "https://push.example/1")
		b.pusher.answer = func(notify.Outgoing) notify.Outcome { return notify.Outcome{Problem: "push.example answered 503"} }
		b.tell(t, notify.Notice{UserID: b.anna, Text: "x", Title: "T"})
		tries, waited := 0, time.Duration(0)
		for range 20 {
			tries += len(b.sent(t))
			due, err := b.Due(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if due.IsZero() {
				break
			}
			waited += due.Sub(b.clock.Now())
			b.clock.Set(due)
		}
		if tries != 6 || waited != (10+40+160+640+2560)*time.Second {
			t.Errorf("%d attempts in %s", tries, waited)
		}
		if d, err := b.Devices(ctx, b.anna); err != nil || len(d) != 1 || d[0].Problem != "push.example answered 503" || !d[0].Sent.IsZero() {
			t.Errorf("%+v, %v", d, err)
		}
		b.pusher.answer = func(notify.Outgoing) notify.Outcome { return notify.Outcome{Problem: "later", Wait: 5 * time.Minute} }
		b.tell(t, notify.Notice{UserID: b.anna, Text: "y", Title: "T"})
		b.sent(t)
		if due, _ := b.Due(ctx); due.Sub(b.clock.Now()) != 5*time.Minute {
			t.Errorf("the service asked for 5 minutes, it waits %s", due.Sub(b.clock.Now()))
		}
		b.clock.Advance(5 * time.Minute)
		b.pusher.answer = nil
		same(t, "in the end", b.sent(t), "1 T: y")
		if d, _ := b.Devices(ctx, b.anna); d[0].Problem != "" || !d[0].Sent.Equal(b.clock.Now()) {
			t.Errorf("%+v", d)
		}
		b.pusher.answer = func(notify.Outgoing) notify.Outcome { return notify.Outcome{Refused: true, Problem: "413"} }
		b.tell(t, notify.Notice{UserID: b.anna, Text: "too large", Title: "T"})
		b.sent(t)
		if due, _ := b.Due(ctx); !due.IsZero() {
			t.Error("what is refused waits")
		}
		b.pusher.answer = func(notify.Outgoing) notify.Outcome { return notify.Outcome{Gone: true} }
		b.tell(t, notify.Notice{UserID: b.anna, Text: "z", Title: "T"})
		b.tell(t, notify.Notice{UserID: b.anna, Text: "zz", Title: "T"})
		b.sent(t)
		if d, err := b.Devices(ctx, b.anna); err != nil || len(d) != 0 {
			t.Errorf("%+v, %v", d, err)
		}
		if due, _ := b.Due(ctx); !due.IsZero() {
			t.Error("something waits for a device that is gone")
		}
	})
}

func TestMessagesArePushedAndMentionsListed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.subscribe(t, b.anna, "https://push.example/anna")
		b.subscribe(t, b.boris, "https://push.example/boris")
		b.subscribe(t, b.clara, "https://push.example/clara")
		group := notify.ChatMessage{ID: 5, ChatID: 12, AuthorID: b.boris, Text: "Hi [b]all[/b]", Title: "Plans", Group: true}
		tell := func(m notify.ChatMessage) {
			t.Helper()
			b.message(t, m)
			b.spread(t)
		}
		b.members[12], b.members[13] = []int64{b.anna, b.boris, b.clara}, []int64{b.anna, b.boris}
		tell(group)
		same(t, "all but the author", b.sent(t), "anna Boris in Plans: Hi all", "clara Boris in Plans: Hi all")
		b.muted[12] = []int64{b.clara}
		tell(group)
		same(t, "who muted the chat", b.sent(t), "anna Boris in Plans: Hi all")
		mention := group
		mention.ID, mention.Text, mention.Mentions = 6, "Look, [user=1]Anna[/user]", []int64{b.anna, b.clara, b.boris, 99}
		tell(mention)
		same(t, "mentioned in spite of that", b.sent(t), "anna Boris mentioned you in Plans: Look, Anna", "clara Boris mentioned you in Plans: Look, Anna")
		list, err := b.List(ctx, b.anna, notify.Query{})
		if err != nil || len(list) != 1 || list[0].AuthorID != b.boris || list[0].URL != "/online/chat12?m=6" || !list[0].Answers || list[0].Kind() != "im|mention" {
			t.Errorf("%+v, %v", list, err)
		}
		if chat, ok := notify.MentionChat(list[0]); !ok || chat != 12 {
			t.Errorf("chat %d", chat)
		}
		private := notify.ChatMessage{ID: 7, ChatID: 13, AuthorID: b.boris, Attach: true, Mentions: []int64{b.anna}}
		tell(private)
		same(t, "a private picture", b.sent(t), "anna Boris: Sent an attachment")
		private.ID, private.Text, private.Carries = 8, "[b]Mark Novak:[/b]\n", "File: plan.pdf"
		tell(private)
		same(t, "a file that somebody is named for", b.sent(t), "anna Boris: Mark Novak: File: plan.pdf")
		for _, quiet := range []notify.ChatMessage{{Silent: true}, {System: true}} {
			quiet.AuthorID, quiet.ChatID, quiet.Text = b.boris, 13, "x"
			tell(quiet)
		}
		same(t, "silent and system messages", b.sent(t))
		if err := b.ReadMentions(ctx, b.anna, 12, 5); err != nil {
			t.Fatal(err)
		}
		if n, _ := b.Unread(ctx, b.anna); n != 1 {
			t.Errorf("%d unread: an older message was read", n)
		}
		if err := b.ReadMentions(ctx, b.anna, 12, 6); err != nil {
			t.Fatal(err)
		}
		if n, _ := b.Unread(ctx, b.anna); n != 0 {
			t.Errorf("%d unread after reading", n)
		}
		if n, _ := b.Unread(ctx, b.clara); n != 1 {
			t.Errorf("somebody else's reading counts: %d", n)
		}
	})
}

func TestDevices(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		good := subscription(t, "https://push.example/1")
		for name, change := range map[string]func(*notify.Subscription){
			"http":       func(s *notify.Subscription) { s.Endpoint = "http://push.example/1" },
			"no host":    func(s *notify.Subscription) { s.Endpoint = "https:///1" },
			"a password": func(s *notify.Subscription) { s.Endpoint = "https://a:b@push.example/1" },
			"no address": func(s *notify.Subscription) { s.Endpoint = "\x00" },
			"too long":   func(s *notify.Subscription) { s.Endpoint += string(make([]byte, 3000)) },
			"no key":     func(s *notify.Subscription) { s.P256dh = "" },
			"not on a curve": func(s *notify.Subscription) {
				s.P256dh = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			},
			"short secret": func(s *notify.Subscription) { s.Auth = "AAAA" },
		} {
			s := good
			change(&s)
			if err := b.Subscribe(ctx, b.anna, s, "x"); fault.Of(err).Code != "SUBSCRIPTION_INVALID" {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.subscribe(t, b.anna, "https://push.example/1")
		b.subscribe(t, b.boris, "https://push.example/1")
		if d, err := b.Devices(ctx, b.anna); err != nil || len(d) != 0 {
			t.Errorf("a browser that another person uses now: %+v, %v", d, err)
		}
		for i := range notify.MaxDevices + 2 {
			b.subscribe(t, b.anna, fmt.Sprint("https://push.example/", 10+i))
		}
		devices, err := b.Devices(ctx, b.anna)
		if err != nil || len(devices) != notify.MaxDevices || devices[0].Name != "Chromium on Linux" || !devices[0].Created.Equal(began) {
			t.Fatalf("%d devices, %v", len(devices), err)
		}
		b.tell(t, notify.Notice{UserID: b.anna, Text: "x", Title: "T"})
		if err := b.RemoveDevice(ctx, b.boris, devices[0].ID); fault.Of(err).Code != "DEVICE_NOT_FOUND" {
			t.Errorf("somebody else's: %v", err)
		}
		if err := b.RemoveDevice(ctx, b.anna, devices[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := b.Unsubscribe(ctx, b.anna, "https://push.example/12"); err != nil {
			t.Fatal(err)
		}
		if got := b.sent(t); len(got) != notify.MaxDevices-2 {
			t.Errorf("%d pushes went out", len(got))
		}
		err = b.db.Write(ctx, func(tx *db.Tx) error { return b.LeaveTx(ctx, tx, b.anna) })
		if left, _ := b.Devices(ctx, b.anna); err != nil || len(left) != 0 {
			t.Errorf("%d are left of who left, %v", len(left), err)
		}
		one, err := b.PublicKey(ctx)
		if again, _ := b.PublicKey(ctx); err != nil || one == "" || again != one {
			t.Errorf("%q, then %q, %v", one, again, err)
		}
	})
}

func TestWithoutAKeyThereIsNoPush(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		bare := notify.New(notify.Config{DB: b.db, Clock: b.clock, Live: b.live, Chats: b, Kinds: notify.Kinds(), Pusher: b.pusher})
		if err := bare.Subscribe(t.Context(), b.anna, subscription(t, "https://push.example/1"), "x"); fault.Of(err).Code != "PUSH_UNAVAILABLE" {
			t.Errorf("%v", err)
		}
		if _, err := bare.PublicKey(t.Context()); fault.Of(err).Code != "PUSH_UNAVAILABLE" {
			t.Errorf("%v", err)
		}
	})
}

// waiting returns how many messages wait to be told of.
func (b *bench) waiting(t *testing.T) (n int64) {
	t.Helper()
	err := b.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM notify_message").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMessagesWaitWithTheirTransaction(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.members[12] = []int64{b.anna, b.boris}
		m := notify.ChatMessage{ID: 5, ChatID: 12, AuthorID: b.boris, Text: "Hi", Title: "Plans", Group: true}
		b.message(t, m)
		if n := b.waiting(t); n != 0 {
			t.Errorf("%d wait where nobody has a device", n)
		}
		b.subscribe(t, b.boris, "https://push.example/boris")
		b.subscribe(t, b.clara, "https://push.example/clara")
		b.message(t, m)
		if n := b.waiting(t); n != 0 {
			t.Errorf("%d wait where the author and a stranger alone have a device", n)
		}
		b.subscribe(t, b.anna, "https://push.example/anna")
		undone := errors.New("undone")
		err := b.db.Write(ctx, func(tx *db.Tx) error {
			if err := b.MessageTx(ctx, tx, m, b.members[12]); err != nil {
				return err
			}
			return undone
		})
		if n := b.waiting(t); !errors.Is(err, undone) || n != 0 {
			t.Errorf("%d wait of what was undone, %v", n, err)
		}
		b.message(t, m)
		if n := b.waiting(t); n != 1 {
			t.Errorf("%d wait", n)
		}
		// Another process tells of it, after this one has ended.
		again := *b
		again.Service = notify.New(b.config)
		again.spread(t)
		same(t, "after a crash", again.sent(t), "anna Boris in Plans: Hi")
		if n := b.waiting(t); n != 0 {
			t.Errorf("%d wait after they were told", n)
		}
		b.message(t, m)
		b.clock.Advance(25 * time.Hour)
		b.spread(t)
		same(t, "a day later", b.sent(t))
		if err := b.Unsubscribe(ctx, b.anna, "https://push.example/anna"); err != nil {
			t.Fatal(err)
		}
		b.message(t, m)
		if n := b.waiting(t); n != 0 {
			t.Errorf("%d wait after the last device went", n)
		}
	})
}

func TestEverybodyIsToldInParts(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const size = 2*notify.SpreadPeople + 50
		for i := range size {
			b.members[12] = append(b.members[12], int64(i+1))
		}
		b.muted[12] = []int64{b.clara}
		b.subscribe(t, b.clara, "https://push.example/clara")
		b.message(t, notify.ChatMessage{ID: 5, ChatID: 12, AuthorID: b.boris, Text: "Hi", Title: "Plans", Group: true, All: true})
		if writes := b.spread(t); writes != 3 {
			t.Errorf("told in %d writes", writes)
		}
		same(t, "who muted the chat is mentioned too", b.sent(t), "clara Boris mentioned you in Plans: Hi")
		var n, people int64
		err := b.db.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM notification").Scan(&n, &people)
		})
		if err != nil || n != size-1 || people != n {
			t.Errorf("%d notifications of %d people, %v", n, people, err)
		}
	})
}
