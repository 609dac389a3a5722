package im_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// A chat of ten thousand members counts for each of them, is told in pages, and loses whom it loses.
func TestTenThousandMembers(t *testing.T) {
	const size = 10_000
	both(t, func(t *testing.T, b *bundle) {
		g := im.NewGroup{OwnerID: b.anna, Title: "Everybody"}
		for i := range int64(size - 1) {
			g.MemberIDs = append(g.MemberIDs, 1001+i)
		}
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				INSERT INTO portal_user (id, login, login_folded, email, email_folded, kind, active, admin, first_name, last_name, second_name, position,
					gender, birthday, www, mobile, work_phone, inner_phone, city, time_zone, language, color_code, search, registered, updated)
				SELECT n.i, 'member' || n.i, 'member' || n.i, '', '', kind, active, admin, first_name, last_name, second_name, position,
					gender, birthday, www, mobile, work_phone, inner_phone, city, time_zone, language, color_code, search, registered, updated
				FROM portal_user JOIN n ON 1 = 1 WHERE portal_user.id = ?`, 1000+size-1, b.boris)
			return err
		}))
		first, last := g.MemberIDs[0], g.MemberIDs[size-2]
		c := b.group(t, g)
		b.say(t, c.ID, b.anna, "Good morning, [USER=all]everybody[/USER]")
		for _, id := range []int64{first, last} {
			if line := b.line(t, id, c.ID); line.Last.Text == "" || line.Counter == 0 {
				t.Errorf("the list of member %d shows %+v", id, line)
			}
		}
		if n, err := b.Read(t.Context(), last, c.ID, 0); err != nil {
			t.Errorf("reading: %+v, %v", n, err)
		}
		if before, after := b.line(t, first, c.ID), b.line(t, last, c.ID); before.Counter == 0 || after.Counter != 0 {
			t.Errorf("after one has read, the counters are %d and %d", before.Counter, after.Counter)
		}
		seen, at := map[int64]bool{}, int64(0)
		for {
			page, err := b.MembersPage(t.Context(), b.anna, c.ID, at, 500, false)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, m := range page {
				seen[m.UserID] = true
			}
			at = page[len(page)-1].UserID
		}
		if len(seen) != size || !seen[b.anna] || !seen[first] || !seen[last] {
			t.Errorf("%d members are listed", len(seen))
		}
		must(t, b.Leave(t.Context(), last, c.ID))
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: last, Text: "still here?"}); err == nil {
			t.Error("who has left still writes")
		}
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: first, Text: "good morning"}); err != nil {
			t.Errorf("who has stayed does not write: %v", err)
		}
	})
}
