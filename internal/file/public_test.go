package file_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/setting"
)

// put adds a file to a folder.
func (b *bundle) put(t testing.TB, user, folder int64, name string) file.Node {
	t.Helper()
	c, err := b.Receive(t.Context(), strings.NewReader("content of "+name))
	must(t, err)
	n, err := b.Add(t.Context(), as(user), folder, file.NewFile{Name: name, Content: c})
	must(t, err)
	return n
}

// folder makes a folder in another one; 0 is the root of the user's own drive.
func (b *bundle) folder(t testing.TB, user, parent int64, name string) file.Node {
	t.Helper()
	if parent == 0 {
		own, err := b.StorageOf(t.Context(), as(user), file.OfUser)
		must(t, err)
		parent = own.RootID
	}
	n, err := b.AddFolder(t.Context(), as(user), parent, name, nil)
	must(t, err)
	return n
}

// A public link shows its file or folder and what is below, as long as its maker may read it, the rules allow it, and nobody closed it.
func TestPublicLinks(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, append(schemas, audit.Schema()), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ctx := t.Context()
		top := b.folder(t, anna, 0, "Top")
		in := b.folder(t, anna, top.ID, "In")
		inner, outer := b.put(t, anna, in.ID, "inner.txt"), b.put(t, anna, top.ParentID, "outer.txt")

		_, err := b.Publish(ctx, as(boris), top.ID)
		wantFault(t, "publish what is not theirs", err, file.ErrAccess)
		p, err := b.Publish(ctx, as(anna), top.ID)
		must(t, err)
		again, err := b.Publish(ctx, as(dora), top.ID)
		must(t, err)
		if len(p.Code) != 26 || again.Code != p.Code || p.Owner.UserID != anna || !p.Ends.IsZero() {
			t.Errorf("link %+v, then %+v", p, again)
		}
		_, n, path, err := b.FollowPublic(ctx, p.Code, inner.ID)
		if err != nil || n.ID != inner.ID || len(path) != 2 || path[0].ID != top.ID || path[1].ID != in.ID {
			t.Errorf("inner: %v %v %v", n.Name, path, err)
		}
		if list, err := b.PublicChildren(ctx, p, top, record.Query{}); err != nil || len(list.Items) != 1 || list.Items[0].ID != in.ID {
			t.Errorf("children %+v, %v", list, err)
		}
		for what, follow := range map[string]struct {
			code string
			id   int64
		}{"beside": {p.Code, outer.ID}, "above": {p.Code, top.ParentID}, "nothing": {p.Code, 9999}, "another code": {strings.ToLower(p.Code), 0}, "none": {"", 0}} {
			_, _, _, err := b.FollowPublic(ctx, follow.code, follow.id)
			wantFault(t, what, err, file.ErrPublic)
		}

		opens := func(what string, want error) {
			t.Helper()
			if _, _, _, err := b.FollowPublic(ctx, p.Code, inner.ID); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		_, err = b.Discard(ctx, as(anna), in.ID)
		must(t, err)
		opens("in the trash", file.ErrPublic)
		_, err = b.Restore(ctx, as(anna), in.ID)
		must(t, err)
		must(t, setting.Save(ctx, b.settings, file.PublicKey, file.PublicRules{}))
		opens("turned off", file.ErrPublic)
		_, err = b.Publish(ctx, as(anna), in.ID)
		wantFault(t, "publish when off", err, file.ErrPublicOff)
		must(t, setting.Save(ctx, b.settings, file.PublicKey, file.PublicRules{On: true, Days: 2}))
		opens("on again", nil)
		b.clock.Advance(48 * time.Hour)
		opens("after two days", file.ErrPublic)
		renewed, err := b.Publish(ctx, as(anna), top.ID)
		must(t, err)
		if renewed.Code == p.Code || !renewed.Ends.Equal(b.clock.Now().AddDate(0, 0, 2)) {
			t.Errorf("renewed %+v", renewed)
		}
		p = renewed
		opens("made again", nil)

		wantFault(t, "close somebody else's", b.Unpublish(ctx, as(boris), top.ID), file.ErrAccess)
		must(t, b.Unpublish(ctx, as(anna), top.ID))
		opens("closed", file.ErrPublic)
		wantFault(t, "close twice", b.Unpublish(ctx, as(anna), top.ID), file.ErrNotFound)
	})
}

