package user_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// bench is a portal's people on a clock that stands still.
type bench struct {
	*testing.T
	db    *db.DB
	clock *clock.Manual
	users *user.Service
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		test(&bench{t, d, c, user.New(d, c)})
	})
}

func (b *bench) create(n user.NewUser) user.User {
	b.Helper()
	u, err := b.users.Create(b.Context(), n)
	if err != nil {
		b.Fatal(err)
	}
	return u
}

func (b *bench) want(err error, code string) {
	b.Helper()
	if err == nil || fault.Of(err).Code != code {
		b.Errorf("error %v, want %s", err, code)
	}
}

func (b *bench) ids(q user.Query) (ids []int64) {
	b.Helper()
	users, total, err := b.users.Page(b.Context(), q)
	if err != nil {
		b.Fatal(err)
	}
	if q.Limit == 0 && q.Offset == 0 && total != int64(len(users)) {
		b.Errorf("total %d, %d listed", total, len(users))
	}
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return ids
}

func TestCreateKeepsTheWholeProfile(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		d, err := b.users.CreateDepartment(b.Context(), user.Department{Name: "Sales"})
		if err != nil || d.ID != 1 || d.Sort != 500 {
			b.Fatalf("department %+v, %v", d, err)
		}
		u := b.create(user.NewUser{
			Email: "Anna@Example.com", FirstName: " Anna ", LastName: "Berg", SecondName: "M.", Position: "Head", Gender: "f",
			Birthday: "1990-12-31", WWW: "example.com", Mobile: "+4912", WorkPhone: "+4913", InnerPhone: "101", City: "Kiel",
			TimeZone: "Europe/Berlin", Language: "en", ColorCode: "azure", DepartmentIDs: []int64{d.ID, d.ID},
			Details: user.Details{"uf_skills": "Go", "uf_employment_date": "31.01.2020"},
		})
		got, err := b.users.Profiles(b.Context(), []int64{u.ID, 99})
		if err != nil || len(got) != 1 {
			b.Fatalf("%d profiles, %v", len(got), err)
		}
		p := got[u.ID]
		if p.Login != "Anna@Example.com" || p.FirstName != "Anna" || p.Gender != "F" || p.Color != "#29619b" || p.ColorCode != "AZURE" ||
			!p.Active || p.Kind != user.Employee || !p.Registered.Equal(noon) || !slices.Equal(p.DepartmentIDs, []int64{1}) ||
			p.Details["uf_skills"] != "Go" || p.Details["uf_employment_date"] != "2020-01-31" {
			b.Errorf("read back %+v", p)
		}
		if p.DisplayName() != "Anna Berg" || p.Initials() != "AB" || p.AvatarPath() != "" || p.Online(noon) {
			b.Errorf("shown as %q, %q, %q, online %v", p.DisplayName(), p.Initials(), p.AvatarPath(), p.Online(noon))
		}
	})
}

func TestNamesAreUniqueInAnyCase(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		anna := b.create(user.NewUser{ID: 7, Login: "anna", Email: "anna@example.com"})
		next := b.create(user.NewUser{Login: "ben", Email: "ben@example.com"})
		if anna.ID != 7 || next.ID != 8 {
			b.Errorf("ids %d and %d, want 7 and 8", anna.ID, next.ID)
		}
		for _, c := range []struct {
			n    user.NewUser
			code string
		}{
			{user.NewUser{Login: "ANNA", Email: "other@example.com"}, "LOGIN_BUSY"},
			{user.NewUser{Login: "anna@EXAMPLE.com", Email: "o@example.com"}, "LOGIN_BUSY"},
			{user.NewUser{Login: "other", Email: "Anna@Example.Com"}, "EMAIL_BUSY"},
			{user.NewUser{ID: 7, Login: "x"}, "ID_BUSY"},
			{user.NewUser{}, "INVALID_LOGIN"},
			{user.NewUser{Login: "a b"}, "INVALID_LOGIN"},
			{user.NewUser{Login: "x", Email: "no address"}, "INVALID_EMAIL"},
			{user.NewUser{Login: "x", Gender: "Q"}, "INVALID_GENDER"},
			{user.NewUser{Login: "x", Birthday: "yesterday"}, "INVALID_BIRTHDAY"},
			{user.NewUser{Login: "x", TimeZone: "Mars/Base"}, "INVALID_TIME_ZONE"},
			{user.NewUser{Login: "x", FirstName: strings.Repeat("я", 256)}, "INVALID_FIRST_NAME"},
			{user.NewUser{Login: "x", Kind: "king"}, "INVALID_KIND"},
			{user.NewUser{Login: "x", Kind: user.Extranet, Admin: true}, "INVALID_ADMIN"},
			{user.NewUser{Login: "x", DepartmentIDs: []int64{5}}, "DEPARTMENT_NOT_FOUND"},
			{user.NewUser{Login: "x", Details: user.Details{"nope": "x"}}, "INVALID_NOPE"},
			{user.NewUser{Login: "x", Password: "1234567"}, "PASSWORD_SHORT"},
		} {
			_, err := b.users.Create(b.Context(), c.n)
			b.want(err, c.code)
		}
		if ids := b.ids(user.Query{}); !slices.Equal(ids, []int64{7, 8}) {
			b.Errorf("people %v, want the first two only", ids)
		}
	})
}

