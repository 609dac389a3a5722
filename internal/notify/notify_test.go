package notify_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
)

func TestNotificationsAreListedInStagesAndPages(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		decide := []notify.Button{{Title: "Yes", Value: "Y", Kind: "accept"}}
		b.tell(t, notify.Notice{UserID: b.anna, AuthorID: b.boris, Text: " one "})
		first := b.tell(t, notify.Notice{UserID: b.anna, Text: "ask 1", Module: "tasks", Event: "approve", Buttons: decide})
		b.tell(t, notify.Notice{UserID: b.anna, Text: "two"})
		b.tell(t, notify.Notice{UserID: b.boris, Text: "not hers"})
		last := b.tell(t, notify.Notice{UserID: b.anna, Text: "ask 2", Module: "tasks", Event: "approve", Buttons: decide})

		for _, tt := range []struct {
			q    notify.Query
			want string
		}{
			{notify.Query{}, "ask 2,ask 1,two,one"},
			{notify.Query{Limit: 1}, "ask 2"},
			{notify.Query{Limit: 2, After: notify.After{Stage: notify.StageConfirm, ID: last}}, "ask 1,two"},
			{notify.Query{After: notify.After{Stage: notify.StageOther, ID: last}}, "two,one"},
			{notify.Query{After: notify.After{Stage: notify.StageOther, ID: first}}, "one"},
		} {
			if got := strings.Join(b.texts(t, b.anna, tt.q), ","); got != tt.want {
				t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
			}
		}
		totals, err := b.Totals(t.Context(), b.anna)
		if want := (notify.Totals{ChatID: 70 + b.anna, Total: 4, Unread: 4}); err != nil || totals != want {
			t.Errorf("totals %+v, %v, want %+v", totals, err, want)
		}
		if totals, err := b.Totals(t.Context(), b.clara); err != nil || totals != (notify.Totals{}) {
			t.Errorf("of nobody's: %+v, %v", totals, err)
		}
		n, err := b.Get(t.Context(), b.anna, first)
		if err != nil || n.Type != notify.Confirm || !n.Created.Equal(began) || n.Read || !slices.Equal(n.Buttons, decide) || n.AuthorID != 0 {
			t.Errorf("%+v, %v", n, err)
		}
		if _, err := b.Get(t.Context(), b.boris, first); fault.Of(err).Code != "NOTIFICATION_NOT_FOUND" {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestMarksAndHints(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		var ids []int64
		for i := range 4 {
			ids = append(ids, b.tell(t, notify.Notice{UserID: b.anna, Text: fmt.Sprint("[b]n[/b]", i)}))
		}
		hints := b.live.take()
		if want := fmt.Sprintf(`[%d] notify {"id":%d,"text":"n3","unread":4}`, b.anna, ids[3]); len(hints) != 4 || hints[3] != want {
			t.Errorf("hints %q, want the last to be %q", hints, want)
		}
		unread := func(what string, want int64) {
			t.Helper()
			if n, err := b.Unread(ctx, b.anna); err != nil || n != want {
				t.Errorf("%s: %d unread, %v, want %d", what, n, err, want)
			}
			if hints := b.live.take(); len(hints) != 1 || hints[0] != fmt.Sprintf(`[%d] notify {"unread":%d}`, b.anna, want) {
				t.Errorf("%s: hints %q", what, hints)
			}
		}
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		check(b.MarkOne(ctx, b.anna, ids[0], notify.Read))
		unread("one", 3)
		check(b.MarkFrom(ctx, b.anna, ids[2], notify.Read))
		unread("from the third on", 1)
		check(b.MarkMany(ctx, b.anna, []int64{ids[0], ids[2], 999}, notify.Unread))
		unread("two unread again", 3)
		n, err := b.ReadAll(ctx, b.anna)
		check(err)
		if unread("all", 0); n != 0 {
			t.Errorf("%d are left", n)
		}
		check(b.MarkOne(ctx, b.boris, ids[0], notify.Unread))
		b.live.take()
		if n, _ := b.Unread(ctx, b.anna); n != 0 {
			t.Error("somebody else marked hers")
		}
		if ok, err := b.Delete(ctx, b.boris, ids[1]); ok || err != nil {
			t.Errorf("somebody else deleted hers: %v", err)
		}
		if ok, err := b.Delete(ctx, b.anna, ids[1]); !ok || err != nil {
			t.Errorf("not deleted: %v", err)
		}
		unread("deleted", 0)
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for _, who := range []int64{b.anna, b.boris} {
			b.tell(t, notify.Notice{UserID: who, Text: "old", Tag: "T", SubTag: "S"})
			b.tell(t, notify.Notice{UserID: who, Text: "other", Tag: "U", SubTag: "S"})
		}
		b.tell(t, notify.Notice{UserID: b.anna, Text: "new", Tag: "T"})
		list := func(want string) {
			t.Helper()
			if got := strings.Join(b.texts(t, b.anna, notify.Query{}), ",") + "|" + strings.Join(b.texts(t, b.boris, notify.Query{}), ","); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		list("new,other|other,old")
		b.tell(t, notify.Notice{UserID: b.anna, Text: "newest", Tag: "T", Replaces: notify.Everywhere})
		list("newest,other|other")
		if ok, err := b.DeleteTagged(t.Context(), "", "S"); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
		list("newest|")
		if ok, err := b.DeleteTagged(t.Context(), "nothing", ""); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	})
}

func TestADecisionIsMadeOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.tell(t, notify.Notice{
			UserID: b.anna, Text: "Approve?", Module: "tasks", Event: "approve", Ref: 42, Answers: true,
			Buttons: []notify.Button{{Title: "Yes", Value: "Y"}, {Title: "No", Value: "N"}},
		})
		if _, err := b.Press(ctx, b.anna, id, "MAYBE"); fault.Of(err).Code != "NOTIFY_VALUE_ERROR" {
			t.Errorf("a button that is not there: %v", err)
		}
		if _, err := b.Press(ctx, b.boris, id, "Y"); fault.Of(err).Code != "NOTIFICATION_NOT_FOUND" {
			t.Errorf("somebody else: %v", err)
		}
		if told, err := b.Press(ctx, b.anna, id, "Y"); err != nil || told != "You said Y." {
			t.Errorf("told %q, %v", told, err)
		}
		if _, err := b.Press(ctx, b.anna, id, "N"); fault.Of(err).Code != "NOTIFY_VALUE_ERROR" {
			t.Errorf("a second press: %v", err)
		}
		n, err := b.Get(ctx, b.anna, id)
		if err != nil || !n.Read || n.Buttons != nil || n.Type != notify.Personal || n.Result != "You said Y." {
			t.Errorf("%+v, %v", n, err)
		}
		if told, err := b.Answer(ctx, b.anna, id, "gladly"); err != nil || told != "You said gladly." {
			t.Errorf("told %q, %v", told, err)
		}
		if !slices.Equal(b.pressed, []string{"42 Y", "42 gladly"}) {
			t.Errorf("done %q", b.pressed)
		}
		plain := b.tell(t, notify.Notice{UserID: b.anna, Text: "plain"})
		if _, err := b.Answer(ctx, b.anna, plain, "x"); fault.Of(err).Code != "ANSWER_TEXT_ERROR" {
			t.Errorf("an answer that nobody takes: %v", err)
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.tell(t, notify.Notice{UserID: b.anna, AuthorID: b.boris, Text: "The [b]INVOICE[/b] of 100%", SubTag: "G"})
		b.clock.Advance(24 * time.Hour)
		b.tell(t, notify.Notice{UserID: b.anna, AuthorID: b.clara, Text: "Another invoice", Module: "tasks", Event: "approve"})
		b.tell(t, notify.Notice{UserID: b.anna, Text: "Übergabe"})
		b.tell(t, notify.Notice{UserID: b.boris, Text: "invoice of somebody else"})
		day := began.Truncate(24 * time.Hour)
		for _, tt := range []struct {
			name string
			q    notify.Search
			want string
		}{
			{"all", notify.Search{}, "Übergabe|Another invoice|The [b]INVOICE[/b] of 100%"},
			{"any case", notify.Search{Text: "Invoice"}, "Another invoice|The [b]INVOICE[/b] of 100%"},
			{"beyond ASCII", notify.Search{Text: "ÜBER"}, "Übergabe"},
			{"through marks", notify.Search{Text: "the invoice of"}, "The [b]INVOICE[/b] of 100%"},
			{"what LIKE takes for anything", notify.Search{Text: "100%"}, "The [b]INVOICE[/b] of 100%"},
			{"not anything", notify.Search{Text: "%"}, "The [b]INVOICE[/b] of 100%"},
			{"module", notify.Search{Kinds: []string{"tasks"}}, "Another invoice"},
			{"module and event", notify.Search{Kinds: []string{"tasks|approve", "im"}}, "Another invoice"},
			{"another event", notify.Search{Kinds: []string{"tasks|other"}}, ""},
			{"author", notify.Search{Authors: []int64{b.boris, 99}}, "The [b]INVOICE[/b] of 100%"},
			{"day", notify.Search{From: day, To: day.AddDate(0, 0, 1)}, "The [b]INVOICE[/b] of 100%"},
			{"more than a pattern takes", notify.Search{Text: strings.Repeat("invoice%", 10_000)}, ""},
			{"many kinds", notify.Search{Kinds: append(slices.Repeat([]string{"other|one"}, 9_000), "tasks|approve")}, "Another invoice"},
			{"tag", notify.Search{Tag: "G"}, "The [b]INVOICE[/b] of 100%"},
		} {
			list, total, err := b.Search(t.Context(), b.anna, tt.q)
			var texts []string
			for _, n := range list {
				texts = append(texts, n.Text)
			}
			if got := strings.Join(texts, "|"); err != nil || got != tt.want || total != int64(len(list)) {
				t.Errorf("%s: %q, %d in all, %v, want %q", tt.name, got, total, err, tt.want)
			}
		}
		all, _, _ := b.Search(t.Context(), b.anna, notify.Search{})
		rest, total, err := b.Search(t.Context(), b.anna, notify.Search{Before: all[0].ID, Limit: 1})
		if err != nil || total != 0 || len(rest) != 1 || rest[0].ID != all[1].ID {
			t.Errorf("the second page: %+v, %d, %v", rest, total, err)
		}
	})
}

