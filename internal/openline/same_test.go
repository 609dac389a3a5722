package openline_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/openline"
)

// TestSamePerson merges clients, and separates them again: what they are in their channels stays as it was.
func TestSamePerson(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := t.Context()
		vera, veraAgain, carl, dora := b.client("Vera", "Hello"), b.client("Vera Lind", "Hello"), b.client("Carl", "Hello"), b.client("Dora", "Hello")
		is := func(what string, id int64, want ...int64) {
			t.Helper()
			slices.Sort(want)
			got, err := b.Person(ctx, id)
			b.must(err)
			if !slices.Equal(got, want) {
				t.Errorf("%s: client %d is %v, want %v", what, id, got, want)
			}
		}
		is("before", vera.VisitorID, vera.VisitorID)
		b.must(b.Merge(ctx, b.anna, vera.VisitorID, veraAgain.VisitorID))
		is("merged", vera.VisitorID, vera.VisitorID, veraAgain.VisitorID)
		is("merged", veraAgain.VisitorID, vera.VisitorID, veraAgain.VisitorID)
		b.must(b.Merge(ctx, b.anna, carl.VisitorID, dora.VisitorID))
		b.must(b.Merge(ctx, b.anna, dora.VisitorID, veraAgain.VisitorID))
		is("two persons in one", carl.VisitorID, vera.VisitorID, veraAgain.VisitorID, carl.VisitorID, dora.VisitorID)
		for what, c := range map[string]struct{ got, want error }{
			"oneself":     {b.Merge(ctx, b.anna, carl.VisitorID, carl.VisitorID), openline.ErrSameSelf},
			"again":       {b.Merge(ctx, b.anna, carl.VisitorID, vera.VisitorID), openline.ErrSame},
			"an operator": {b.Merge(ctx, b.anna, carl.VisitorID, b.boris), openline.ErrNoClient},
			"nobody":      {b.Merge(ctx, b.anna, 99_999, carl.VisitorID), openline.ErrNoClient},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: %v, want %v", what, c.got, c.want)
			}
		}
		b.must(b.Separate(ctx, b.anna, vera.VisitorID)) // the one that stood for all
		is("separated", vera.VisitorID, vera.VisitorID)
		is("the others", dora.VisitorID, veraAgain.VisitorID, carl.VisitorID, dora.VisitorID)
		b.must(b.Separate(ctx, b.anna, dora.VisitorID))
		b.must(b.Separate(ctx, b.anna, carl.VisitorID))
		is("the last two are apart", veraAgain.VisitorID, veraAgain.VisitorID)
		if err := b.Separate(ctx, b.anna, carl.VisitorID); !errors.Is(err, openline.ErrNotSame) {
			t.Errorf("separated once more: %v", err)
		}
		again := b.client("Vera", "Hello again")
		if again.VisitorID != vera.VisitorID || again.ChatID != vera.ChatID {
			t.Errorf("the client writes as %+v, was %+v", again, vera)
		}
		identities, err := b.Identities(ctx, []int64{vera.VisitorID, carl.VisitorID})
		b.must(err)
		if len(identities) != 2 || identities[0].VisitorID == identities[1].VisitorID {
			t.Errorf("the identities are %+v", identities)
		}
		var notes []string
		for _, e := range b.recorded {
			notes = append(notes, e.Type)
		}
		want := []string{"CLIENTS_MERGED", "CLIENTS_MERGED", "CLIENTS_MERGED", "CLIENTS_SEPARATED", "CLIENTS_SEPARATED", "CLIENTS_SEPARATED"}
		same(t, "recorded", notes, want)
		if e := b.recorded[0]; e.UserID != b.anna || e.Description != "Said that the clients Vera ("+strconv.FormatInt(vera.VisitorID, 10)+") and Vera Lind ("+
			strconv.FormatInt(veraAgain.VisitorID, 10)+") are the same person." {
			t.Errorf("recorded %+v", e)
		}
	})
}

// TestManyCannotBeOne holds a person to a number of clients that a page can show.
func TestManyCannotBeOne(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		first := b.client("Client 0", "Hello").VisitorID
		for i := 1; i < 20; i++ {
			b.must(b.Merge(t.Context(), b.anna, first, b.client("Client "+strconv.Itoa(i), "Hello").VisitorID))
		}
		last := b.client("Client 20", "Hello").VisitorID
		if err := b.Merge(t.Context(), b.anna, last, first); !errors.Is(err, openline.ErrManySame) {
			t.Errorf("one too many: %v", err)
		}
	})
}

// TestProvedKey makes two devices of a user whom the channel has proved one client without anybody saying so, and nobody else.
func TestProvedKey(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		from := func(device, key string) int64 {
			t.Helper()
			r, err := b.Receive(t.Context(), openline.Incoming{
				Connector: "chat", LineID: b.support.ID, ChatID: device, Client: openline.Client{ID: device, FirstName: "Vera", Email: "vera@example.com", Key: key}, Text: "Hello",
			})
			b.must(err)
			return r.VisitorID
		}
		phone, laptop, stranger, unsigned := from("phone", "shop:7"), from("laptop", "shop:7"), from("other", "shop:8"), from("new", "")
		if phone != laptop {
			t.Errorf("two devices of a signed user are clients %d and %d", phone, laptop)
		}
		if stranger == phone || unsigned == phone || unsigned == stranger {
			t.Errorf("the same name and address make one client of several: %d, %d, %d", phone, stranger, unsigned)
		}
	})
}
