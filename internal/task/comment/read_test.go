package comment_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/user"
)

// TestWhatIsReadInTheMessengerIsReadAtTheTask reads comments in the chat, on the card, and makes them unread again.
func TestWhatIsReadInTheMessengerIsReadAtTheTask(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first, second := b.add(anna, "Is the van here?"), b.add(anna, "Are the boxes?")
		b.add(dan, "Not yet") // who answers has read what was there
		chatID, err := b.ChatID(ctx, ben, b.task)
		if err != nil {
			t.Fatal(err)
		}
		left := func(who user.Ref, want int64) {
			t.Helper()
			marks, err := b.tasks.MarksOf(ctx, who, []int64{b.task})
			if err != nil || marks[b.task].NewComments != want {
				t.Errorf("%d new comments, want %d, %v", marks[b.task].NewComments, want, err)
			}
		}
		read := func(who user.Ref, upTo int64) {
			t.Helper()
			b.hints = nil
			if _, err := b.im.Read(ctx, who.ID, chatID, upTo); err != nil {
				t.Fatal(err)
			}
		}
		told := func(want ...string) {
			t.Helper()
			if !slices.Equal(b.hints, want) {
				t.Errorf("told %q, want %q", b.hints, want)
			}
		}
		hint := fmt.Sprintf("task:changed [2] {ID:%d Deleted:false Counters:true}", b.task)
		left(ben, 3)
		left(dan, 0)
		left(anna, 1)
		read(ben, first)
		left(ben, 2)
		told(hint)
		read(ben, second)
		left(ben, 1)
		read(ben, 0)
		left(ben, 0)
		told(hint)
		read(ben, 0)
		told()
		if err := b.im.MarkUnreadFrom(ctx, ben.ID, chatID, second); err != nil {
			t.Fatal(err)
		}
		left(ben, 2)
		if err := b.tasks.See(ctx, ben, b.task); err != nil { // the card shows them all
			t.Fatal(err)
		}
		read(ben, second)
		left(ben, 0)
		if err := b.im.ReadAll(ctx, anna.ID); err != nil {
			t.Fatal(err)
		}
		left(anna, 0)
	})
}