func TestSettingsSayWhatComes(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		rest := notify.ModuleRest + "|" + notify.EventRest
		if err := b.SaveSettings(ctx, b.anna, notify.Settings{NoPage: []string{rest}}); err != nil {
			t.Fatal(err)
		}
		if id := b.tell(t, notify.Notice{UserID: b.anna, Text: "unwanted"}); id != 0 {
			t.Errorf("notification %d", id)
		}
		b.tell(t, notify.Notice{UserID: b.anna, Text: "wanted", Module: "tasks", Event: "approve"})
		if got := b.texts(t, b.anna, notify.Query{}); !slices.Equal(got, []string{"wanted"}) {
			t.Errorf("%q", got)
		}
		for _, bad := range []notify.Settings{
			{NoPush: []string{"no|kind"}}, {QuietFrom: -1}, {QuietTo: 1440}, {Quiet: true, QuietFrom: 60, QuietTo: 60},
		} {
			if err := b.SaveSettings(ctx, b.anna, bad); fault.Of(err).Code != "INVALID_FIELD" {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if s, err := b.Settings(ctx, b.anna); err != nil || s.Way(rest).Page || !s.Way(rest).Push {
			t.Errorf("%+v, %v", s, err)
		}
		for _, n := range []notify.Notice{{UserID: b.anna, Text: "  "}, {Text: "x"}} {
			if _, err := b.Tell(ctx, n); fault.Of(err).Kind != fault.Invalid {
				t.Errorf("%+v: %v", n, err)
			}
		}
	})
}