func TestConcurrentCreatesTakeALoginOnce(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { _, _ = b.users.Create(b.Context(), user.NewUser{Login: "same"}) })
		}
		wg.Wait()
		if ids := b.ids(user.Query{}); len(ids) != 1 {
			b.Errorf("%d people with one login", len(ids))
		}
	})
}

func TestUpdateChangesWhatItNames(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		u := b.create(user.NewUser{Login: "anna", FirstName: "Anna", City: "Kiel", Admin: true, Details: user.Details{"uf_skills": "Go"}})
		b.clock.Advance(time.Hour)
		u, err := b.users.Update(b.Context(), u.ID, user.Change{
			City: new(""), LastName: new("Berg"), Details: user.Details{"uf_skills": "", "title": "Dr."},
		})
		if err != nil || u.City != "" || u.LastName != "Berg" || u.FirstName != "Anna" || !u.Updated.Equal(noon.Add(time.Hour)) {
			b.Errorf("%+v, %v", u, err)
		}
		for _, c := range []user.Condition{
			{Field: user.FieldCity, Values: []string{"Kiel"}},
			{Field: "uf_skills", Values: []string{"Go"}},
			{Field: user.FieldCity, Not: true, Values: []string{""}},
		} {
			if ids := b.ids(user.Query{Conditions: []user.Condition{c}}); ids != nil {
				b.Errorf("%+v still finds %v", c, ids)
			}
		}
		if ids := b.ids(user.Query{Search: "ber", Conditions: []user.Condition{{Field: "title", Values: []string{"dr."}}}}); len(ids) != 1 {
			b.Errorf("the new values find %v", ids)
		}
		_, err = b.users.Update(b.Context(), u.ID, user.Change{Active: new(false)})
		b.want(err, "LAST_ADMIN")
		_, err = b.users.Update(b.Context(), u.ID, user.Change{Admin: new(false)})
		b.want(err, "LAST_ADMIN")
		_, err = b.users.Update(b.Context(), 99, user.Change{})
		b.want(err, "USER_NOT_FOUND")
	})
}

func TestEnsureAdminCreatesOne(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		n := user.NewUser{Login: "admin", Email: "admin@example.com", Password: "eight888"}
		u, created, err := b.users.EnsureAdmin(b.Context(), n)
		if err != nil || !created || !u.Admin || u.ID != 1 {
			b.Fatalf("%+v, %v, %v", u, created, err)
		}
		n.Login, n.Email = "second", "second@example.com"
		if _, created, err = b.users.EnsureAdmin(b.Context(), n); err != nil || created {
			b.Errorf("created a second one: %v, %v", created, err)
		}
	})
}

func TestBots(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.create(user.NewUser{Login: "anna", Email: "anna@example.com"})
		var id int64
		err := b.db.Write(b.Context(), func(tx *db.Tx) (err error) {
			id, err = b.users.AddBotTx(b.Context(), tx, user.BotProfile{
				FirstName: "ReportBot", ColorCode: "aqua", Email: "bot@example.com", Avatar: picture(b.T, 8, 8, 255),
			})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		u, err := b.users.Get(b.Context(), id)
		if err != nil || u.Kind != user.Bot || u.DisplayName() != "ReportBot" || u.Color != "#1eb4aa" || u.AvatarPath() == "" || u.CanSignIn() {
			b.Errorf("%+v, %v", u, err)
		}
		err = b.db.Write(b.Context(), func(tx *db.Tx) error {
			c := user.BotChange{FirstName: new("Reporter"), Avatar: new([]byte{})}
			if err := b.users.UpdateBotTx(b.Context(), tx, id, c); err != nil {
				return err
			}
			return b.users.RemoveBotTx(b.Context(), tx, id)
		})
		if err != nil {
			b.Fatal(err)
		}
		u, err = b.users.Get(b.Context(), id)
		if err != nil || u.Active || u.FirstName != "Reporter" || u.AvatarHash != "" {
			b.Errorf("removed bot %+v, %v", u, err)
		}
		err = b.db.Write(b.Context(), func(tx *db.Tx) error { return b.users.RemoveBotTx(b.Context(), tx, 1) })
		b.want(err, "USER_NOT_FOUND")
		err = b.db.Write(b.Context(), func(tx *db.Tx) error {
			_, err := b.users.AddBotTx(b.Context(), tx, user.BotProfile{FirstName: "X", Email: "ANNA@example.com"})
			return err
		})
		b.want(err, "EMAIL_BUSY")
	})
}

