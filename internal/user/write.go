package user

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Faults of changes to users. Their Field names what to mend.
var (
	ErrLoginBusy = fault.New(fault.Conflict, "LOGIN_BUSY", "Somebody else has this login.").At("login")
	ErrEmailBusy = fault.New(fault.Conflict, "EMAIL_BUSY", "Somebody else has this e-mail address.").At("email")
	ErrLastAdmin = fault.New(fault.Conflict, "LAST_ADMIN", "The portal needs at least one active administrator.")
	ErrIDBusy    = fault.New(fault.Conflict, "ID_BUSY", "A user with this number exists.").At("id")
)

// nameLock keeps two writers from taking the same login or address.
const nameLock = "user names"

// Create stores a person. Faults: LOGIN_BUSY, EMAIL_BUSY, ID_BUSY, and those of validation and of the picture, with Field
// set.
func (s *Service) Create(ctx context.Context, n NewUser) (User, error) {
	var hash string
	if n.Password != "" {
		var err error
		if hash, err = s.newHash(ctx, n.Password); err != nil {
			return User{}, err
		}
	}
	var u User
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if u, err = s.createTx(ctx, tx, n.user(), hash); err != nil {
			return err
		}
		if err := s.storeCustomTx(ctx, tx, u.ID, n.Custom, true); err != nil || len(n.Avatar) == 0 {
			return err
		}
		return s.SetAvatarTx(ctx, tx, u.ID, n.Avatar)
	})
	return u, err
}

func (n NewUser) user() User {
	u := User{
		ID: n.ID, Kind: n.Kind, Active: true, Admin: n.Admin, Login: n.Login, Email: n.Email, Details: n.Details,
		FirstName: n.FirstName, LastName: n.LastName, SecondName: n.SecondName, Position: n.Position, Gender: n.Gender,
		Birthday: n.Birthday, WWW: n.WWW, Mobile: n.Mobile, WorkPhone: n.WorkPhone, InnerPhone: n.InnerPhone, City: n.City,
		TimeZone: n.TimeZone, Language: n.Language, ColorCode: n.ColorCode, DepartmentIDs: n.DepartmentIDs,
	}
	if u.Kind == "" {
		u.Kind = Employee
	}
	if u.Login == "" {
		u.Login = u.Email
	}
	return u
}

func (s *Service) createTx(ctx context.Context, tx *db.Tx, u User, hash string) (User, error) {
	u.Registered = s.now()
	u.Updated = u.Registered
	if err := s.prepare(ctx, tx, &u); err != nil {
		return User{}, err
	}
	if err := insertUser(ctx, tx, &u, hash); err != nil {
		return User{}, err
	}
	if err := storeTexts(ctx, tx, u.ID, nil, u.texts()); err != nil {
		return User{}, err
	}
	if err := storeDepartments(ctx, tx, u.ID, u.DepartmentIDs); err != nil {
		return User{}, err
	}
	if err := s.cameOrWentTx(ctx, tx, User{}, u); err != nil || u.Kind == Bot || u.Kind == Visitor {
		return u, err
	}
	return u, s.noteTx(ctx, tx, "USER_ADDED", u.ID, "Added "+u.DisplayName()+as(u)+".")
}

// prepare checks u and completes it.
func (s *Service) prepare(ctx context.Context, tx *db.Tx, u *User) error {
	if err := u.validate(); err != nil {
		return err
	}
	u.ColorCode = colorCode(u.ColorCode, u.DisplayName())
	u.Color = ColorOf(u.ColorCode)
	if err := tx.Lock(ctx, nameLock); err != nil {
		return err
	}
	if err := nameFree(ctx, tx, u.ID, u.Login, ErrLoginBusy); err != nil {
		return err
	}
	if u.Email != "" && u.Kind != Visitor {
		if err := nameFree(ctx, tx, u.ID, u.Email, ErrEmailBusy); err != nil {
			return err
		}
	}
	return departmentsExist(ctx, tx, u.DepartmentIDs)
}