func TestPresence(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		if err := b.SetStatus(ctx, b.anna, "sleepy"); fault.Of(err).Code != "STATUS_ERROR" {
			t.Errorf("a status that is none: %v", err)
		}
		for _, s := range []notify.Status{notify.Busy, notify.Invisible} {
			if err := b.SetStatus(ctx, b.anna, s); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{
			fmt.Sprintf(`all presence {"userId":%d,"status":"dnd"}`, b.anna), fmt.Sprintf(`all presence {"userId":%d,"status":"offline"}`, b.anna),
		}
		if got := b.live.take(); !slices.Equal(got, want) {
			t.Errorf("hints %q, want %q", got, want)
		}
		idle := began.Add(-10 * time.Minute)
		if err := b.SetIdle(ctx, b.boris, idle); err != nil {
			t.Fatal(err)
		}
		if err := b.See(ctx, b.boris); err != nil {
			t.Fatal(err)
		}
		got, err := b.Presence(ctx, []int64{b.anna, b.boris, b.clara})
		if err != nil || got[b.anna].Status != notify.Invisible || got[b.clara] != (notify.Presence{Status: notify.Online}) ||
			got[b.boris].Status != notify.Online || !got[b.boris].Idle.Equal(idle) || !got[b.boris].Seen.Equal(began) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestOldNotificationsAreForgotten(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		const kept = 20
		b.Keep(kept)
		b.tell(t, notify.Notice{UserID: b.boris, Text: "very old"})
		b.clock.Advance(200 * 24 * time.Hour)
		err := b.db.Write(ctx, func(tx *db.Tx) error {
			for i := range kept + 3 {
				if _, err := b.TellTx(ctx, tx, notify.Notice{UserID: b.anna, Text: strconv.Itoa(i), Module: notify.ModuleRest, Event: notify.EventRest}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		count := func() int64 {
			totals, err := b.Totals(ctx, b.anna)
			if err != nil {
				t.Fatal(err)
			}
			return totals.Total
		}
		if got := b.texts(t, b.boris, notify.Query{}); len(got) != 0 || count() != kept+3 {
			t.Errorf("kept %q, and %d unread ones", got, count())
		}
		if _, err := b.ReadAll(ctx, b.anna); err != nil {
			t.Fatal(err)
		}
		if err := b.Sweep(ctx); err != nil || count() != kept {
			t.Errorf("%d are left, %v", count(), err)
		}
	})
}
