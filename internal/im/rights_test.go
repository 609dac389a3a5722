package im_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

func TestRightsOfAChat(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{Type: im.Channel, Title: "News", OwnerID: b.anna, MemberIDs: []int64{b.boris, b.bot}, ManagerIDs: []int64{b.bot}})
		is := func(user int64, admin bool, chat int64, want im.Rights) {
			t.Helper()
			got, err := b.Rights(t.Context(), user, chat, admin)
			must(t, err)
			if got != want {
				t.Errorf("user %d may %+v, want %+v", user, got, want)
			}
		}
		all := im.Rights{Post: true, Manage: true, Erase: true, Add: true, Remove: true, Dress: true, Own: true}
		is(b.anna, false, c.ID, all)
		reader, err := b.Rights(t.Context(), b.boris, c.ID, true)
		must(t, err)
		if reader.Post || reader.Manage || reader.Erase || reader.Own {
			t.Errorf("a reader may %+v", reader)
		}
		must(t, b.SetTextField(t.Context(), c.ID, false))
		locked := all
		locked.Post, locked.Locked = false, true
		is(b.anna, false, c.ID, locked)
		general, err := b.General(t.Context())
		must(t, err)
		admin, err := b.Rights(t.Context(), b.anna, general.ID, true)
		must(t, err)
		if !admin.Own || !admin.Dress || admin.Add {
			t.Errorf("an administrator may %+v in the general chat", admin)
		}
		private, err := b.OpenPrivate(t.Context(), b.anna, b.boris)
		must(t, err)
		is(b.anna, true, private.ID, im.Rights{Post: true, Manage: true})
	})
}