// nameFree checks that nobody but id has name as login or address: either of them signs in.
func nameFree(ctx context.Context, tx *db.Tx, id int64, name string, busy *fault.Fault) error {
	var n int64
	f := fold(name)
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM portal_user
		WHERE (login_folded = ? OR email_folded = ? AND email_folded <> '') AND id <> ?`, f, f, id).Scan(&n)
	if err != nil {
		return fmt.Errorf("look for a name: %w", err)
	}
	if n > 0 {
		return busy
	}
	return nil
}

// emailKey is what must be unique of the address: nothing for bots and clients, who only show theirs.
func (u *User) emailKey() string {
	if u.Kind == Bot || u.Kind == Visitor {
		return ""
	}
	return fold(u.Email)
}

// search is what words are looked for in: each word behind a space.
func (u *User) search() string {
	return " " + fold(u.FirstName+" "+u.LastName+" "+u.SecondName+" "+u.Position)
}

// profileColumns and profileArgs are what Create and Update both store.
const profileColumns = `kind, active, admin, login, login_folded, email, email_folded, first_name, last_name, second_name,
	position, gender, birthday, www, mobile, work_phone, inner_phone, city, time_zone, language, color_code, departments,
	search, updated`

func (u *User) profileArgs() []any {
	return []any{
		string(u.Kind), db.Bit(u.Active), db.Bit(u.Admin), u.Login, fold(u.Login), u.Email, u.emailKey(), u.FirstName,
		u.LastName, u.SecondName, u.Position, u.Gender, u.Birthday, u.WWW, u.Mobile, u.WorkPhone, u.InnerPhone, u.City,
		u.TimeZone, u.Language, u.ColorCode, joinIDs(u.DepartmentIDs), u.search(), db.Micro(u.Updated),
	}
}

const profileMarks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

func insertUser(ctx context.Context, tx *db.Tx, u *User, hash string) (err error) {
	args := append(u.profileArgs(), hash, db.Micro(u.Registered))
	if u.ID == 0 {
		u.ID, err = tx.Insert(ctx, "INSERT INTO portal_user ("+profileColumns+", password, registered) VALUES ("+
			profileMarks+", ?, ?)", args...)
		if err != nil {
			return fmt.Errorf("insert user: %w", err)
		}
		return nil
	}
	n, err := tx.Exec(ctx, "INSERT INTO portal_user ("+profileColumns+", password, registered, id) VALUES ("+
		profileMarks+", ?, ?, ?) ON CONFLICT (id) DO NOTHING", append(args, u.ID)...)
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	if n == 0 {
		return ErrIDBusy
	}
	return countOn(ctx, tx, "portal_user")
}

// countOn makes the database count keys on from the largest one, after a row with a given key: SQLite does so by itself.
func countOn(ctx context.Context, tx *db.Tx, table string) error {
	if tx.Dialect() != db.Postgres {
		return nil
	}
	var last int64
	err := tx.QueryRow(ctx, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), (SELECT MAX(id) FROM "+table+"))").Scan(&last)
	if err != nil {
		return fmt.Errorf("count %s on: %w", table, err)
	}
	return nil
}

// Update changes the user id and returns them as they are now. Who is deactivated is signed out. Faults: USER_NOT_FOUND,
// LOGIN_BUSY, EMAIL_BUSY, LAST_ADMIN, and those of validation, with Field set.
func (s *Service) Update(ctx context.Context, id int64, c Change) (u User, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if u, err = s.updateTx(ctx, tx, id, c); err != nil {
			return err
		}
		if err := s.storeCustomTx(ctx, tx, id, c.Custom, false); err != nil || c.Avatar == nil {
			return err
		}
		return s.SetAvatarTx(ctx, tx, id, *c.Avatar)
	})
	return u, err
}

func (s *Service) updateTx(ctx context.Context, tx *db.Tx, id int64, c Change) (User, error) {
	old, err := s.GetTx(ctx, tx, id)
	if err != nil {
		return User{}, err
	}
	all, err := detailsOf(ctx, tx, []int64{id})
	if err != nil {
		return User{}, err
	}
	old.Details = all[id]
	u := old
	u.Details = maps.Clone(old.Details)
	c.apply(&u)
	u.Updated = s.now()
	if err := s.prepare(ctx, tx, &u); err != nil {
		return User{}, err
	}
	s.changedTx(tx, id)
	set := "UPDATE portal_user SET (" + profileColumns + ") = (" + profileMarks + ") WHERE id = ?"
	if err := tx.Later(ctx, set, append(u.profileArgs(), id)...); err != nil {
		return User{}, fmt.Errorf("update user: %w", err)
	}
	if err := storeTexts(ctx, tx, id, old.texts(), u.texts()); err != nil {
		return User{}, err
	}
	if !slices.Equal(old.DepartmentIDs, u.DepartmentIDs) {
		if err := storeDepartments(ctx, tx, id, u.DepartmentIDs); err != nil {
			return User{}, err
		}
	}
	if old.CanSignIn() && !u.CanSignIn() {
		if err := endSessions(ctx, tx, id); err != nil {
			return User{}, err
		}
		if err := dropLink(ctx, tx, id); err != nil {
			return User{}, err
		}
	}
	if err := s.cameOrWentTx(ctx, tx, old, u); err != nil {
		return User{}, err
	}
	if err := s.noteUpdateTx(ctx, tx, old, u); err != nil {
		return User{}, err
	}
	if old.Admin && old.Active && (!u.Admin || !u.Active) {
		return u, adminLeft(ctx, tx)
	}
	return u, nil
}

func adminLeft(ctx context.Context, tx *db.Tx) error {
	n, err := countAdmins(ctx, tx)
	if err == nil && n == 0 {
		return ErrLastAdmin
	}
	return err
}

func countAdmins(ctx context.Context, tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM portal_user WHERE admin = 1 AND active = 1 AND kind = 'employee'").Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count administrators: %w", err)
	}
	return n, nil
}

func (c Change) apply(u *User) {
	set(&u.Active, c.Active)
	set(&u.Admin, c.Admin)
	set(&u.Login, c.Login)
	set(&u.Email, c.Email)
	set(&u.FirstName, c.FirstName)
	set(&u.LastName, c.LastName)
	set(&u.SecondName, c.SecondName)
	set(&u.Position, c.Position)
	set(&u.Gender, c.Gender)
	set(&u.Birthday, c.Birthday)
	set(&u.WWW, c.WWW)
	set(&u.Mobile, c.Mobile)
	set(&u.WorkPhone, c.WorkPhone)
	set(&u.InnerPhone, c.InnerPhone)
	set(&u.City, c.City)
	set(&u.TimeZone, c.TimeZone)
	set(&u.Language, c.Language)
	set(&u.ColorCode, c.ColorCode)
	set(&u.DepartmentIDs, c.DepartmentIDs)
	for f, v := range c.Details {
		if u.Details == nil {
			u.Details = Details{}
		}
		u.Details[f] = v
	}
}

func set[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}

// storeTexts brings the rows of user_field from old to new.
func storeTexts(ctx context.Context, tx *db.Tx, id int64, before, after map[Field]string) error {
	for f := range before {
		if after[f] != "" {
			continue
		}
		if err := tx.Later(ctx, "DELETE FROM user_field WHERE user_id = ? AND name = ?", id, string(f)); err != nil {
			return fmt.Errorf("remove %s: %w", f, err)
		}
	}
	for f, v := range after {
		if before[f] == v {
			continue
		}
		err := tx.Later(ctx, `INSERT INTO user_field (user_id, name, value, folded) VALUES (?, ?, ?, ?)
			ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value, folded = excluded.folded`, id, string(f), v, fold(v))
		if err != nil {
			return fmt.Errorf("store %s: %w", f, err)
		}
	}
	return nil
}

func storeDepartments(ctx context.Context, tx *db.Tx, id int64, departments []int64) error {
	if err := tx.Later(ctx, "DELETE FROM user_department WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("leave departments: %w", err)
	}
	for _, d := range departments {
		if err := tx.Later(ctx, "INSERT INTO user_department (user_id, department_id) VALUES (?, ?)", id, d); err != nil {
			return fmt.Errorf("join department: %w", err)
		}
	}
	return nil
}

// EnsureAdmin creates an administrator with the login and password when the portal has none yet. It returns the new one, or
// the first there is, and whether it created one. login may be an e-mail address.
func (s *Service) EnsureAdmin(ctx context.Context, n NewUser) (u User, created bool, err error) {
	n.Admin = true
	hash, err := s.newHash(ctx, n.Password)
	if err != nil {
		return User{}, false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		created = false
		if err := tx.Lock(ctx, "first administrator"); err != nil {
			return err
		}
		count, err := countAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if count > 0 {
			u, err = getWhere(ctx, tx, "u.admin = 1 AND u.active = 1 ORDER BY u.id LIMIT 1")
			return err
		}
		created = true
		u, err = s.createTx(ctx, tx, n.user(), hash)
		return err
	})
	if err != nil {
		return User{}, false, err
	}
	return u, created, nil
}