// picture is a PNG of one colour with the given opacity.
func picture(t *testing.T, w, h int, alpha uint8) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{200, 30, 60, alpha})
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestAvatarIsServedInItsSizes(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		u := b.create(user.NewUser{Login: "anna"})
		original := picture(b.T, 400, 200, 255)
		if err := b.users.SetAvatar(b.Context(), u.ID, original); err != nil {
			b.Fatal(err)
		}
		u, _ = b.users.Get(b.Context(), u.ID)
		for range 2 { // made, then kept
			a, err := b.users.Avatar(b.Context(), u.ID, u.AvatarHash, user.SmallAvatar)
			if err != nil {
				b.Fatal(err)
			}
			c, format, err := image.DecodeConfig(bytes.NewReader(a.Data))
			if err != nil || format != "jpeg" || a.Type != "image/jpeg" || c.Width != 150 || c.Height != 75 {
				b.Errorf("small copy is %s %dx%d as %s, %v", format, c.Width, c.Height, a.Type, err)
			}
		}
		a, err := b.users.Avatar(b.Context(), u.ID, u.AvatarHash, user.LargeAvatar)
		if err != nil || a.Type != "image/png" || !bytes.Equal(a.Data, original) {
			b.Errorf("a picture that fits is not the original: %s, %v", a.Type, err)
		}
		for _, size := range []int64{-1, 7, 151} {
			_, err := b.users.Avatar(b.Context(), u.ID, u.AvatarHash, size)
			b.want(err, "AVATAR_NOT_FOUND")
		}
		hash := u.AvatarHash
		if err := b.users.SetAvatar(b.Context(), u.ID, picture(b.T, 400, 300, 100)); err != nil {
			b.Fatal(err)
		}
		_, err = b.users.Avatar(b.Context(), u.ID, hash, 0)
		b.want(err, "AVATAR_NOT_FOUND")
		u, _ = b.users.Get(b.Context(), u.ID)
		if a, err = b.users.Avatar(b.Context(), u.ID, u.AvatarHash, user.MediumAvatar); err != nil || a.Type != "image/png" {
			b.Errorf("a copy with transparency is %s, %v", a.Type, err)
		}
	})
}

func TestAvatarRefusesWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		u := b.create(user.NewUser{Login: "anna"})
		for code, data := range map[string][]byte{
			"AVATAR_TYPE":       []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
			"AVATAR_SIZE":       make([]byte, user.MaxAvatar+1),
			"AVATAR_DIMENSIONS": picture(b.T, 5001, 1, 255),
		} {
			b.want(b.users.SetAvatar(b.Context(), u.ID, data), code)
		}
		b.want(b.users.SetAvatar(b.Context(), 99, picture(b.T, 1, 1, 255)), "USER_NOT_FOUND")
		broken := picture(b.T, 500, 500, 255)
		broken = broken[:60] // a header and little more
		if err := b.users.SetAvatar(b.Context(), u.ID, broken); err != nil {
			b.Fatal(err)
		}
		u, _ = b.users.Get(b.Context(), u.ID)
		if a, err := b.users.Avatar(b.Context(), u.ID, u.AvatarHash, user.SmallAvatar); err != nil || !bytes.Equal(a.Data, broken) {
			b.Errorf("a broken picture gives %v", err)
		}
	})
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		for _, d := range []user.Department{
			{ID: 1, Name: "Company", Sort: 100}, {ID: 15, Name: "R&D", ParentID: 1}, {Name: "Accounting", ParentID: 1},
		} {
			if _, err := b.users.CreateDepartment(ctx, d); err != nil {
				b.Fatal(err)
			}
		}
		_, err := b.users.CreateDepartment(ctx, user.Department{Name: "Lost", ParentID: 77})
		b.want(err, "DEPARTMENT_NOT_FOUND")
		_, err = b.users.CreateDepartment(ctx, user.Department{ID: 15, Name: "Again"})
		b.want(err, "ID_BUSY")
		_, err = b.users.CreateDepartment(ctx, user.Department{Name: "  "})
		b.want(err, "INVALID_NAME")
		u := b.create(user.NewUser{Login: "anna", DepartmentIDs: []int64{15, 16}})
		b.create(user.NewUser{Login: "bob", DepartmentIDs: []int64{16}})
		if err := b.users.SetHead(ctx, 15, u.ID); err != nil {
			b.Fatal(err)
		}
		list, total, err := b.users.Departments(ctx, user.DepartmentQuery{ParentIDs: []int64{1}, OrderBy: "name", Descending: true, Limit: 1})
		if err != nil || total != 2 || len(list) != 1 || list[0] != (user.Department{ID: 15, Name: "R&D", ParentID: 1, HeadID: u.ID, Sort: 500}) {
			b.Errorf("%+v, %d, %v", list, total, err)
		}
		for _, text := range []string{strings.Repeat("r", 70_000), strings.Repeat("r ", 5_000)} { // a longer pattern and more words than SQLite takes
			if list, _, err := b.users.Departments(ctx, user.DepartmentQuery{Search: text, Limit: 1}); err != nil || len(list) > 1 {
				b.Errorf("a search of %d bytes: %v, %v", len(text), list, err)
			}
		}
		sizes, err := b.users.DepartmentSizes(ctx)
		if err != nil || len(sizes) != 2 || sizes[15] != 1 || sizes[16] != 2 {
			b.Errorf("sizes %v, %v", sizes, err)
		}
		if ids := b.ids(user.Query{DepartmentID: 16}); len(ids) != 2 {
			b.Errorf("department 16 has %v", ids)
		}
	})
}