// A link does not show what its maker has lost.
func TestPublicLinkOfSomebodyShutOut(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ctx := t.Context()
		n := b.put(t, anna, b.folder(t, anna, 0, "Shared").ID, "a.txt")
		must(t, b.Give(ctx, as(anna), n.ID, []file.Given{{Code: "U2", Right: file.Read}}))
		p, err := b.Publish(ctx, as(boris), n.ID)
		must(t, err)
		_, _, _, err = b.FollowPublic(ctx, p.Code, 0)
		must(t, err)
		must(t, b.Give(ctx, as(anna), n.ID, []file.Given{{Code: "U2"}}))
		_, _, _, err = b.FollowPublic(ctx, p.Code, 0)
		wantFault(t, "the maker is shut out", err, file.ErrPublic)
		other, err := b.Publish(ctx, as(anna), n.ID)
		must(t, err)
		if other.Code == p.Code || other.Owner.UserID != anna {
			t.Errorf("made again: %+v", other)
		}
		must(t, b.Delete(ctx, as(anna), n.ID))
		if list, err := b.PublicLinks(ctx, as(dora), 0); err != nil || list.Total != 0 {
			t.Errorf("links to what is gone: %+v, %v", list, err)
		}
	})
}

// Everybody sees their own links, an administrator all of them.
func TestListOfPublicLinks(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		var names []string
		for _, user := range []int64{anna, boris} {
			folder := b.folder(t, user, 0, fmt.Sprintf("F%d", user))
			for i := range 26 {
				n := b.put(t, user, folder.ID, fmt.Sprintf("%d-%d.txt", user, i))
				_, err := b.Publish(t.Context(), as(user), n.ID)
				must(t, err)
				names = append(names, n.Name)
				b.clock.Advance(time.Second)
			}
		}
		own, err := b.PublicLinks(t.Context(), as(anna), 0)
		if err != nil || own.Total != 26 || len(own.Items) != 26 || own.Next != 0 || own.Items[0].Node.Name != "1-25.txt" {
			t.Errorf("own %d of %d, %v", len(own.Items), own.Total, err)
		}
		all, err := b.PublicLinks(t.Context(), as(dora), 50)
		if err != nil || all.Total != 52 || len(all.Items) != 2 || all.Items[1].Node.Name != names[0] {
			t.Errorf("the rest of all: %+v, %v", all, err)
		}
	})
}

// The trash shows what somebody threw away, and what others did on their drive.
func TestDiscarded(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		folder := b.folder(t, anna, 0, "F")
		n := b.put(t, anna, folder.ID, "a.txt")
		must(t, b.Give(t.Context(), as(anna), folder.ID, []file.Given{{Code: "U2", Right: file.Edit}}))
		_, err := b.Discard(t.Context(), as(boris), n.ID)
		must(t, err)
		b.clock.Advance(time.Second)
		_, err = b.Discard(t.Context(), as(anna), folder.ID)
		must(t, err)
		for user, want := range map[int64]string{anna: "F a.txt", boris: "a.txt", clara: "", dora: ""} {
			page, err := b.Discarded(t.Context(), as(user), 0)
			must(t, err)
			var got []string
			for _, n := range page.Items {
				got = append(got, n.Name)
			}
			if strings.Join(got, " ") != want || page.Total != int64(len(got)) {
				t.Errorf("user %d: %v of %d, want %s", user, got, page.Total, want)
			}
		}
	})
}
